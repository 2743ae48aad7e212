#include "engine/live_hub.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace fairlead::engine {

namespace {

/// A listener with the lock under which it is called. Recursive, so that a listener may drop its own subscription.
struct Slot {
  explicit Slot(LiveHub::Listener l) : listener(std::move(l)) {}

  void call() {
    std::lock_guard lock(mutex);
    if (listener) listener();
  }
  void clear() {
    std::lock_guard lock(mutex);
    listener = nullptr;
  }

  std::recursive_mutex mutex;  // guards listener, and is held while it runs
  LiveHub::Listener listener;
};

using Slots = std::vector<std::shared_ptr<Slot>>;

}  // namespace

struct LiveHub::State {
  State(std::size_t ring_max, std::uint64_t start_id) : events_max(ring_max), last_id(start_id) {}

  const std::size_t events_max;
  mutable std::mutex mutex;  // guards all below
  std::deque<LiveEvent> ring;
  std::uint64_t last_id;
  std::unordered_map<std::uint64_t, std::shared_ptr<Slot>> slots;
  std::uint64_t next_slot = 1;
  /// What `publish` walks, without the lock; null when a subscription came or went since.
  std::shared_ptr<const Slots> snapshot;

  std::shared_ptr<const Slots> slots_now() {
    if (!snapshot) {
      auto fresh = std::make_shared<Slots>();
      fresh->reserve(slots.size());
      for (const auto& [id, slot] : slots) fresh->push_back(slot);
      snapshot = std::move(fresh);
    }
    return snapshot;
  }
};

class LiveHub::Subscription {
 public:
  Subscription(std::shared_ptr<State> state, std::uint64_t id, std::shared_ptr<Slot> slot)
      : state_(std::move(state)), id_(id), slot_(std::move(slot)) {}
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  ~Subscription() {
    {
      std::lock_guard lock(state_->mutex);
      state_->slots.erase(id_);
      state_->snapshot = nullptr;
    }
    // A publisher may still hold a snapshot with this slot: from here on it finds it empty.
    slot_->clear();
  }

 private:
  std::shared_ptr<State> state_;
  std::uint64_t id_;
  std::shared_ptr<Slot> slot_;
};

LiveHub::LiveHub(std::size_t ring_events, std::uint64_t start_id)
    : state_(std::make_shared<State>(ring_events, start_id)) {
  CHECK(ring_events > 0);
}

void LiveHub::publish(std::string kind, std::string json) {
  std::vector<Item> items;
  items.push_back({std::move(kind), std::move(json)});
  publish(std::move(items));
}

void LiveHub::publish(std::vector<Item> items) {
  if (items.empty()) return;
  std::shared_ptr<const Slots> slots;
  {
    std::lock_guard lock(state_->mutex);
    for (Item& item : items) {
      state_->ring.push_back({++state_->last_id, std::move(item.kind), std::move(item.json)});
      if (state_->ring.size() > state_->events_max) state_->ring.pop_front();
    }
    slots = state_->slots_now();
  }
  for (const auto& slot : *slots) slot->call();
}

void LiveHub::jump_to(std::uint64_t last_id) {
  std::shared_ptr<const Slots> slots;
  {
    std::lock_guard lock(state_->mutex);
    state_->ring.clear();
    state_->last_id = last_id;
    slots = state_->slots_now();
  }
  for (const auto& slot : *slots) slot->call();
}

LiveHub::Batch LiveHub::after(std::uint64_t id, std::size_t events_max) const {
  std::lock_guard lock(state_->mutex);
  Batch batch;
  batch.last_id = state_->last_id;
  const std::uint64_t before_ring = state_->last_id - state_->ring.size();
  if (id > state_->last_id || id < before_ring) {
    batch.resync = true;
    return batch;
  }
  const auto first = state_->ring.begin() + static_cast<std::ptrdiff_t>(id - before_ring);
  const auto count = std::min<std::size_t>(events_max, state_->last_id - id);
  batch.events.assign(first, first + static_cast<std::ptrdiff_t>(count));
  batch.last_id = id + count;
  return batch;
}

std::uint64_t LiveHub::last_id() const {
  std::lock_guard lock(state_->mutex);
  return state_->last_id;
}

std::optional<std::shared_ptr<LiveHub::Subscription>> LiveHub::subscribe(Listener listener) {
  auto slot = std::make_shared<Slot>(std::move(listener));
  std::uint64_t id;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->slots.size() >= limits::kLiveSubscribersMax) return std::nullopt;
    id = state_->next_slot++;
    state_->slots.emplace(id, slot);
    state_->snapshot = nullptr;
  }
  return std::make_shared<Subscription>(state_, id, std::move(slot));
}

}  // namespace fairlead::engine
