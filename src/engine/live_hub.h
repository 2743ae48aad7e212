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
  /// The first event gets the id after `start_id`. The ids of one run must not repeat those of the run before, or a
  /// client that comes back after a restart would take the new events for those that it has seen: the engine starts at
  /// the time of its start in microseconds.
  explicit LiveHub(std::size_t ring_events, std::uint64_t start_id = 0);

  void publish(std::string kind, std::string json);

  struct Item {
    std::string kind;
    std::string json;
  };
  /// The same for several at once: they stand together in the ring, and each listener is nudged once.
  void publish(std::vector<Item> items);

  /// The next event gets the id after `last_id`. What was there before is forgotten, so that everybody resynchronises.
  void jump_to(std::uint64_t last_id);

  struct Batch {
    std::vector<LiveEvent> events;
    bool resync = false;  ///< Events after the asked-for id are gone (or the id is not ours): read everything anew.
    std::uint64_t last_id = 0;  ///< Ask after this one next.
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
