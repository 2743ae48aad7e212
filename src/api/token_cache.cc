#include "api/token_cache.h"

#include <algorithm>
#include <set>
#include <span>

namespace fairlead::api {

Status TokenCache::load() {
  const Result<std::vector<std::string>> refreshed = refresh();
  if (!refreshed) return std::unexpected(refreshed.error());
  return {};
}

/// Those that are valid, the oldest first.
Result<std::vector<store::TokenRow>> TokenCache::read_all() {
  asking_since_ms_ = now_ms();
  Result<std::vector<store::TokenRow>> rows = journal_->tokens();
  asking_since_ms_ = kIdle;
  failed_ = !rows.has_value();
  if (!rows) return rows;
  std::erase_if(*rows, [](const store::TokenRow& row) { return row.revoked_at.has_value(); });
  std::ranges::sort(*rows, {}, &store::TokenRow::created_at);
  return rows;
}

Result<std::vector<std::string>> TokenCache::refresh() {
  // The list is as old as the question, not as the answer.
  const std::int64_t asked_at_ms = now_ms();
  std::uint64_t asked_version = 0;
  {
    const std::lock_guard lock(mutex_);
    asked_version = version_;
    fetched_.clear();
  }
  ASSIGN_OR_RETURN(const std::vector<store::TokenRow> rows, read_all());
  const std::lock_guard lock(mutex_);
  // A token that was revoked here meanwhile must not come back; the next refresh is near.
  if (version_ != asked_version) return std::vector<std::string>();
  std::set<std::string_view> valid;
  for (const store::TokenRow& row : rows) valid.insert(row.id);
  const auto before = std::exchange(rows_, {});
  oldest_first_.clear();
  for (const store::TokenRow& row : std::span(rows).last(std::min(rows.size(), kTokensMax))) remember(row);
  std::vector<std::string> gone;
  for (const auto& [id, row] : before) {
    if (valid.contains(id)) continue;
    // One that was made elsewhere and read since the question is newer than the list.
    if (fetched_.contains(id)) {
      remember(*row);
    } else {
      gone.push_back(id);
    }
  }
  read_at_ms_ = asked_at_ms;
  return gone;
}

bool TokenCache::trusted() const {
  return clock_ == nullptr || clock_->now().ms - read_at_ms_ < kTrust.ms;
}

bool TokenCache::store_away() const {
  if (clock_ == nullptr) return false;
  const std::int64_t asking_since_ms = asking_since_ms_;
  return failed_ || (asking_since_ms != kIdle && now_ms() - asking_since_ms > kRefreshTakesMax.ms);
}

TokenCache::Row TokenCache::cached(std::string_view id) const {
  if (!trusted()) return nullptr;
  const std::shared_lock lock(mutex_);
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : found->second;
}

Result<TokenCache::Row> TokenCache::fetch(std::string_view id) {
  if (store_away()) return fail(ErrorCode::kUnavailable, "the store that holds the tokens does not answer");
  std::uint64_t asked_version = 0;
  {
    const std::shared_lock lock(mutex_);
    asked_version = version_;
  }
  Result<std::optional<store::TokenRow>> row = journal_->token(id);
  if (!row) {
    failed_ = true;
    return std::unexpected(std::move(row).error());
  }
  if (!*row || (*row)->revoked_at) return Row();
  const std::lock_guard lock(mutex_);
  // Where a token was written here meanwhile, this row may be older than that: it counts for nothing but this request.
  if (version_ == asked_version) {
    remember(**row);
    if (clock_ != nullptr) fetched_.insert((*row)->id);
  }
  return std::make_shared<const store::TokenRow>(**std::move(row));
}

Status TokenCache::put(const store::TokenRow& row) {
  const std::lock_guard writes(writes_);
  RETURN_IF_ERROR(journal_->put_token(row));
  const std::lock_guard lock(mutex_);
  ++version_;
  if (row.revoked_at) {
    forget(row.id);
  } else {
    remember(row);
  }
  return {};
}

std::size_t TokenCache::size() const {
  const std::shared_lock lock(mutex_);
  return rows_.size();
}

void TokenCache::remember(const store::TokenRow& row) {
  if (!rows_.insert_or_assign(row.id, std::make_shared<const store::TokenRow>(row)).second) return;
  oldest_first_.push_back(row.id);
  if (oldest_first_.size() <= kTokensMax) return;
  rows_.erase(oldest_first_.front());
  oldest_first_.pop_front();
}

void TokenCache::forget(const std::string& id) {
  if (rows_.erase(id) != 0) oldest_first_.remove(id);
}

}  // namespace fairlead::api
