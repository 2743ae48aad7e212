#pragma once

// Statistics of values and shares. All pure functions of their arguments.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fairlead::metrics {

struct Interval {
  double low = 0;
  double high = 0;
};

/// The 95 % Wilson score interval of a share (E. B. Wilson, "Probable inference, the law of succession, and statistical
/// inference", JASA 22, 1927, 209–212): with z = 1.96, centre (p + z²/2n) / (1 + z²/n) and half width
/// z·√(p(1−p)/n + z²/4n²) / (1 + z²/n). Stays inside [0, 1] and is honest at 0 of n. Nothing for n = 0.
std::optional<Interval> wilson_interval(std::int64_t ones, std::int64_t n);

/// 0-based ranks (low, high) of sorted values that enclose the median with at least 95 % certainty, whatever the
/// distribution (W. R. Thompson 1936; H. A. David and H. N. Nagaraja, "Order Statistics", 3rd ed., 7.1): the greatest l
/// with P(Binomial(n, ½) ≤ l) ≤ 2.5 %, and n − 1 − l. Exact up to 60 values, then the normal approximation with
/// continuity correction. Nothing below 6 values, where no pair of ranks is that certain.
struct RankPair {
  std::size_t low = 0;
  std::size_t high = 0;
  friend bool operator==(RankPair, RankPair) = default;
};
std::optional<RankPair> median_interval_ranks(std::size_t n);

/// PERCENTILE_CONT (SQL:2003): with h = q·(n − 1), the value at rank ⌊h⌋ plus the fraction of h of the way to the next.
/// For q = 0.5 that is the middle value, or the mean of the two middle ones.
struct Position {
  std::size_t rank = 0;
  double fraction = 0;  ///< Of the way to rank + 1; 0 where that may not exist.
};
Position percentile_position(double q, std::size_t n);

/// What reports show of a set of durations, in the unit of the values.
struct DurationEstimate {
  std::size_t n = 0;
  std::optional<double> median;
  std::optional<double> p90;
  std::optional<Interval> median_interval;
};

/// Of values in any order, which it may rearrange.
DurationEstimate estimate_durations(std::span<std::int64_t> values);

/// Of counts per bin, ascending by value: `value` stands for all `count` values of its bin.
struct WeightedValue {
  std::int64_t value = 0;
  std::int64_t count = 0;
};
DurationEstimate estimate_durations(std::span<const WeightedValue> bins);

/// The median of few numbers (per-week counts); nothing of none.
std::optional<double> median_of(std::vector<std::int64_t> values);

}  // namespace fairlead::metrics
