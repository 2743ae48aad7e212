#include "model/entities.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "model/codec.h"
#include "model/testing/random_entity.h"

namespace fairlead {
namespace {

using testing::Dice;
using testing::random_entity;

template <class T>
class EveryEntity : public ::testing::Test {};

using EntityTypes = ::testing::Types<Deployment, Change, Commit, Incident, Run, Task, Alert, Canary>;
TYPED_TEST_SUITE(EveryEntity, EntityTypes);

/// Everything about an entity, as text, so that a difference is readable.
std::string shown(const Entity& entity) {
  return to_json(entity, true);
}

Entity joined(Entity entity, const Entity& observation) {
  join(entity, observation);
  return entity;
}

constexpr int kRounds = 400;

TYPED_TEST(EveryEntity, joining_is_commutative) {
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    Dice dice(seed);
    const Entity a = random_entity<TypeParam>(dice);
    const Entity b = random_entity<TypeParam>(dice);
    ASSERT_EQ(shown(joined(a, b)), shown(joined(b, a))) << "seed " << seed;
  }
}

TYPED_TEST(EveryEntity, joining_is_associative) {
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    Dice dice(seed);
    const Entity a = random_entity<TypeParam>(dice);
    const Entity b = random_entity<TypeParam>(dice);
    const Entity c = random_entity<TypeParam>(dice);
    ASSERT_EQ(shown(joined(joined(a, b), c)), shown(joined(a, joined(b, c)))) << "seed " << seed;
  }
}

TYPED_TEST(EveryEntity, joining_again_changes_nothing_and_says_so) {
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    Dice dice(seed);
    Entity a = random_entity<TypeParam>(dice);
    const Entity b = random_entity<TypeParam>(dice);
    const std::string before = shown(a);
    const bool changed = join(a, b);
    ASSERT_EQ(changed, shown(a) != before) << "seed " << seed;
    ASSERT_FALSE(join(a, b)) << "seed " << seed;
    ASSERT_FALSE(join(a, Entity{a})) << "seed " << seed;
  }
}

TYPED_TEST(EveryEntity, any_order_and_any_repetition_ends_the_same) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Dice dice(seed);
    std::vector<Entity> observations;
    for (int i = 0; i < 6; ++i) observations.push_back(random_entity<TypeParam>(dice));
    std::string expected;
    for (int order = 0; order < 5; ++order) {
      Entity entity = observations.front();
      for (const Entity& observation : observations) join(entity, observation);
      if (expected.empty()) expected = shown(entity);
      ASSERT_EQ(shown(entity), expected) << "seed " << seed << ", order " << order;
      for (std::size_t i = observations.size() - 1; i > 0; --i) {
        std::swap(observations[i], observations[static_cast<std::size_t>(dice.roll(static_cast<std::int64_t>(i) + 1))]);
      }
      observations.push_back(observations[static_cast<std::size_t>(dice.roll(6))]);
    }
  }
}

TYPED_TEST(EveryEntity, its_tags_ascend_and_its_names_are_unique) {
  TypeParam entity;
  int last = 0;
  std::set<std::string> names;
  entity.visit_fields([&](int tag, const char* name, const auto&) {
    EXPECT_EQ(tag, last + 1) << name;
    last = tag;
    EXPECT_TRUE(names.insert(name).second) << name;
  });
  EXPECT_GT(last, 0);
}

TYPED_TEST(EveryEntity, its_kind_and_key_are_those_of_its_type) {
  TypeParam typed;
  typed.identity = {Origin{"github.com"}, "4711"};
  const Entity entity = typed;
  EXPECT_EQ(kind_of(entity), TypeParam::kKind);
  EXPECT_EQ(identity_of(entity), typed.identity);
  EXPECT_EQ(key_of(entity), EntityKey::of(TypeParam::kKind, Origin{"github.com"}, "4711"));
}

Register<StatusAt> status(RunStatus status, std::int64_t said_at_ms, std::int64_t reached_ms) {
  return {{status_rank(status), {said_at_ms}}, {status, Instant{reached_ms}}};
}

TEST(StatusRegister, a_late_running_never_takes_back_a_finish) {
  fairlead::Run run;
  run.status = status(RunStatus::kSuccess, 100, 90);
  EXPECT_FALSE(run.status.join(status(RunStatus::kRunning, 200, 150)));
  EXPECT_EQ(run.status->status, RunStatus::kSuccess);
  EXPECT_EQ(run.finished_at(), Instant{90});
}

