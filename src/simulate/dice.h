#pragma once

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/hash.h"
#include "base/time.h"

namespace fairlead::simulate {

/// Chance from a seed: the same numbers on every platform and for ever (splitmix64; the distributions of <random>
/// differ between libraries).
class Dice {
 public:
  /// Dice of one seed and different names are independent, so one service's luck is not another's.
  Dice(std::uint64_t seed, std::string_view name) : state_(seed ^ checksum64(name)) {}

  /// In [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    CHECK(low <= high);
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  /// Most draws are near `low`, few near `high`: how long people and machines take.
  Duration skewed(Duration low, Duration high) {
    const double unit = static_cast<double>(next() >> 11U) * 0x1.0p-53;
    const auto span = static_cast<double>(high.ms - low.ms);
    return Duration::seconds((low.ms + static_cast<std::int64_t>(span * unit * unit)) / 1000);
  }
  Duration even(Duration low, Duration high) { return Duration::seconds(between(low.ms / 1000, high.ms / 1000)); }
  bool chance(int percent) { return between(0, 99) < percent; }
  template <class Range>
  const auto& pick(const Range& items) {
    return items[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(std::size(items)) - 1))];
  }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

  std::uint64_t state_;
};

}  // namespace fairlead::simulate
