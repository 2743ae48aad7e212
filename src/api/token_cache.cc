#include "api/token_cache.h"

#include <algorithm>
#include <vector>

namespace fairlead::api {

Status TokenCache::load() {
  const std::lock_guard changes(changes_);
  ASSIGN_OR_RETURN(std::vector<store::TokenRow> rows, journal_->tokens());
  std::erase_if(rows, [](const store::TokenRow& row) { return row.revoked_at.has_value(); });
  std::ranges::sort(rows, {}, &store::TokenRow::created_at);
  for (const store::TokenRow& row : rows) remember(row);
  return {};
}

TokenCache::Row TokenCache::cached(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : found->second;
}

Result<TokenCache::Row> TokenCache::fetch(std::string_view id) {
  const std::lock_guard changes(changes_);
  ASSIGN_OR_RETURN(std::optional<store::TokenRow> row, journal_->token(id));
  if (!row || row->revoked_at) return Row();
  remember(*row);
  return std::make_shared<const store::TokenRow>(*std::move(row));
}

Status TokenCache::put(const store::TokenRow& row) {
  const std::lock_guard changes(changes_);
  RETURN_IF_ERROR(journal_->put_token(row));
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
  auto shared = std::make_shared<const store::TokenRow>(row);
  const std::lock_guard lock(mutex_);
  if (!rows_.insert_or_assign(row.id, std::move(shared)).second) return;
  oldest_first_.push_back(row.id);
  if (oldest_first_.size() <= kTokensMax) return;
  rows_.erase(oldest_first_.front());
  oldest_first_.pop_front();
}

void TokenCache::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (rows_.erase(id) != 0) oldest_first_.remove(id);
}

}  // namespace fairlead::api
