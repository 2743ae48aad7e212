#include "api/shared_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/fixed_random.h"
#include "base/hash.h"
#include "engine/testing/gated_journal.h"

namespace fairlead::api {
namespace {

using engine::testing::GatedJournal;
using store::Role;
using testing::ElementsAre;
using testing::IsEmpty;

const SessionLimits kLimits{Duration::hours(1), Duration::hours(5)};

/// One process of those that share a journal.
struct Replica {
  Replica(const std::shared_ptr<store::Journal>& shared, const Clock& clock, const Clock& steady, std::uint64_t seed)
      : journal(shared), random(seed), sessions(*journal.sessions(), kLimits, clock, steady, random) {
    EXPECT_TRUE(sessions.refresh());
  }

  Sessions::Opened open(const std::string& user, Role role = Role::kViewer) {
    return sessions.open(user, role).value();
  }
  bool counts(const Sessions::Opened& opened) {
    const auto used = sessions.use(opened.id);
    EXPECT_TRUE(used) << used.error().message;
    return used && used->has_value();
  }
  std::vector<std::string> refresh() { return sessions.refresh().value(); }

  GatedJournal journal;
  FixedRandom random;
  SharedSessions sessions;
};

class SharedSessionsTest : public testing::Test {
 protected:
  std::vector<store::SessionRow> rows() { return shared->sessions()->all_sessions().value(); }

