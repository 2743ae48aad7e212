#include "metrics/estimate.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace fairlead::metrics {
namespace {

/// The 97.5 % quantile of the normal distribution.
constexpr double kZ = 1.959963984540054;
constexpr std::size_t kExactBinomialMax = 60;

/// The greatest l with P(Binomial(n, ½) ≤ l) ≤ 2.5 %, for n within what doubles hold exactly.
std::optional<std::size_t> lower_tail_rank(std::size_t n) {
  double term = std::ldexp(1.0, -static_cast<int>(n));  // C(n, 0) / 2^n
  double tail = term;
  std::optional<std::size_t> rank;
  for (std::size_t l = 0; l < n && tail <= 0.025; ++l) {
    rank = l;
    term = term * static_cast<double>(n - l) / static_cast<double>(l + 1);
    tail += term;
  }
  return rank;
}

/// Builds the estimate from a function that gives the value at a rank; ranks are asked for in ascending order.
DurationEstimate estimate_by_rank(std::size_t n, const std::function<double(std::size_t)>& value_at) {
  DurationEstimate result;
  result.n = n;
  if (n == 0) return result;
  const auto ranks = median_interval_ranks(n);
  const auto percentile = [&](double q) {
    const Position position = percentile_position(q, n);
    const double low = value_at(position.rank);
    if (position.fraction == 0) return low;
    return low + position.fraction * (value_at(position.rank + 1) - low);
  };
  if (ranks) result.median_interval = Interval{.low = value_at(ranks->low)};
  result.median = percentile(0.5);
  if (ranks) result.median_interval->high = value_at(ranks->high);
  result.p90 = percentile(0.9);
  return result;
}

}  // namespace

std::optional<Interval> wilson_interval(std::int64_t ones, std::int64_t n) {
  if (n <= 0) return std::nullopt;
  const double count = static_cast<double>(n);
  const double share = static_cast<double>(ones) / count;
  const double scale = 1 + kZ * kZ / count;
  const double centre = (share + kZ * kZ / (2 * count)) / scale;
  const double half = kZ * std::sqrt(share * (1 - share) / count + kZ * kZ / (4 * count * count)) / scale;
  return Interval{.low = ones == 0 ? 0.0 : std::max(0.0, centre - half),
                  .high = ones == n ? 1.0 : std::min(1.0, centre + half)};
}

std::optional<RankPair> median_interval_ranks(std::size_t n) {
  std::optional<std::size_t> low;
  if (n <= kExactBinomialMax) {
    low = lower_tail_rank(n);
  } else {
    const double count = static_cast<double>(n);
    low = static_cast<std::size_t>(std::floor((count - kZ * std::sqrt(count)) / 2 - 0.5));
  }
  if (!low) return std::nullopt;
  return RankPair{.low = *low, .high = n - 1 - *low};
}

Position percentile_position(double q, std::size_t n) {
  const double h = q * static_cast<double>(n - 1);
  const double rank = std::floor(h);
  const auto index = static_cast<std::size_t>(rank);
  if (index + 1 >= n) return {.rank = n - 1, .fraction = 0};
  return {.rank = index, .fraction = h - rank};
}

DurationEstimate estimate_durations(std::span<std::int64_t> values) {
  // Each selection leaves everything before its rank smaller, so the next, higher one only looks behind it. The ranks
  // of interval and percentiles interleave where there are few values; then a full sort is cheap.
  constexpr std::size_t kSortMax = 256;
  if (values.size() <= kSortMax) std::ranges::sort(values);
  std::size_t settled = 0;
  return estimate_by_rank(values.size(), [&](std::size_t rank) {
    if (values.size() > kSortMax && rank >= settled) {
      std::nth_element(values.begin() + static_cast<std::ptrdiff_t>(settled),
                       values.begin() + static_cast<std::ptrdiff_t>(rank), values.end());
      settled = rank + 1;
    }
    return static_cast<double>(values[rank]);
  });
}

DurationEstimate estimate_durations(std::span<const WeightedValue> bins) {
  std::size_t n = 0;
  for (const WeightedValue& bin : bins) n += static_cast<std::size_t>(bin.count);
  return estimate_by_rank(n, [&](std::size_t rank) {
    std::size_t below = 0;
    for (const WeightedValue& bin : bins) {
      below += static_cast<std::size_t>(bin.count);
      if (rank < below) return static_cast<double>(bin.value);
    }
    return static_cast<double>(bins.back().value);
  });
}

std::optional<double> median_of(std::vector<std::int64_t> values) {
  return estimate_durations(std::span<std::int64_t>(values)).median;
}

}  // namespace fairlead::metrics
