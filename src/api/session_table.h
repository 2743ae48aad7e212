#pragma once

// Who is logged in.
//
// Sessions live in this process's memory alone. A restart logs everybody out, which costs a person one login and buys
// that nothing about sessions is ever on a disk or in a backup, that no request waits for a store, and that what was
// changed about users while the server was down cannot be outlived by an old session. Clients that must survive a
// restart have tokens.

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
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
  std::string csrf;  ///< What unsafe requests must repeat in X-CSRF-Token.
  Instant opened_at;
};

/// Thread-safe; holds its lock for memory only.
class SessionTable {
 public:
  static constexpr std::size_t kIdBytes = 32;
  static constexpr std::size_t kIdChars = 43;  ///< base64url of them.
  /// One more and the user's least recently used session ends.
  static constexpr std::size_t kSessionsPerUserMax = 16;
  /// One more and the least recently used of all ends.
  static constexpr std::size_t kSessionsMax = 4'096;

  SessionTable(const SessionLimits& limits, const Clock& clock, Random& random)
      : limits_(limits), clock_(&clock), random_(&random) {}

  struct Opened {
    std::string id;  ///< The cookie's value; nobody but the client keeps it.
    Session session;
  };
  /// Always a new id: one that a client brings along is never taken over.
  Opened open(std::string user, store::Role role);

  /// The session with this id, which counts as a use of it.
  std::optional<Session> use(std::string_view id);

  /// Whether it goes on; does not count as a use.
  bool alive(std::string_view key) const;

  void end(std::string_view key);
  /// Ends all sessions of a user whose password or role changed; returns their keys.
  std::vector<std::string> end_all_of(std::string_view user);

  std::size_t size() const;

 private:
  struct Entry {
    Session session;
    Instant used_at;
    std::list<std::string>::iterator place;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;

  bool over(const Entry& entry, Instant now) const;
  void erase(Entries::iterator entry);
  void make_room(std::string_view user, Instant now);

  const SessionLimits limits_;
  const Clock* const clock_;
  Random* const random_;

  mutable std::mutex mutex_;  // guards what follows
  Entries entries_;
  std::list<std::string> unused_first_;  // keys of entries_ in the order of their last use
};

}  // namespace fairlead::api