  const std::shared_ptr<store::Journal> shared = store::make_memory_journal();
  ManualClock clock{Instant{1'000'000'000}};
  ManualClock steady{Instant{5'000}};
  Replica here{shared, clock, steady, 1};
  Replica there{shared, clock, steady, 2};
};

TEST_F(SharedSessionsTest, a_login_counts_on_all_at_once_with_the_same_csrf_token) {
  const auto opened = here.open("ann", Role::kOperator);
  const auto used = there.sessions.use(opened.id).value();
  ASSERT_TRUE(used);
  EXPECT_EQ(used->user, "ann");
  EXPECT_EQ(used->role, Role::kOperator);
  EXPECT_EQ(used->key, opened.session.key);
  EXPECT_EQ(used->csrf, opened.session.csrf);
  EXPECT_EQ(used->opened_at, clock.now());
  EXPECT_TRUE(there.sessions.alive(opened.session.key));
}

TEST_F(SharedSessionsTest, the_store_has_nothing_by_which_one_could_act_as_the_user) {
  const auto opened = here.open("ann");
  ASSERT_EQ(rows().size(), 1u);
  EXPECT_EQ(rows()[0], (store::SessionRow{session_key(opened.id), "ann", Role::kViewer, clock.now(), clock.now()}));
  EXPECT_FALSE(there.sessions.use(rows()[0].key).value());
  EXPECT_EQ(rows()[0].key.find(opened.id), std::string::npos);
  EXPECT_EQ(opened.session.csrf.find(opened.id), std::string::npos);
}

TEST_F(SharedSessionsTest, an_end_counts_here_at_once_and_elsewhere_after_a_refresh_and_is_named) {
  const auto ended = here.open("ann"), kept = here.open("ann");
  EXPECT_TRUE(there.counts(ended));
  EXPECT_TRUE(there.counts(kept));
  ASSERT_TRUE(here.sessions.end(ended.session.key));
  EXPECT_FALSE(here.counts(ended));
  EXPECT_THAT(there.refresh(), ElementsAre(ended.session.key));
  EXPECT_FALSE(there.counts(ended));
  EXPECT_FALSE(there.sessions.alive(ended.session.key));
  EXPECT_TRUE(there.counts(kept));
  EXPECT_THAT(here.refresh(), IsEmpty()) << "it was over here already";
}

TEST_F(SharedSessionsTest, an_end_during_a_refresh_is_not_undone_by_the_older_list) {
  const auto one = here.open("ann"), two = here.open("bob"), kept = here.open("cleo");
  here.journal.while_listing([&] {
    ASSERT_TRUE(here.sessions.end(one.session.key));
    ASSERT_TRUE(shared->put_user({"bob", "hash", Role::kViewer, {}}));
    EXPECT_THAT(here.sessions.end_all_of("bob"), ElementsAre(two.session.key));
  });
  here.refresh();
  EXPECT_FALSE(here.counts(one));
  EXPECT_FALSE(here.counts(two));
  EXPECT_TRUE(here.counts(kept));
}

TEST_F(SharedSessionsTest, a_login_during_a_refresh_is_not_undone_by_the_older_list) {
  std::optional<Sessions::Opened> own, others;
  here.journal.while_listing([&] {
    own = here.open("ann");
    others = there.open("bob");
    EXPECT_TRUE(here.counts(*others));
  });
  EXPECT_THAT(here.refresh(), IsEmpty());
  EXPECT_TRUE(here.sessions.alive(own->session.key));
  EXPECT_TRUE(here.sessions.alive(others->session.key));
}

TEST_F(SharedSessionsTest, a_changed_or_removed_user_has_no_session_left_anywhere) {
  const auto ann = there.open("ann"), bob = there.open("bob"), cleo = there.open("cleo");
  here.refresh();
  ASSERT_TRUE(shared->put_user({"ann", "hash", Role::kViewer, {}}));
  EXPECT_THAT(here.sessions.end_all_of("ann"), ElementsAre(ann.session.key));
  ASSERT_TRUE(shared->remove_user("bob"));
  EXPECT_FALSE(here.counts(ann));
  there.refresh();
  EXPECT_FALSE(there.counts(ann));
  EXPECT_FALSE(there.counts(bob));
  EXPECT_TRUE(there.counts(cleo));
}

TEST_F(SharedSessionsTest, use_anywhere_keeps_a_session_and_is_written_once_a_minute) {
  const auto opened = here.open("ann");
  const Instant opened_at = clock.now();
  clock.advance(Duration::millis(SharedSessions::kUseWrittenEvery.ms - 1));
  EXPECT_TRUE(here.counts(opened));
  here.refresh();
  EXPECT_EQ(rows()[0].used_at, opened_at);
  clock.advance(Duration::millis(1));
  EXPECT_TRUE(here.counts(opened));
  here.refresh();
  EXPECT_EQ(rows()[0].used_at, clock.now());
  // The other replica has never seen it, and learns how long it was unused.
  clock.advance(Duration::millis(kLimits.idle.ms - 1));
  there.refresh();
  EXPECT_TRUE(there.sessions.alive(opened.session.key));
  clock.advance(Duration::millis(1));
  EXPECT_FALSE(there.sessions.alive(opened.session.key));
  EXPECT_FALSE(there.counts(opened));
  EXPECT_FALSE(here.counts(opened));
}

TEST_F(SharedSessionsTest, ends_after_its_lifetime_however_much_it_is_used) {
  const auto opened = here.open("ann");
  for (int i = 0; i < 9; ++i) {
    clock.advance(Duration::millis(kLimits.lifetime.ms / 10));
    EXPECT_TRUE(here.counts(opened)) << i;
    here.refresh();
    there.refresh();
  }
  clock.advance(Duration::millis(kLimits.lifetime.ms / 10));
  EXPECT_FALSE(here.sessions.alive(opened.session.key));
  EXPECT_FALSE(here.counts(opened));
  EXPECT_FALSE(there.counts(opened));
}

TEST_F(SharedSessionsTest, expired_rows_are_removed_once_no_replica_can_know_better) {
  const auto opened = here.open("ann");
  clock.advance(Duration::millis(kLimits.idle.ms + 2 * SharedSessions::kUseWrittenEvery.ms - 1));
  EXPECT_THAT(here.refresh(), ElementsAre(opened.session.key));
  EXPECT_EQ(rows().size(), 1u);
  EXPECT_EQ(here.sessions.size(), 0u);
  clock.advance(Duration::millis(1));
  there.refresh();
  EXPECT_THAT(rows(), IsEmpty());
}

TEST_F(SharedSessionsTest, the_limit_per_user_holds_over_all_replicas) {
  std::vector<Sessions::Opened> opened;
  const auto other = here.open("bob");
  for (std::size_t i = 0; i <= Sessions::kSessionsPerUserMax; ++i) {
    opened.push_back((i % 2 == 0 ? here : there).open("ann"));
    clock.advance(Duration::millis(1));
  }
  here.refresh();
  EXPECT_EQ(here.sessions.size(), Sessions::kSessionsPerUserMax + 1);
  EXPECT_FALSE(here.counts(opened.front()));
  EXPECT_TRUE(here.counts(opened[1]));
  EXPECT_TRUE(here.counts(opened.back()));
  EXPECT_TRUE(here.counts(other));
}

TEST_F(SharedSessionsTest, while_the_store_is_away_known_ones_go_on_for_a_while_and_nobody_logs_in_or_out) {
  const auto known = here.open("ann"), unknown = there.open("bob");
  here.journal.hide_accounts(true);
  EXPECT_FALSE(here.sessions.refresh());
  EXPECT_EQ(here.sessions.open("ann", Role::kViewer).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(here.sessions.use(unknown.id).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(here.sessions.end(known.session.key).error().code, ErrorCode::kUnavailable);
  steady.advance(Duration::millis(SharedSessions::kTrust.ms - 1));
  EXPECT_TRUE(here.counts(known));
  EXPECT_TRUE(here.sessions.alive(known.session.key));
  steady.advance(Duration::millis(1));
  EXPECT_EQ(here.sessions.use(known.id).error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(here.sessions.alive(known.session.key));
  here.journal.hide_accounts(false);
  here.refresh();
  EXPECT_TRUE(here.counts(known));
  EXPECT_TRUE(here.counts(unknown));
}

TEST_F(SharedSessionsTest, a_store_that_is_known_to_be_away_is_not_asked_by_requests) {
  const auto unknown = there.open("bob");
  here.journal.hide_accounts(true);
  EXPECT_FALSE(here.sessions.refresh());
  const int reads = here.journal.account_reads();
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(here.sessions.use(unknown.id));
    EXPECT_FALSE(here.sessions.open("ann", Role::kViewer));
  }
  EXPECT_EQ(here.journal.account_reads(), reads);
}

TEST_F(SharedSessionsTest, guessing_cannot_load_the_store) {
  const auto guess = [&] { return to_base64url(there.random.bytes(Sessions::kIdBytes)); };
  const int reads = here.journal.account_reads();
  const std::string same = guess();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(here.sessions.use(same).value());
  EXPECT_EQ(here.journal.account_reads(), reads + 1);
  for (std::size_t i = 1; i < SharedSessions::kLookUpsMax; ++i) EXPECT_FALSE(here.sessions.use(guess()).value());
  EXPECT_EQ(here.sessions.use(guess()).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(here.journal.account_reads(), reads + static_cast<int>(SharedSessions::kLookUpsMax));
  const auto known = here.open("ann");
  EXPECT_TRUE(here.counts(known));
  here.refresh();
  EXPECT_FALSE(here.sessions.use(guess()).value());
}

}  // namespace
}  // namespace fairlead::api
