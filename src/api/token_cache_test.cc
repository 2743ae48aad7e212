#include "api/token_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>

#include "api/credentials.h"
#include "api/failure_limiter.h"
#include "api/store_watch.h"
#include "api/testing/api_world.h"
#include "api/testing/fixed_random.h"
#include "engine/testing/gated_journal.h"

namespace fairlead::api {
namespace {

using store::Role;

/// A cache on a store that another process writes, too: directly into the journal.
class SharedTokens : public testing::Test {
 protected:
  store::TokenRow write(Role role = Role::kIngest) {
    const store::TokenRow row = make_token(random_, role, "", Instant{++created_}).row;
    EXPECT_TRUE(journal_.put_token(row));
    return row;
  }
  void revoke(store::TokenRow row) {
    row.revoked_at = Instant{1};
    EXPECT_TRUE(journal_.put_token(row));
  }
  bool counts(const store::TokenRow& row) const { return cache_.cached(row.id) != nullptr; }

  FixedRandom random_{3};
  std::int64_t created_ = 0;
  engine::testing::GatedJournal journal_;
  ManualClock steady_{Instant{1'000'000}};
  TokenCache cache_{journal_, &steady_};
};

TEST_F(SharedTokens, a_revocation_elsewhere_counts_after_a_refresh_and_is_named) {
  const auto kept = write(), revoked = write();
  ASSERT_TRUE(cache_.load());
  revoke(revoked);
  EXPECT_TRUE(counts(revoked)) << "not yet";
  const auto gone = cache_.refresh();
  ASSERT_TRUE(gone);
  EXPECT_THAT(*gone, testing::ElementsAre(revoked.id));
  EXPECT_FALSE(counts(revoked));
  EXPECT_TRUE(counts(kept));
}

TEST_F(SharedTokens, while_the_store_is_away_the_latest_list_counts_for_a_while_and_no_longer) {
  const auto token = write();
  ASSERT_TRUE(cache_.load());
  journal_.hide_accounts(true);
  EXPECT_FALSE(cache_.refresh());
  EXPECT_TRUE(cache_.store_away());
  steady_.advance(TokenCache::kTrust);
  steady_.advance({-1});
  EXPECT_TRUE(counts(token));
  steady_.advance({1});
  EXPECT_FALSE(counts(token)) << "an old list lets nobody in";
  journal_.hide_accounts(false);
  ASSERT_TRUE(cache_.refresh());
  EXPECT_TRUE(counts(token));
  EXPECT_FALSE(cache_.store_away());
}

TEST_F(SharedTokens, what_was_revoked_during_an_outage_is_out_as_soon_as_the_store_answers) {
  const auto token = write();
  ASSERT_TRUE(cache_.load());
  journal_.hide_accounts(true);
  EXPECT_FALSE(cache_.refresh());
  revoke(token);
  EXPECT_TRUE(counts(token));
  journal_.hide_accounts(false);
  ASSERT_TRUE(cache_.refresh());
  EXPECT_FALSE(counts(token));
}

TEST_F(SharedTokens, a_store_that_is_away_is_not_asked_by_requests) {
  const auto token = write();
  ASSERT_TRUE(cache_.load());
  journal_.hide_accounts(true);
  EXPECT_FALSE(cache_.fetch("0123456789abcdef")) << "the first finds it out";
  const int reads = journal_.account_reads();
  for (int i = 0; i < 10; ++i) {
    const auto row = cache_.fetch("0123456789abcdef");
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().code, ErrorCode::kUnavailable);
  }
  EXPECT_EQ(journal_.account_reads(), reads);
  EXPECT_TRUE(counts(token));
}

TEST_F(SharedTokens, a_token_made_elsewhere_is_found_before_the_next_refresh) {
  ASSERT_TRUE(cache_.load());
  const auto token = write();
  EXPECT_NE(cache_.fetch(token.id).value(), nullptr);
  EXPECT_TRUE(counts(token));
}

TEST_F(SharedTokens, what_happens_during_a_refresh_is_newer_than_its_list) {
  auto revoked_here = write();
  ASSERT_TRUE(cache_.load());
  journal_.while_listing([&] {
    revoked_here.revoked_at = Instant{1};
    ASSERT_TRUE(cache_.put(revoked_here));
  });
  ASSERT_TRUE(cache_.refresh());
  EXPECT_FALSE(counts(revoked_here)) << "the list that still had it must not bring it back";

  std::optional<store::TokenRow> made_elsewhere;
  journal_.while_listing([&] {
    made_elsewhere = write();
    ASSERT_NE(cache_.fetch(made_elsewhere->id).value(), nullptr);
  });
  const auto gone = cache_.refresh();
  ASSERT_TRUE(gone);
  EXPECT_THAT(*gone, testing::IsEmpty());
  EXPECT_TRUE(counts(*made_elsewhere));
}

TEST_F(SharedTokens, tokens_beyond_the_limit_are_not_called_gone) {
  const auto oldest = write();
  for (std::size_t i = 0; i < TokenCache::kTokensMax; ++i) write();
  ASSERT_TRUE(cache_.load());
  ASSERT_NE(cache_.fetch(oldest.id).value(), nullptr);
  const auto gone = cache_.refresh();
  ASSERT_TRUE(gone);
  EXPECT_THAT(*gone, testing::IsEmpty());
  EXPECT_EQ(cache_.size(), TokenCache::kTokensMax);
}

TEST_F(SharedTokens, one_process_alone_trusts_its_list_for_ever) {
  TokenCache alone(journal_);
  const auto token = write();
  ASSERT_TRUE(alone.load());
  journal_.hide_accounts(true);
  EXPECT_FALSE(alone.fetch("0123456789abcdef"));
  EXPECT_FALSE(alone.store_away());
  EXPECT_NE(alone.cached(token.id), nullptr);
}

TEST_F(SharedTokens, a_watch_finds_revocations_by_itself) {
  const auto token = write();
  ASSERT_TRUE(cache_.load());
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> gone;
  StoreWatch watch([this] { return cache_.refresh(); },
                   [&](const std::string& id) {
                     const std::lock_guard lock(mutex);
                     gone.push_back(id);
                     changed.notify_all();
                   },
                   Duration::millis(1));
  revoke(token);
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return !gone.empty(); });
  EXPECT_THAT(gone, testing::ElementsAre(token.id));
  EXPECT_FALSE(counts(token));
}

/// The outage as a client sees it: what is known goes on, the rest is told to come back.
TEST(SharedStoreAway, a_known_token_goes_on_and_an_unknown_one_is_503_and_never_429) {
  ApiOptions options;
  options.shared_store = true;
  ApiWorld world(options);
  const std::string known = world.token(Role::kIngest);
  FixedRandom random(9);
  const std::string unknown = make_token(random, Role::kIngest, "", {}).text;
  world.journal->hide_accounts(true);
  world.journal->spool_everything(true);
  for (int i = 0; i < 2 * FailureLimiter::kBurst; ++i) {
    const Answer answer = world.post_events(deployment_event("d1", "10:00:00"), unknown);
    ASSERT_EQ(answer.status, 503);
    EXPECT_FALSE(answer.header("Retry-After").empty());
  }
  EXPECT_EQ(world.post_events(deployment_event("d1", "10:00:00"), known).status, 200);
}

}  // namespace
}  // namespace fairlead::api
