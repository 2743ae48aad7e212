#pragma once

#include <map>
#include <mutex>

#include "store/session_store.h"

namespace fairlead::store {

/// As several replicas would share them, for those that a test runs in one process.
class MemorySessions final : public SessionStore {
 public:
  Status open_session(const SessionRow& row, const SessionBounds& bounds) override;
  Result<std::optional<SessionRow>> session(std::string_view key) override;
  Result<std::vector<SessionRow>> all_sessions() override;
  Status note_uses(std::span<const SessionUse> uses) override;
  Status end_session(std::string_view key) override;

  void end_sessions_of(std::string_view user);

 private:
  void make_room(const std::string* user, std::size_t rows_max);

  std::mutex mutex_;  ///< Guards what follows.
  std::map<std::string, SessionRow, std::less<>> rows_;
};

}  // namespace fairlead::store
