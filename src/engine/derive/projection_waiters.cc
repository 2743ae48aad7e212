#include "engine/derive/projection_waiters.h"

#include <algorithm>
#include <utility>

namespace fairlead::engine {

std::vector<ProjectionWaiters::Ready> ProjectionWaiters::take_ready(
    TimePoint now, const std::function<bool(JournalPosition)>& reached) {
  std::vector<Ready> ready;
  std::erase_if(waiters_, [&](Waiter& waiter) {
    const bool there = reached(waiter.position);
    if (!there && waiter.deadline > now) return false;
    ready.push_back({std::move(waiter.done), there});
    return true;
  });
  return ready;
}

std::vector<ProjectionWaiters::Ready> ProjectionWaiters::take_all() {
  return take_ready(TimePoint::max(), [](JournalPosition) { return false; });
}

std::optional<ProjectionWaiters::TimePoint> ProjectionWaiters::next_deadline() const {
  if (waiters_.empty()) return std::nullopt;
  return std::ranges::min_element(waiters_, {}, &Waiter::deadline)->deadline;
}

}  // namespace fairlead::engine
