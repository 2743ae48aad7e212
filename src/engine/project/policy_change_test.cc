#include "engine/project/policy_change.h"

#include <gtest/gtest.h>

#include "engine/testing/settled.h"
#include "engine/testing/world.h"
#include "store/memory/memory_store.h"

namespace fairlead::engine {
namespace {

using testing::must;

class PolicyAdoptionTest : public ::testing::Test {
 protected:
  PolicyAdoptionTest() {
    testing::append_all(*journal_, orderly_deliveries(world_));
    other_.production_environments = {"*"};
  }

  std::vector<std::string> rebuilt_under(const Policy& policy) {
    const auto rebuilt = store::make_memory_derived();
    must(project_all(*journal_, *rebuilt, policy, {}));
    return testing::dump_of(*rebuilt);
  }

  /// Ends it by the interruption after `pages` pages of entities.
  void begin_and_break_off(PolicyAdoption& adoption, int pages) {
    const Status broken_off = adoption.adopt(*derived_, [&] { return pages-- == 0; });
    ASSERT_FALSE(broken_off.has_value());
    ASSERT_EQ(broken_off.error().code, ErrorCode::kUnavailable);
  }

  Status check(const PolicyAdoption& adoption) { return adoption.check(*must(derived_->read())); }

  testing::World world_ = testing::World::random(3);
  Policy first_ = world_.policy;
  Policy other_ = world_.policy;
  std::unique_ptr<store::Journal> journal_ = store::make_memory_journal();
  std::unique_ptr<store::Derived> derived_ = store::make_memory_derived();
};

TEST_F(PolicyAdoptionTest, goes_on_after_an_interruption) {
  must(project_all(*journal_, *derived_, first_, {}));
  PolicyAdoption adoption(other_);
  begin_and_break_off(adoption, 5);
  EXPECT_FALSE(adoption.done());
  must(adoption.adopt(*derived_));
  EXPECT_TRUE(adoption.done());
  must(project_all(*journal_, *derived_, other_, {}));
  EXPECT_NE(rebuilt_under(first_), rebuilt_under(other_));
  EXPECT_EQ(testing::first_difference(rebuilt_under(other_), testing::dump_of(*derived_)), "");
}

/// What the broken off adoption has moved must come back.
TEST_F(PolicyAdoptionTest, that_a_crash_ended_is_undone_by_a_start_with_the_policy_before) {
  must(project_all(*journal_, *derived_, first_, {}));
  PolicyAdoption crashed(other_);
  begin_and_break_off(crashed, 5);
  must(project_all(*journal_, *derived_, first_, {}));
  EXPECT_EQ(testing::first_difference(rebuilt_under(first_), testing::dump_of(*derived_)), "");
}

TEST_F(PolicyAdoptionTest, makes_whoever_works_under_another_policy_stop_from_its_first_step_on) {
  PolicyAdoption first(first_);
  must(first.adopt(*derived_));
  must(project_all(*journal_, *derived_, first_, {}));
  EXPECT_TRUE(check(first).has_value());

  PolicyAdoption other(other_);
  begin_and_break_off(other, 1);
  ASSERT_FALSE(check(first).has_value());
  EXPECT_EQ(check(first).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(check(other).has_value());

  must(other.adopt(*derived_));
  EXPECT_FALSE(check(first).has_value());
  EXPECT_TRUE(check(other).has_value());
}

/// Else two that start together would begin again and again.
TEST_F(PolicyAdoptionTest, begins_once_and_gives_way_to_one_that_began_later) {
  must(project_all(*journal_, *derived_, {}, {}));
  PolicyAdoption earlier(first_);
  begin_and_break_off(earlier, 1);
  PolicyAdoption later(other_);
  begin_and_break_off(later, 1);
  const Status beaten = earlier.adopt(*derived_);
  ASSERT_FALSE(beaten.has_value());
  EXPECT_EQ(beaten.error().code, ErrorCode::kConflict);
  must(later.adopt(*derived_));
  EXPECT_FALSE(check(earlier).has_value());
}

TEST_F(PolicyAdoptionTest, of_two_under_the_same_policy_the_slower_finds_it_done) {
  must(project_all(*journal_, *derived_, first_, {}));
  PolicyAdoption slower(other_);
  begin_and_break_off(slower, 3);
  must(project_all(*journal_, *derived_, other_, {}));
  const auto linked = testing::dump_of(*derived_);
  must(slower.adopt(*derived_));
  EXPECT_TRUE(slower.done());
  EXPECT_EQ(testing::first_difference(linked, testing::dump_of(*derived_)), "");  // Nothing was dropped again.
}

}  // namespace
}  // namespace fairlead::engine
