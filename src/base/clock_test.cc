#include "base/clock.h"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

TEST(Clock, the_manual_one_moves_only_when_told) {
  ManualClock clock(Instant{1000});
  EXPECT_EQ(clock.now(), Instant{1000});
  clock.advance(Duration::seconds(2));
  EXPECT_EQ(clock.now(), Instant{3000});
  clock.set(Instant{5});
  EXPECT_EQ(clock.now(), Instant{5});
}

TEST(Clock, the_systems_one_is_in_this_century) {
  const Instant now = SystemClock().now();
  EXPECT_GT(now, parse_time("2024-01-01T00:00:00Z").value());
  EXPECT_LT(now, parse_time("2100-01-01T00:00:00Z").value());
}

}  // namespace
}  // namespace fairlead
