#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace fairlead::api {

/// How long a session lasts (`access.session_idle`, `access.session_lifetime`).
struct SessionLimits {
  Duration idle = Duration::hours(12);       ///< Without a request.
  Duration lifetime = Duration::hours(168);  ///< However much it is used.
};

struct Session {
  std::string key;  ///< SHA-256 of the id, in hex: what is kept of it, and what may be passed around.
  std::string user;
  store::Role role = store::Role::kViewer;
  std::string csrf;  ///< What unsafe requests must repeat in X-CSRF-Token. Follows from the id, so it is kept nowhere.
  Instant opened_at;
};

/// Who is logged in: in this process's memory (session_table.h) or on all replicas (shared_sessions.h). Thread-safe.
class Sessions {
 public:
  static constexpr std::size_t kIdBytes = 32;
  static constexpr std::size_t kIdChars = 43;  ///< base64url of them.
  /// One more and the user's least recently used session ends.
  static constexpr std::size_t kSessionsPerUserMax = 16;
  /// One more and the least recently used of all ends.
  static constexpr std::size_t kSessionsMax = 4'096;

  virtual ~Sessions() = default;

  struct Opened {
    std::string id;  ///< The cookie's value; nobody but the client keeps it.
    Session session;
  };
  /// Always a new id: one that a client brings along is never taken over.
  virtual Result<Opened> open(std::string user, store::Role role) = 0;

  /// The session with this id, which counts as a use of it. kUnavailable where nobody can tell.
  virtual Result<std::optional<Session>> use(std::string_view id) = 0;

  /// Whether it goes on; does not count as a use. Never waits for a store.
  virtual bool alive(std::string_view key) const = 0;

  virtual Status end(std::string_view key) = 0;
  /// Ends all sessions of a user whose password or role changed in the journal; returns the keys of those known here.
  virtual std::vector<std::string> end_all_of(std::string_view user) = 0;

  /// Reads what other processes did. Returns the keys of those that were known here and are over.
  virtual Result<std::vector<std::string>> refresh() { return std::vector<std::string>(); }

  virtual std::size_t size() const = 0;  ///< Of those known here.
};

/// What is kept of an id, and looked up by.
std::string session_key(std::string_view id);

/// The token against requests from other pages that belongs to an id. Only who has the id can know it, and it does not
/// tell the id.
std::string session_csrf(std::string_view id);

Sessions::Opened new_session(Random& random, std::string user, store::Role role, Instant now);

}  // namespace fairlead::api
