#include "api/health/clock_watch.h"

#include <chrono>
#include <cstdlib>

#include "api/health/checks.h"

namespace fairlead::api {
namespace {

constexpr std::int64_t kRememberedMs = 3'600'000;

std::int64_t steady_now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace

ClockWatch::ClockWatch(const Clock& clock, Steady steady)
    : clock_(clock),
      steady_(steady ? std::move(steady) : Steady(steady_now)),
      wall_ms_(clock_.now().ms),
      steady_ms_(steady_()) {}

std::optional<Duration> ClockWatch::look() {
  const std::lock_guard lock(mutex_);
  const std::int64_t wall = clock_.now().ms;
  const std::int64_t steady = steady_();
  const Duration jump{(wall - wall_ms_) - (steady - steady_ms_)};
  wall_ms_ = wall;
  steady_ms_ = steady;
  if (std::abs(jump.ms) >= health_limits::kClockJump.ms) {
    jump_ = jump;
    jumped_at_ms_ = steady;
  }
  if (jump_ && steady - jumped_at_ms_ >= kRememberedMs) jump_.reset();
  return jump_;
}

}  // namespace fairlead::api
