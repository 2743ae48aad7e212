#pragma once

// Who is logged in, where one process serves everybody.
//
// Its sessions live in this process's memory alone. A restart logs everybody out, which costs a person one login and
// buys that nothing about sessions is ever on a disk or in a backup, that no request waits for a store, and that what
// was changed about users while the server was down cannot be outlived by an old session. Clients that must survive a
// restart have tokens. Where replicas share a store, shared_sessions.h takes its place.

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/sessions.h"

namespace fairlead::api {

/// Thread-safe; holds its lock for memory only.
class SessionTable final : public Sessions {
 public:
  SessionTable(const SessionLimits& limits, const Clock& clock, Random& random)
      : limits_(limits), clock_(&clock), random_(&random) {}

  Result<Opened> open(std::string user, store::Role role) override;
  Result<std::optional<Session>> use(std::string_view id) override;
  bool alive(std::string_view key) const override;
  Status end(std::string_view key) override;
  std::vector<std::string> end_all_of(std::string_view user) override;
  std::size_t size() const override;

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
