#include "base/random.h"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

TEST(SystemRandom, gives_as_many_bytes_as_asked_and_never_the_same) {
  SystemRandom random;
  EXPECT_EQ(random.bytes(0), "");
  EXPECT_EQ(random.bytes(7).size(), 7u);
  EXPECT_NE(random.bytes(16), random.bytes(16));
}

}  // namespace
}  // namespace fairlead
