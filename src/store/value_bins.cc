#include "store/value_bins.h"

#include <algorithm>

#include "base/check.h"

namespace fairlead::store {
namespace {

// A century: longer durations are implausible and excluded before they are counted.
constexpr std::int64_t kLastBound = 100LL * 366 * 86'400'000;

/// First value of each bin, from bin 1 (= 1 ms) on.
const std::vector<std::int64_t>& first_values() {
  static const std::vector<std::int64_t> bounds = [] {
    std::vector<std::int64_t> made;
    for (std::int64_t at = 1; at < kLastBound; at += std::max<std::int64_t>(1, at / 100)) made.push_back(at);
    return made;
  }();
  return bounds;
}

}  // namespace

std::int32_t bin_of(std::int64_t value) {
  const auto& bounds = first_values();
  return static_cast<std::int32_t>(std::upper_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
}

std::int64_t bin_value(std::int32_t bin) {
  const auto& bounds = first_values();
  CHECK(bin >= 0);
  if (bin == 0) return 0;
  const auto index = std::min<std::size_t>(static_cast<std::size_t>(bin) - 1, bounds.size() - 1);
  if (index + 1 == bounds.size()) return bounds[index];
  return (bounds[index] + bounds[index + 1] - 1) / 2;
}

std::vector<BinCount> bin_counts(std::span<const std::int64_t> values) {
  std::vector<BinCount> counts;
  for (const auto value : values) {
    const auto bin = bin_of(value);
    if (counts.empty() || counts.back().bin != bin) counts.push_back({bin, 0});
    ++counts.back().count;
  }
  return counts;
}

}  // namespace fairlead::store
