#include "engine/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "engine/testing/deliveries.h"
#include "engine/testing/settled.h"
#include "engine/testing/world.h"
#include "model/mentions.h"
#include "store/memory/memory_store.h"

namespace fairlead::engine {
namespace {

using testing::deployment_json;
using testing::must;

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() { testing::append_all(*journal_, orderly_deliveries(world_)); }

  testing::World world_ = testing::World::random(3);
  std::unique_ptr<store::Journal> journal_ = store::make_memory_journal();
  std::unique_ptr<store::Derived> stored_ = store::make_memory_derived();
  std::unique_ptr<store::Derived> scratch_ = store::make_memory_derived();
};

/// Invariant I4.
TEST_F(ReplayTest, a_rebuild_equals_what_is_stored) {
  const Verification verification = must(verify_derived(*journal_, *stored_, *scratch_, world_.policy, {}));
  EXPECT_EQ(verification.deliveries, world_.events.size());
  EXPECT_EQ(verification.stored_hash, verification.rebuilt_hash);
  EXPECT_FALSE(verification.difference.has_value());
}

TEST_F(ReplayTest, a_difference_is_named_by_both_lines) {
  must(project_all(*journal_, *stored_, world_.policy, {}));
  const auto before = testing::dump_of(*stored_);
  {
    // A value that nobody ever said.
    const auto writer = must(stored_->write());
    Deployment forged;
    forged.identity = {Origin{"events"}, "forged"};
    writer->put_entity({key_of(forged), forged, place_of(forged, world_.policy)}, {});
    must(writer->commit());
  }
  const Verification verification = must(verify_derived(*journal_, *stored_, *scratch_, world_.policy, {}));
  ASSERT_TRUE(verification.difference.has_value());
  EXPECT_NE(verification.stored_hash, verification.rebuilt_hash);
  EXPECT_THAT(verification.difference->left.value_or(""), ::testing::HasSubstr("forged"));
  EXPECT_EQ(verification.difference->right, before.at(verification.difference->line - 1));
}

/// Else the state would be noted as read under labels that it was not read under.
TEST_F(ReplayTest, what_was_read_under_other_labels_is_not_gone_on_with) {
  must(project_all(*journal_, *stored_, world_.policy, {}));
  Policy relabelled = world_.policy;
  relabelled.incident_labels = {"outage"};
  const auto before = testing::dump_of(*stored_);
  const Status refused = project_all(*journal_, *stored_, relabelled, {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("fairlead replay"));
  EXPECT_TRUE(project_all(*journal_, *stored_, world_.policy, {}).has_value());
  EXPECT_EQ(testing::dump_of(*stored_), before);
}

TEST_F(ReplayTest, a_forgotten_last_line_is_a_difference_too) {
  must(project_all(*journal_, *stored_, world_.policy, {}));
  const auto empty = store::make_memory_derived();
  const auto difference = must(first_difference(*must(stored_->read()), *must(empty->read())));
  ASSERT_TRUE(difference.has_value());
  EXPECT_EQ(difference->line, 1u);
  EXPECT_TRUE(difference->left.has_value());
  EXPECT_FALSE(difference->right.has_value());
}

TEST_F(ReplayTest, what_became_of_a_delivery_is_compared_as_well) {
  must(project_all(*journal_, *stored_, world_.policy, {}));
  {
    const auto writer = must(stored_->write());
    store::DeliveryOutcome outcome;
    outcome.position = {0, 1};
    outcome.outcome = Interpretation::Outcome::kIgnored;
    outcome.reason = "forged";
    writer->put_outcome(outcome);
    must(writer->commit());
  }
  const Verification verification = must(verify_derived(*journal_, *stored_, *scratch_, world_.policy, {}));
  ASSERT_TRUE(verification.difference.has_value());
  EXPECT_THAT(verification.difference->left.value_or(""), ::testing::HasSubstr("forged"));
}

TEST_F(ReplayTest, the_hash_covers_every_line_of_the_dump) {
  must(project_all(*journal_, *stored_, world_.policy, {}));
  std::string text;
  const auto reader = must(stored_->read());
  const std::string hash = must(dump_hash(*reader, [&](std::string_view line) { text += std::string(line) + "\n"; }));
  EXPECT_EQ(hash, to_hex(bytes_of(sha256(text))));
}

/// Invariant I12: events that carry their times are not touched by the time of their receipt.
TEST_F(ReplayTest, nothing_derived_depends_on_the_time_of_receipt) {
  must(project_all(*journal_, *stored_, world_.policy, {}));
  auto later = orderly_deliveries(world_);
  for (std::size_t i = 0; i < later.size(); ++i) {
    later[i].received_at = later[i].received_at + Duration::days(static_cast<std::int64_t>(i % 7) * 100 - 300);
  }
  const auto journal = store::make_memory_journal();
  testing::append_all(*journal, later);
  must(project_all(*journal, *scratch_, world_.policy, {}));
  EXPECT_EQ(testing::first_difference(testing::dump_of(*stored_), testing::dump_of(*scratch_)), "");
}

TEST_F(ReplayTest, progress_ends_at_the_total) {
  std::uint64_t last = 0;
  must(project_all(*journal_, *stored_, world_.policy, [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last);
    EXPECT_EQ(total, world_.events.size());
    last = done;
  }));
  EXPECT_EQ(last, world_.events.size());
}

TEST_F(ReplayTest, a_replay_goes_on_where_the_derived_state_stands) {
  must(project_all(*journal_, *stored_, world_.policy, {}));
  testing::append_all(*journal_,
                      std::vector{testing::delivery("one more", deployment_json("new", "api", "10:00", "a1"))});
  must(project_all(*journal_, *stored_, world_.policy, {}));
  must(project_all(*journal_, *scratch_, world_.policy, {}));
  EXPECT_EQ(testing::first_difference(testing::dump_of(*scratch_), testing::dump_of(*stored_)), "");
}

}  // namespace
}  // namespace fairlead::engine
