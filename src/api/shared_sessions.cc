#include "api/shared_sessions.h"

#include <algorithm>
#include <utility>

namespace fairlead::api {
namespace {

std::unexpected<Error> unreadable() {
  return fail(ErrorCode::kUnavailable, "Sessions cannot be read at the moment.");
}

}  // namespace

SharedSessions::SharedSessions(store::SessionStore& store, const SessionLimits& limits, const Clock& clock,
                               const Clock& steady, Random& random)
    : store_(&store),
      limits_(limits),
      use_written_every_(Duration::millis(std::min(kUseWrittenEvery.ms, limits.idle.ms / 4))),
      clock_(&clock),
      steady_(&steady),
      random_(&random),
      read_at_ms_(steady.now().ms - kTrust.ms) {}

Result<Sessions::Opened> SharedSessions::open(std::string user, store::Role role) {
  if (store_away()) return fail(ErrorCode::kUnavailable, "Nobody can log in while the store does not answer.");
  const Instant now = clock_->now();
  Opened opened = new_session(*random_, std::move(user), role, now);
  const Session& session = opened.session;
  const store::SessionRow row{session.key, session.user, session.role, now, now};
  RETURN_IF_ERROR(store_->open_session(row, {.per_user = kSessionsPerUserMax, .all = kSessionsMax}));
  const std::lock_guard lock(mutex_);
  entries_.insert_or_assign(row.key, Entry{row, now});
  fresh_.insert(row.key);
  return opened;
}

Result<std::optional<Session>> SharedSessions::use(std::string_view id) {
  if (id.size() != kIdChars) return std::nullopt;
  const std::string key = session_key(id);
  const Instant now = clock_->now();
  if (trusted()) {
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(key); found != entries_.end()) {
      Entry& entry = found->second;
      if (over(entry.row, entry.used_at, now)) return std::nullopt;
      entry.used_at = std::max(entry.used_at, now);
      return Session{key, entry.row.user, entry.row.role, session_csrf(id), entry.row.opened_at};
    }
  }
  return look_up(id, key, now);
}

Result<std::optional<Session>> SharedSessions::look_up(std::string_view id, const std::string& key, Instant now) {
  if (store_away()) return unreadable();
  std::uint64_t asked_ends = 0;
  {
    const std::lock_guard lock(mutex_);
    if (absent_.contains(key)) return std::nullopt;
    if (look_ups_ >= kLookUpsMax) return unreadable();
    ++look_ups_;
    asked_ends = ends_;
  }
  Result<std::optional<store::SessionRow>> found = store_->session(key);
  if (!found) {
    failed_ = true;
    return unreadable();
  }
  const std::lock_guard lock(mutex_);
  if (!*found) {
    absent_.insert(key);
    return std::nullopt;
  }
  store::SessionRow row = **std::move(found);
  if (over(row, row.used_at, now)) return std::nullopt;
  Session session{key, row.user, row.role, session_csrf(id), row.opened_at};
  // Where sessions ended here meanwhile, this may be one of them: it counts for nothing but this request.
  if (ends_ == asked_ends) {
    const Instant used_at = std::max(row.used_at, now);
    entries_.insert_or_assign(key, Entry{std::move(row), used_at});
    fresh_.insert(key);
  }
  return session;
}

bool SharedSessions::alive(std::string_view key) const {
  if (!trusted()) return false;
  const Instant now = clock_->now();
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  return found != entries_.end() && !over(found->second.row, found->second.used_at, now);
}

Status SharedSessions::end(std::string_view key) {
  RETURN_IF_ERROR(store_->end_session(key));
  const std::lock_guard lock(mutex_);
  ++ends_;
  ended_.emplace(key);
  if (const auto found = entries_.find(key); found != entries_.end()) entries_.erase(found);
  return {};
}

std::vector<std::string> SharedSessions::end_all_of(std::string_view user) {
  std::vector<std::string> ended;
  const std::lock_guard lock(mutex_);
  ++ends_;
  for (const auto& [key, entry] : entries_) {
    if (entry.row.user == user) ended.push_back(key);
  }
  for (const std::string& key : ended) {
    entries_.erase(key);
    ended_.insert(key);
  }
  return ended;
}

Result<std::vector<std::string>> SharedSessions::refresh() {
  // The copy is as old as the question, not as the answer.
  const std::int64_t asked_at_ms = steady_->now().ms;
  const std::vector<store::SessionUse> uses = begin_refresh();
  ASSIGN_OR_RETURN(std::vector<store::SessionRow> rows, exchange(uses));
  remove_expired(rows);
  std::vector<std::string> gone = take(std::move(rows));
  read_at_ms_ = asked_at_ms;
  return gone;
}

/// Returns the uses that it is time to write.
std::vector<store::SessionUse> SharedSessions::begin_refresh() {
  std::vector<store::SessionUse> uses;
  const std::lock_guard lock(mutex_);
  fresh_.clear();
  ended_.clear();
  absent_.clear();
  look_ups_ = 0;
  for (const auto& [key, entry] : entries_) {
    if (entry.used_at - entry.row.used_at >= use_written_every_) uses.push_back({key, entry.used_at});
  }
  return uses;
}

Result<std::vector<store::SessionRow>> SharedSessions::exchange(const std::vector<store::SessionUse>& uses) {
  asking_since_ms_ = steady_->now().ms;
  Result<std::vector<store::SessionRow>> rows;
  if (Status noted = store_->note_uses(uses); noted) {
    rows = store_->all_sessions();
  } else {
    rows = std::unexpected(std::move(noted).error());
  }
  asking_since_ms_ = kIdle;
  failed_ = !rows.has_value();
  return rows;
}

/// Another replica may know of a use that it has not written yet, so those that are over stay a little longer.
void SharedSessions::remove_expired(const std::vector<store::SessionRow>& rows) {
  const Instant before = clock_->now() - Duration::millis(2 * use_written_every_.ms);
  for (const store::SessionRow& row : rows) {
    // What is left over goes with the next refresh.
    if (over(row, row.used_at, before) && !store_->end_session(row.key)) return;
  }
}

/// Returns the keys of those that were known here and are over.
std::vector<std::string> SharedSessions::take(std::vector<store::SessionRow> rows) {
  const Instant now = clock_->now();
  std::vector<std::string> gone;
  const std::lock_guard lock(mutex_);
  Entries before = std::exchange(entries_, {});
  for (store::SessionRow& row : rows) {
    if (ended_.contains(row.key)) continue;
    const auto known = before.find(row.key);
    const Instant used_at = known == before.end() ? row.used_at : std::max(row.used_at, known->second.used_at);
    if (over(row, used_at, now)) continue;
    std::string key = row.key;
    entries_.insert_or_assign(std::move(key), Entry{std::move(row), used_at});
  }
  for (auto& [key, entry] : before) {
    if (entries_.contains(key)) continue;
    if (fresh_.contains(key)) {
      entries_.emplace(key, std::move(entry));
    } else {
      gone.push_back(key);
    }
  }
  return gone;
}

std::size_t SharedSessions::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

bool SharedSessions::over(const store::SessionRow& row, Instant used_at, Instant now) const {
  return now - used_at >= limits_.idle || now - row.opened_at >= limits_.lifetime;
}

bool SharedSessions::trusted() const {
  return steady_->now().ms - read_at_ms_ < kTrust.ms;
}

bool SharedSessions::store_away() const {
  const std::int64_t asking_since_ms = asking_since_ms_;
  return failed_ || (asking_since_ms != kIdle && steady_->now().ms - asking_since_ms > TokenCache::kRefreshTakesMax.ms);
}

}  // namespace fairlead::api
