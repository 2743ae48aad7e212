#include "metrics/estimate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace fairlead::metrics {
namespace {

/// PERCENTILE_CONT by its definition, over a full sort.
double percentile(std::vector<std::int64_t> values, double q) {
  std::ranges::sort(values);
  const double h = q * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(std::floor(h));
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return static_cast<double>(values[low]) + (h - std::floor(h)) * static_cast<double>(values[high] - values[low]);
}

TEST(Estimate, median_of_an_even_count_is_the_mean_of_the_two_middle_values) {
  std::vector<std::int64_t> values = {40, 10, 30, 20};
  EXPECT_EQ(estimate_durations(std::span<std::int64_t>(values)).median, 25.0);
}

TEST(Estimate, no_value_has_no_median) {
  std::vector<std::int64_t> none;
  const DurationEstimate estimate = estimate_durations(std::span<std::int64_t>(none));
  EXPECT_EQ(estimate.median, std::nullopt);
  EXPECT_EQ(estimate.p90, std::nullopt);
  EXPECT_FALSE(estimate.median_interval.has_value());
  EXPECT_EQ(median_of({}), std::nullopt);
}

TEST(Estimate, agrees_with_a_full_sort_at_every_size) {
  std::mt19937_64 random(7);
  for (std::size_t n = 1; n < 700; n += n < 300 ? 1 : 37) {
    std::vector<std::int64_t> values(n);
    for (auto& value : values) value = static_cast<std::int64_t>(random() % 1000);
    std::vector<std::int64_t> sorted = values;
    std::ranges::sort(sorted);
    const std::vector<std::int64_t> original = values;
    const DurationEstimate estimate = estimate_durations(std::span<std::int64_t>(values));
    ASSERT_DOUBLE_EQ(*estimate.median, percentile(original, 0.5)) << n;
    ASSERT_DOUBLE_EQ(*estimate.p90, percentile(original, 0.9)) << n;
    const auto ranks = median_interval_ranks(n);
    ASSERT_EQ(ranks.has_value(), estimate.median_interval.has_value()) << n;
    if (!ranks) continue;
    ASSERT_EQ(estimate.median_interval->low, static_cast<double>(sorted[ranks->low])) << n;
    ASSERT_EQ(estimate.median_interval->high, static_cast<double>(sorted[ranks->high])) << n;
  }
}

TEST(Estimate, weighted_values_count_as_often_as_they_weigh) {
  const std::vector<WeightedValue> bins = {{10, 3}, {20, 1}, {50, 6}};
  std::vector<std::int64_t> values = {10, 10, 10, 20, 50, 50, 50, 50, 50, 50};
  const DurationEstimate binned = estimate_durations(std::span<const WeightedValue>(bins));
  const DurationEstimate exact = estimate_durations(std::span<std::int64_t>(values));
  EXPECT_EQ(binned.n, exact.n);
  EXPECT_EQ(binned.median, exact.median);
  EXPECT_EQ(binned.p90, exact.p90);
  EXPECT_EQ(binned.median_interval->low, exact.median_interval->low);
  EXPECT_EQ(binned.median_interval->high, exact.median_interval->high);
}

// Values of the Wilson interval as published for 0/10, 1/10 and 5/10 (e.g. Newcombe 1998, method 3).
TEST(Estimate, wilson_interval_has_the_published_values) {
  const auto none = wilson_interval(0, 10);
  EXPECT_NEAR(none->low, 0.0, 1e-12);
  EXPECT_NEAR(none->high, 0.2775, 5e-5);
  const auto one = wilson_interval(1, 10);
  EXPECT_NEAR(one->low, 0.0179, 5e-5);
  EXPECT_NEAR(one->high, 0.4042, 5e-5);
  const auto half = wilson_interval(5, 10);
  EXPECT_NEAR(half->low, 0.2366, 5e-5);
  EXPECT_NEAR(half->high, 0.7634, 5e-5);
  EXPECT_EQ(wilson_interval(10, 10)->high, 1.0);
  EXPECT_FALSE(wilson_interval(0, 0).has_value());
}

// From the binomial table: 2/64 > 5 % for 5 values, 2/64 ≤ 5 % for 6; ranks 1 and 8 (0-based) for 10.
TEST(Estimate, median_interval_begins_where_any_is_certain_enough) {
  EXPECT_EQ(median_interval_ranks(0), std::nullopt);
  EXPECT_EQ(median_interval_ranks(5), std::nullopt);
  EXPECT_EQ(median_interval_ranks(6), (RankPair{0, 5}));
  EXPECT_EQ(median_interval_ranks(10), (RankPair{1, 8}));
  EXPECT_EQ(median_interval_ranks(20), (RankPair{5, 14}));
}

TEST(Estimate, median_interval_covers_the_median_in_at_least_95_percent_of_samples) {
  std::mt19937_64 random(11);
  for (const std::size_t n : {6, 15, 60, 61, 400}) {
    int covered = 0;
    constexpr int kSamples = 4000;
    for (int sample = 0; sample < kSamples; ++sample) {
      std::vector<std::int64_t> values(n);
      for (auto& value : values) value = static_cast<std::int64_t>(random() % 2'000'001) - 1'000'000;
      const auto interval = estimate_durations(std::span<std::int64_t>(values)).median_interval;
      covered += interval->low <= 0 && interval->high >= 0 ? 1 : 0;
    }
    EXPECT_GT(covered, kSamples * 0.94) << n;  // 0.95 less the noise of the simulation itself
  }
}

}  // namespace
}  // namespace fairlead::metrics
