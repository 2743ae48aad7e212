#include "api/health/clock_watch.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

class ClockWatchTest : public testing::Test {
 protected:
  /// Both clocks go on; the one that people set jumps besides.
  void pass(Duration time, Duration jump = {}) {
    steady_ms += time.ms;
    clock.advance({time.ms + jump.ms});
  }

  ManualClock clock{Instant{1'800'000'000'000}};
  std::int64_t steady_ms = 12'345;
  ClockWatch watch{clock, [this] { return steady_ms; }};
};

TEST_F(ClockWatchTest, time_that_passes_is_no_jump) {
  EXPECT_FALSE(watch.look());
  pass(Duration::days(40));
  EXPECT_FALSE(watch.look());
}

TEST_F(ClockWatchTest, small_corrections_are_no_jump) {
  for (int i = 0; i < 100; ++i) {
    pass(Duration::seconds(10), Duration::millis(4'999));
    EXPECT_FALSE(watch.look());
  }
}

TEST_F(ClockWatchTest, a_jump_is_told_for_an_hour) {
  pass(Duration::seconds(10), Duration::days(-365));
  EXPECT_EQ(watch.look(), Duration::days(-365));
  pass(Duration::seconds(3'599));
  EXPECT_EQ(watch.look(), Duration::days(-365));
  pass(Duration::seconds(1));
  EXPECT_FALSE(watch.look());
  pass(Duration::seconds(10), Duration::seconds(5));
  EXPECT_EQ(watch.look(), Duration::seconds(5));
}

}  // namespace
}  // namespace fairlead::api
