#pragma once

// Log-scale bins for durations: where a report covers more values than it may sort exactly, it adds these counts
// instead (linking.md, Summaries). Counts of fixed bins add in any order to the same result.
//
// Neighbouring bounds differ by at most 1 % (or by one millisecond, where that is more), so a bin's representative is
// at most 0.5 % away from every value in it. The bounds are made by integer arithmetic: they are the same on every
// machine, and counts of them are stored on disk, so they must never change.

#include <cstdint>
#include <span>
#include <vector>

namespace fairlead::store {

struct BinCount {
  std::int32_t bin = 0;
  std::int64_t count = 0;
  friend auto operator<=>(const BinCount&, const BinCount&) = default;
};

/// The bin of a duration in milliseconds; zero and less are bin 0, what exceeds the last bound is in the last bin.
std::int32_t bin_of(std::int64_t value);

/// The value that stands for all values of the bin: the middle of its bounds.
std::int64_t bin_value(std::int32_t bin);

/// Counts of sorted `values`, by bin.
std::vector<BinCount> bin_counts(std::span<const std::int64_t> values);

}  // namespace fairlead::store
