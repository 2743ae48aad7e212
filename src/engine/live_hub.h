#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::engine {

/// One thing that changed, as live clients hear of it. `id` grows by one; it is the SSE event id.
struct LiveEvent {
  std::uint64_t id = 0;
  std::string kind;  ///< `delivery`, `entity`, `report`.
  std::string json;  ///< Small: what changed, not its content.
};

/// A bounded ring of the latest events and its listeners. Thread-safe. A listener is a nudge only: it is called without
/// the lock, must not block, and then reads with `after`. A slow reader never slows a publisher: it finds out that the
/// ring has passed it by and resynchronises.
class LiveHub {
 public:
  explicit LiveHub(std::size_t ring_events);

  void publish(std::string kind, std::string json);

  struct Batch {
    std::vector<LiveEvent> events;
    bool resync = false;  ///< Events after the asked-for id are gone (or the id is not ours): read everything anew.
    std::uint64_t last_id = 0;
  };
  Batch after(std::uint64_t id, std::size_t events_max) const;
  std::uint64_t last_id() const;

  using Listener = std::function<void()>;
  class Subscription;  ///< Unsubscribes when destroyed; after that returns, the listener is not running.
  /// Nothing when limits::kLiveSubscribersMax are there already.
  std::optional<std::shared_ptr<Subscription>> subscribe(Listener listener);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::engine
