#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "base/check.h"

namespace fairlead::engine::testing {

/// Randomness from a seed, the same on every platform (the distributions of <random> are not).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  /// In [0, count).
  std::size_t below(std::size_t count) {
    CHECK(count > 0);
    return static_cast<std::size_t>(engine_() % count);
  }
  /// In [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::size_t>(high - low + 1)));
  }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }

  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[below(items.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace fairlead::engine::testing
