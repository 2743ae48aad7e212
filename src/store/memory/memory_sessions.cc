#include "store/memory/memory_sessions.h"

#include <algorithm>

namespace fairlead::store {

Status MemorySessions::open_session(const SessionRow& row, const SessionBounds& bounds) {
  const std::lock_guard lock(mutex_);
  make_room(&row.user, bounds.per_user);
  make_room(nullptr, bounds.all);
  rows_.insert_or_assign(row.key, row);
  return {};
}

/// For one more of `user`, or of anybody.
void MemorySessions::make_room(const std::string* user, std::size_t rows_max) {
  std::vector<const SessionRow*> rows;
  for (const auto& [key, row] : rows_) {
    if (user == nullptr || row.user == *user) rows.push_back(&row);
  }
  // Stable, so that of equal ones the greatest key goes first.
  std::ranges::stable_sort(rows, std::greater(), &SessionRow::used_at);
  for (; rows.size() >= rows_max; rows.pop_back()) rows_.erase(std::string(rows.back()->key));
}

Result<std::optional<SessionRow>> MemorySessions::session(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = rows_.find(key);
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

Result<std::vector<SessionRow>> MemorySessions::all_sessions() {
  const std::lock_guard lock(mutex_);
  std::vector<SessionRow> rows;
  for (const auto& [key, row] : rows_) rows.push_back(row);
  return rows;
}

Status MemorySessions::note_uses(std::span<const SessionUse> uses) {
  const std::lock_guard lock(mutex_);
  for (const SessionUse& use : uses) {
    if (const auto found = rows_.find(use.key); found != rows_.end()) {
      found->second.used_at = std::max(found->second.used_at, use.at);
    }
  }
  return {};
}

Status MemorySessions::end_session(std::string_view key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = rows_.find(key); found != rows_.end()) rows_.erase(found);
  return {};
}

void MemorySessions::end_sessions_of(std::string_view user) {
  const std::lock_guard lock(mutex_);
  std::erase_if(rows_, [user](const auto& entry) { return entry.second.user == user; });
}

}  // namespace fairlead::store
