#pragma once

#include <mutex>
#include <random>

#include "base/random.h"

namespace fairlead::api {

/// Reproducible bytes for tests.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t seed) : engine_(seed) {}
  std::string bytes(std::size_t n) override {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<char>(engine_() & 0xff));
    return out;
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace fairlead::api
