#include "api/session_table.h"

#include <gtest/gtest.h>

#include <set>

#include "api/testing/fixed_random.h"

namespace fairlead::api {
namespace {

using store::Role;

class SessionTableTest : public testing::Test {
 protected:
  const SessionLimits limits{Duration::hours(1), Duration::hours(5)};
  ManualClock clock{Instant{1'000'000'000}};
  FixedRandom random{11};
  SessionTable table{limits, clock, random};

  Sessions::Opened open(std::string user, Role role) { return table.open(std::move(user), role).value(); }
  std::optional<Session> use(std::string_view id) { return table.use(id).value(); }
};

TEST_F(SessionTableTest, ids_and_csrf_tokens_are_256_random_bits_and_differ) {
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const auto opened = open(fmt::format("user{}", i), Role::kViewer);
    EXPECT_EQ(opened.id.size(), SessionTable::kIdChars);
    EXPECT_EQ(opened.session.csrf.size(), SessionTable::kIdChars);
    EXPECT_TRUE(seen.insert(opened.id).second);
    EXPECT_TRUE(seen.insert(opened.session.csrf).second);
    EXPECT_TRUE(seen.insert(opened.session.key).second);
  }
}

TEST_F(SessionTableTest, a_session_is_found_by_its_id_and_not_by_what_is_kept_of_it) {
  const auto opened = open("ann", Role::kOperator);
  const auto found = use(opened.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, "ann");
  EXPECT_EQ(found->role, Role::kOperator);
  EXPECT_FALSE(use(opened.session.key));
  std::string tampered = opened.id;
  tampered[7] = tampered[7] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(use(tampered));
  EXPECT_FALSE(use(opened.id + "A"));
  EXPECT_FALSE(use(""));
}

TEST_F(SessionTableTest, ends_after_the_idle_time_and_each_use_starts_it_anew) {
  const auto used = open("ann", Role::kViewer);
  const auto unused = open("bob", Role::kViewer);
  clock.advance(Duration::millis(limits.idle.ms - 1));
  EXPECT_TRUE(use(used.id));
  EXPECT_TRUE(table.alive(unused.session.key));
  clock.advance(Duration::millis(1));
  EXPECT_TRUE(use(used.id));
  EXPECT_FALSE(table.alive(unused.session.key));
  EXPECT_FALSE(use(unused.id));
  EXPECT_EQ(table.size(), 1u);
}

TEST_F(SessionTableTest, ends_after_its_lifetime_however_much_it_is_used) {
  const auto opened = open("ann", Role::kViewer);
  for (int i = 0; i < 9; ++i) {
    clock.advance(Duration::millis(limits.lifetime.ms / 10));
    EXPECT_TRUE(use(opened.id)) << i;
  }
  clock.advance(Duration::millis(limits.lifetime.ms / 10));
  EXPECT_FALSE(table.alive(opened.session.key));
  EXPECT_FALSE(use(opened.id));
}

TEST_F(SessionTableTest, being_asked_whether_it_lives_is_no_use) {
  const auto opened = open("ann", Role::kViewer);
  clock.advance(Duration::millis(limits.idle.ms - 1));
  EXPECT_TRUE(table.alive(opened.session.key));
  clock.advance(Duration::millis(1));
  EXPECT_FALSE(table.alive(opened.session.key));
}

TEST_F(SessionTableTest, one_user_too_many_ends_that_users_least_recently_used) {
  const auto other = open("bob", Role::kViewer);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < SessionTable::kSessionsPerUserMax; ++i) {
    ids.push_back(open("ann", Role::kViewer).id);
  }
  EXPECT_TRUE(use(ids[0]));  // so that the second is the least recently used
  const auto newest = open("ann", Role::kViewer);
  EXPECT_EQ(table.size(), SessionTable::kSessionsPerUserMax + 1);
  EXPECT_TRUE(use(ids[0]));
  EXPECT_FALSE(use(ids[1]));
  EXPECT_TRUE(use(ids[2]));
  EXPECT_TRUE(use(newest.id));
  EXPECT_TRUE(use(other.id));
}

TEST_F(SessionTableTest, never_holds_more_than_its_limit) {
  const auto first = open("first", Role::kViewer);
  const auto second = open("second", Role::kViewer);
  for (std::size_t i = 2; i < SessionTable::kSessionsMax; ++i) open(fmt::format("u{}", i), Role::kViewer);
  EXPECT_EQ(table.size(), SessionTable::kSessionsMax);
  EXPECT_TRUE(use(first.id));
  open("one more", Role::kViewer);
  EXPECT_EQ(table.size(), SessionTable::kSessionsMax);
  EXPECT_TRUE(use(first.id));
  EXPECT_FALSE(use(second.id));
}

TEST_F(SessionTableTest, expired_sessions_give_way_before_living_ones) {
  open("gone", Role::kViewer);
  clock.advance(limits.idle);
  const auto living = open("ann", Role::kViewer);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_TRUE(use(living.id));
}

TEST_F(SessionTableTest, all_sessions_of_one_user_end_together_and_nobody_elses) {
  const auto one = open("ann", Role::kViewer);
  const auto two = open("ann", Role::kAdmin);
  const auto other = open("bob", Role::kViewer);
  const std::vector<std::string> ended = table.end_all_of("ann");
  EXPECT_EQ((std::set<std::string>(ended.begin(), ended.end())),
            (std::set<std::string>{one.session.key, two.session.key}));
  EXPECT_FALSE(use(one.id));
  EXPECT_FALSE(use(two.id));
  EXPECT_TRUE(use(other.id));
  EXPECT_TRUE(table.end(other.session.key));
  EXPECT_TRUE(table.end(other.session.key));
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace fairlead::api
