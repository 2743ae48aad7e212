#include "api/session_table.h"

#include <iterator>
#include <utility>

namespace fairlead::api {

Result<Sessions::Opened> SessionTable::open(std::string user, store::Role role) {
  Opened opened = new_session(*random_, std::move(user), role, clock_->now());
  const Session& session = opened.session;
  const std::lock_guard lock(mutex_);
  make_room(session.user, session.opened_at);
  unused_first_.push_back(session.key);
  entries_.insert_or_assign(session.key, Entry{session, session.opened_at, std::prev(unused_first_.end())});
  return opened;
}

Result<std::optional<Session>> SessionTable::use(std::string_view id) {
  if (id.size() != kIdChars) return std::nullopt;
  const std::string key = session_key(id);
  const Instant now = clock_->now();
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  Entry& entry = found->second;
  if (over(entry, now)) {
    erase(found);
    return std::nullopt;
  }
  entry.used_at = now;
  unused_first_.splice(unused_first_.end(), unused_first_, entry.place);
  return entry.session;
}

bool SessionTable::alive(std::string_view key) const {
  const Instant now = clock_->now();
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  return found != entries_.end() && !over(found->second, now);
}

Status SessionTable::end(std::string_view key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(key); found != entries_.end()) erase(found);
  return {};
}

std::vector<std::string> SessionTable::end_all_of(std::string_view user) {
  std::vector<std::string> ended;
  const std::lock_guard lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->second.session.user == user) {
      ended.push_back(entry->first);
      erase(entry);
    }
    entry = next;
  }
  return ended;
}

std::size_t SessionTable::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

bool SessionTable::over(const Entry& entry, Instant now) const {
  return now - entry.used_at >= limits_.idle || now - entry.session.opened_at >= limits_.lifetime;
}

void SessionTable::erase(Entries::iterator entry) {
  unused_first_.erase(entry->second.place);
  entries_.erase(entry);
}

/// Before one more of `user` comes. Looks at all entries, which is little beside the password's hash.
void SessionTable::make_room(std::string_view user, Instant now) {
  std::size_t theirs = 0;
  auto their_oldest = entries_.end();
  for (auto key = unused_first_.begin(); key != unused_first_.end();) {
    const auto entry = entries_.find(*key++);
    if (over(entry->second, now)) {
      erase(entry);
    } else if (entry->second.session.user == user && theirs++ == 0) {
      their_oldest = entry;
    }
  }
  if (theirs >= kSessionsPerUserMax) {
    erase(their_oldest);
  } else if (entries_.size() >= kSessionsMax) {
    erase(entries_.find(unused_first_.front()));
  }
}

}  // namespace fairlead::api
