#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "model/delivery.h"

namespace fairlead::engine {

/// Readers that wait for their own writes to be projected and linked. Not thread-safe: the owner locks, and calls what
/// comes back from here without its lock.
class ProjectionWaiters {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Done = std::function<void(bool)>;

  struct Ready {
    Done done;
    bool reached;
  };

  void add(JournalPosition position, TimePoint deadline, Done done) {
    waiters_.push_back({position, deadline, std::move(done)});
  }

  /// Takes out those whose position `reached` accepts, and those whose time is over.
  std::vector<Ready> take_ready(TimePoint now, const std::function<bool(JournalPosition)>& reached);
  /// Takes out all.
  std::vector<Ready> take_all();

  std::optional<TimePoint> next_deadline() const;

 private:
  struct Waiter {
    JournalPosition position;
    TimePoint deadline;
    Done done;
  };
  std::vector<Waiter> waiters_;
};

}  // namespace fairlead::engine
