#pragma once

// Clients that never give a delivery up, for tests that kill what they post to: each posts one deployment after the
// other under a key of its own, repeats with the same key whatever got no answer, and keeps what was acknowledged.

#include <compare>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "system/harness/api_client.h"

namespace fairlead::system_test {

/// One delivery: whose it is, and the how many-th.
struct Posted {
  int client = 0;
  int number = 0;

  std::string id() const;
  std::string key() const { return "key-" + id(); }
  /// A deployment of the client's own service, later than those before it: what comes links a few rows, not all.
  std::string event() const;
  friend auto operator<=>(const Posted&, const Posted&) = default;
};

/// Which servers are up, and what clients have seen of them. Thread-safe.
class Scene {
 public:
  explicit Scene(std::size_t servers = 1) : servers_(servers) {}

  void is_up(std::size_t server, std::uint16_t port);
  void is_down(std::size_t server);

  /// A server between its start and its end.
  struct Run {
    std::uint64_t number = 0;  ///< Of all starts.
    std::uint16_t port = 0;    ///< 0: it is down.
  };
  /// One of those that are up, but not the one that was lost; waits until there is one. Nothing once the scene is over.
  std::optional<Run> await_server(std::uint64_t lost, std::uint64_t choice);

  void finish();
  bool over() const;
  /// So long, unless the scene is over before.
  void rest(Milliseconds time);

  void acknowledged(const Posted& posted);
  void problem(const std::string& text);
  /// Until so many more were acknowledged, but no longer than `patience`.
  void await_more(std::size_t count, Milliseconds patience);
  std::vector<Posted> all_acknowledged() const;
  std::vector<std::string> problems() const;

 private:
  mutable std::mutex mutex_;  // guards all
  std::condition_variable changed_;
  std::condition_variable acknowledged_more_;
  std::vector<Run> servers_;
  std::uint64_t runs_ = 0;
  bool over_ = false;
  std::vector<Posted> acknowledged_;
  std::vector<std::string> problems_;
};

struct ClientsOptions {
  int count = 1;
  /// Between two posts. A connection is not kept over it.
  Milliseconds rest{0};
  /// One in so many acknowledged posts is repeated at once and must be known then; 0: none.
  std::uint64_t repeat_one_in = 0;
  /// Whether 503 is an answer like none at all. Otherwise it is a problem.
  bool may_be_refused = false;
};

/// Post until this goes, which ends the scene.
class Clients {
 public:
  Clients(Scene& scene, const std::string& token, std::uint64_t seed, const ClientsOptions& options);
  ~Clients() { scene_.finish(); }
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

 private:
  Scene& scene_;
  std::vector<std::jthread> threads_;
};

/// Posts each of them once more, to all of the servers; the ids of those that were taken for new ones.
std::vector<std::string> accepted_when_posted_again(const std::set<Posted>& posted,
                                                    const std::vector<std::uint16_t>& ports, const std::string& token);

/// The ids of the clients' deployments, as often as a server lists them.
std::multiset<std::string> listed_ids(ApiClient& api, int clients);

/// The ids of those, of which one may be listed once.
std::multiset<std::string> ids_of(const std::set<Posted>& posted);

}  // namespace fairlead::system_test
