#pragma once

#include <atomic>

#include "base/time.h"

namespace fairlead {

/// The only source of the current time; injected wherever it is needed. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

/// Goes on evenly from a beginning that means nothing; nobody can set it. For ages and deadlines, never for stored
/// times.
class SteadyClock final : public Clock {
 public:
  Instant now() const override;
};

/// Stands still until a test or a simulation moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start = {}) : ms_(start.ms) {}
  Instant now() const override { return {ms_.load()}; }
  void set(Instant at) { ms_.store(at.ms); }
  void advance(Duration by) { ms_.fetch_add(by.ms); }

 private:
  std::atomic<std::int64_t> ms_;
};

}  // namespace fairlead
