#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/store.h"

namespace fairlead::store {

/// A login, as replicas share it. There is nothing in it by which one could act as the user.
struct SessionRow {
  std::string key;  ///< SHA-256 of the session's id, in hex.
  std::string user;
  Role role = Role::kViewer;
  Instant opened_at;
  Instant used_at;
  friend bool operator==(const SessionRow&, const SessionRow&) = default;
};

/// How many sessions there may be once one more is open; those least recently used give way.
struct SessionBounds {
  std::size_t per_user = 0;
  std::size_t all = 0;
};

struct SessionUse {
  std::string key;
  Instant at;
};

/// The sessions in a store that several processes share. Any thread may call. The journal that hands it out ends a
/// user's sessions when it writes or removes that user.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  virtual Status open_session(const SessionRow& row, const SessionBounds& bounds) = 0;
  virtual Result<std::optional<SessionRow>> session(std::string_view key) = 0;
  virtual Result<std::vector<SessionRow>> all_sessions() = 0;  ///< By key.
  /// Uses only move forward. One of a session that has ended changes nothing.
  virtual Status note_uses(std::span<const SessionUse> uses) = 0;
  virtual Status end_session(std::string_view key) = 0;  ///< Nothing happens where there is none.
};

}  // namespace fairlead::store
