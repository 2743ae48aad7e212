#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace fairlead::api {

/// Compares the clock with one that nobody sets. Thread-safe.
class ClockWatch {
 public:
  /// Milliseconds that only go forward.
  using Steady = std::function<std::int64_t()>;
  explicit ClockWatch(const Clock& clock, Steady steady = {});

  /// The latest jump that was noticed, for an hour; negative: back. Notices what happened since the call before.
  std::optional<Duration> look();

 private:
  const Clock& clock_;
  const Steady steady_;

  std::mutex mutex_;  // guards what follows
  std::int64_t wall_ms_;
  std::int64_t steady_ms_;
  std::optional<Duration> jump_;
  std::int64_t jumped_at_ms_ = 0;  ///< Of the steady one.
};

}  // namespace fairlead::api