TEST(StatusRegister, a_corrected_finish_brings_its_own_time) {
  Deployment deployment;
  deployment.status = status(RunStatus::kSuccess, 100, 90);
  EXPECT_TRUE(deployment.status.join(status(RunStatus::kFailed, 200, 190)));
  EXPECT_EQ(deployment.current(), RunStatus::kFailed);
  EXPECT_EQ(deployment.finished_at(), Instant{190});
}

TEST(StatusRegister, an_unfinished_deployment_has_no_finish) {
  Deployment deployment;
  EXPECT_EQ(deployment.current(), RunStatus::kUnknown);
  EXPECT_EQ(deployment.finished_at(), std::nullopt);
  deployment.status = status(RunStatus::kRunning, 100, 90);
  EXPECT_EQ(deployment.finished_at(), std::nullopt);
}

TEST(Register, a_reopened_incident_is_unresolved_again) {
  Incident incident;
  incident.resolved_at = {{0, {100}}, Instant{90}};
  EXPECT_TRUE(incident.resolved_at.join({{0, {200}}, std::nullopt}));
  EXPECT_TRUE(incident.resolved_at.known());
  EXPECT_EQ(*incident.resolved_at, std::nullopt);
}

TEST(Register, an_unset_one_says_nothing) {
  Register<std::string> field{{0, {1}}, "said"};
  EXPECT_FALSE(field.join({}));
  EXPECT_EQ(*field, "said");
}

TEST(Words, every_status_reads_back) {
  for (int i = 0; i <= static_cast<int>(RunStatus::kSkipped); ++i) {
    const auto status = static_cast<RunStatus>(i);
    EXPECT_EQ(parse_run_status(to_string(status)), status);
  }
  EXPECT_EQ(parse_run_status("SUCCESS"), RunStatus::kUnknown);
  EXPECT_EQ(parse_run_status(""), RunStatus::kUnknown);
}

TEST(Words, what_is_no_word_of_ours_is_nothing) {
  EXPECT_EQ(parse_deployment_kind("rollback"), DeploymentKind::kRollback);
  EXPECT_EQ(parse_deployment_kind("Rollback"), std::nullopt);
  EXPECT_EQ(parse_deployment_via("tag"), DeploymentVia::kTag);
  EXPECT_EQ(parse_severity("critical"), Severity::kCritical);
  EXPECT_EQ(parse_severity("sev1"), std::nullopt);
  EXPECT_EQ(parse_failure_class("timeout"), FailureClass::kTimeout);
}

TEST(Words, ranks_order_finished_over_running_over_waiting) {
  EXPECT_EQ(status_rank(RunStatus::kUnknown), 0);
  EXPECT_EQ(status_rank(RunStatus::kQueued), 0);
  EXPECT_EQ(status_rank(RunStatus::kRunning), 1);
  for (const RunStatus end : {RunStatus::kSuccess, RunStatus::kFailed, RunStatus::kCancelled, RunStatus::kSkipped}) {
    EXPECT_EQ(status_rank(end), 2);
    EXPECT_TRUE(terminal(end));
  }
}

TEST(EntityKey, parts_that_join_to_the_same_text_keep_apart) {
  EXPECT_NE(EntityKey::of(EntityKind::kRun, Origin{"ab"}, "c"), EntityKey::of(EntityKind::kRun, Origin{"a"}, "bc"));
  EXPECT_NE(EntityKey::of(EntityKind::kRun, Origin{"a"}, "b"), EntityKey::of(EntityKind::kTask, Origin{"a"}, "b"));
}

// Keys are stored on disk and stand in people's URLs: they never change.
TEST(EntityKey, stays_what_it_was) {
  EXPECT_EQ(EntityKey::of(EntityKind::kDeployment, Origin{"events"}, "d-1").hex(), "a02c019e783cfb7e80bd14894ae405d6");
}

TEST(EntityKey, reads_back_from_its_hex) {
  const EntityKey key = commit_key(RepositoryName{"github.com/acme/api"}, CommitSha{"1f3"});
  EXPECT_EQ(EntityKey::from_hex(key.hex()), key);
  EXPECT_FALSE(key.empty());
  EXPECT_TRUE(EntityKey{}.empty());
  for (const std::string_view text : {"", "12", "zz", "00112233445566778899aabbccddeeff00"}) {
    EXPECT_FALSE(EntityKey::from_hex(text)) << text;
  }
}

TEST(EntityKind, every_kind_reads_back) {
  for (int i = 1; i <= static_cast<int>(EntityKind::kTarget); ++i) {
    const auto kind = static_cast<EntityKind>(i);
    EXPECT_EQ(parse_entity_kind(to_string(kind)), kind);
  }
  EXPECT_FALSE(parse_entity_kind("unknown"));
}

}  // namespace
}  // namespace fairlead
