#include "bench/measurements.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fairlead::bench {
namespace {

TEST(Measurements, quantile_interpolates_between_neighbours) {
  const std::vector<double> values = {10, 20, 30, 40, 50};
  EXPECT_EQ(quantile(values, 0), 10);
  EXPECT_EQ(quantile(values, 0.5), 30);
  EXPECT_EQ(quantile(values, 0.625), 35);
  EXPECT_EQ(quantile(values, 1), 50);
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

TEST(Measurements, interval_of_a_median_needs_six_values) {
  const Median five = median_of({5, 1, 3, 2, 4});
  EXPECT_EQ(five.value, 3);
  EXPECT_EQ(five.low, 1);
  EXPECT_EQ(five.high, 5);
}

TEST(Measurements, interval_of_seven_values_is_their_range_and_of_nine_leaves_the_extremes_out) {
  // One value alone on a side: 2 · (1/2)^7 = 1.6 %; two or fewer: 12.5 %. With nine values: 2 · 10/512 = 3.9 %.
  const Median seven = median_of({7, 6, 5, 4, 3, 2, 1});
  EXPECT_EQ(seven.low, 1);
  EXPECT_EQ(seven.high, 7);
  const Median nine = median_of({9, 8, 7, 6, 5, 4, 3, 2, 1});
  EXPECT_EQ(nine.low, 2);
  EXPECT_EQ(nine.high, 8);
}

TEST(Measurements, goal_is_met_at_its_limit_and_not_past_it) {
  Goal at_least{"a", "b", Goal::Direction::kAtLeast, 0.6, "×", {0.6, 0.6, 0.6}};
  EXPECT_TRUE(at_least.met());
  at_least.rounds = {0.59, 0.59, 0.9};
  EXPECT_FALSE(at_least.met());
  Goal at_most{"a", "b", Goal::Direction::kAtMost, 5, "ms", {5, 5, 9}};
  EXPECT_TRUE(at_most.met());
  at_most.rounds = {5.1, 5.1, 1};
  EXPECT_FALSE(at_most.met());
}

}  // namespace
}  // namespace fairlead::bench
