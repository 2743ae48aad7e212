#include "metrics/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace fairlead::metrics {
namespace {

constexpr Instant kFinish{1'767'614'400'000};  // 2026-01-05T12:00:00Z

struct Row {
  std::string metric;
  std::optional<std::int64_t> value;
  std::string excluded;
  friend bool operator==(const Row&, const Row&) = default;
  friend void PrintTo(const Row& row, std::ostream* out) {
    *out << row.metric << ' ' << (row.value ? std::to_string(*row.value) : "-") << ' ' << row.excluded;
  }
};

std::vector<Row> rows_of(const std::vector<Fact>& facts) {
  std::vector<Row> rows;
  for (const Fact& fact : facts) rows.push_back({fact.metric.text, fact.value, fact.excluded});
  return rows;
}

std::vector<Row> rows_of(const std::vector<Fact>& facts, std::string_view metric) {
  std::vector<Row> rows = rows_of(facts);
  std::erase_if(rows, [&](const Row& row) { return row.metric != metric; });
  return rows;
}

class DeploymentFacts : public testing::Test {
 protected:
  DeploymentFacts() {
    deployment.status = {Stamp{}, StatusAt{RunStatus::kSuccess, kFinish}};
    linked.key = EntityKey::of(EntityKind::kDeployment, Origin{"events"}, "d1");
    linked.deployment = &deployment;
    linked.place = {.service = ServiceName{"api"},
                    .environment = EnvironmentName{"production"},
                    .repository = {},
                    .at = kFinish,
                    .status = "success",
                    .production = true,
                    .simulated = false};
    linked.streams = {StreamDeployment{}};
  }
  std::vector<Fact> facts() const { return facts_of(linked, policy); }
  void end_as(RunStatus status) { deployment.status = {Stamp{}, StatusAt{status, kFinish}}; }
  void add_change(ChangeTimes times, EntityKind kind = EntityKind::kChange) {
    linked.changes.push_back({.key = change_key(RepositoryName{"r"}, "1"), .kind = kind, .times = times});
  }
  void blame(EvidenceKind kind, std::optional<Instant> remedied, std::string excluded = {}) {
    linked.evidence.push_back({.by = {},
                               .deployment = linked.key,
                               .kind = kind,
                               .service = ServiceName{"api"},
                               .at = kFinish,
                               .remedied_at = remedied,
                               .excluded = std::move(excluded)});
  }

  Policy policy;
  Deployment deployment;
  LinkedDeployment linked;
};

TEST_F(DeploymentFacts, a_success_counts_once_in_each_of_its_metrics) {
  EXPECT_THAT(rows_of(facts()),
              testing::UnorderedElementsAre(Row{"deployment_frequency", 1, ""}, Row{"deployment_failure_rate", 0, ""},
                                            Row{"deployment_rework_rate", 0, ""}, Row{"change_fail_rate", 0, ""}));
}

TEST_F(DeploymentFacts, what_has_not_finished_has_no_facts) {
  deployment.status = {Stamp{}, StatusAt{RunStatus::kRunning, kFinish}};
  EXPECT_THAT(facts(), testing::IsEmpty());
}

TEST_F(DeploymentFacts, a_failed_attempt_is_excluded_with_its_reason_and_counts_as_an_attempt) {
  end_as(RunStatus::kFailed);
  EXPECT_THAT(rows_of(facts()),
              testing::UnorderedElementsAre(Row{"deployment_frequency", std::nullopt, "deployment_failed"},
                                            Row{"deployment_failure_rate", 1, ""},
                                            Row{"deployment_rework_rate", std::nullopt, "deployment_failed"},
                                            Row{"change_fail_rate", std::nullopt, "deployment_failed"}));
  end_as(RunStatus::kCancelled);
  EXPECT_THAT(rows_of(facts(), kDeploymentFailureRate),
              testing::ElementsAre(Row{"deployment_failure_rate", std::nullopt, "deployment_cancelled"}));
}

TEST_F(DeploymentFacts, an_incident_that_names_a_failed_attempt_is_listed_and_does_not_count) {
  end_as(RunStatus::kFailed);
  blame(EvidenceKind::kExplicit, std::nullopt, "deployment_not_successful");
  EXPECT_THAT(rows_of(facts(), kChangeFailRate),
              testing::ElementsAre(Row{"change_fail_rate", std::nullopt, "deployment_not_successful"}));
}

TEST_F(DeploymentFacts, recovery_ends_with_the_last_incident_of_the_deployment) {
  blame(EvidenceKind::kTimeWindow, kFinish + Duration::hours(2));
  blame(EvidenceKind::kExplicit, kFinish + Duration::hours(5));
  blame(EvidenceKind::kRollback, kFinish + Duration::hours(1));
  EXPECT_THAT(rows_of(facts(), kRecoveryTime),
              testing::ElementsAre(Row{"failed_deployment_recovery_time", Duration::hours(5).ms, ""}));
  const auto all = facts();
  const auto row = std::ranges::find(all, MetricName{kRecoveryTime}, &Fact::metric);
  EXPECT_EQ(row->at, kFinish + Duration::hours(5)) << "it counts when it ended";
}

TEST_F(DeploymentFacts, without_a_resolution_the_first_remedy_ends_the_failure) {
  blame(EvidenceKind::kTimeWindow, std::nullopt);
  blame(EvidenceKind::kHotfix, kFinish + Duration::hours(3));
  blame(EvidenceKind::kRollback, kFinish + Duration::hours(1));
  EXPECT_THAT(rows_of(facts(), kRecoveryTime),
              testing::ElementsAre(Row{"failed_deployment_recovery_time", Duration::hours(1).ms, ""}));
}

TEST_F(DeploymentFacts, a_failure_without_any_remedy_is_listed_as_such) {
  blame(EvidenceKind::kTimeWindow, std::nullopt);
  EXPECT_THAT(rows_of(facts(), kRecoveryTime),
              testing::ElementsAre(Row{"failed_deployment_recovery_time", std::nullopt, "not_remedied"}));
  EXPECT_THAT(rows_of(facts(), kChangeFailRate), testing::ElementsAre(Row{"change_fail_rate", 1, ""}));
}

TEST_F(DeploymentFacts, legs_are_exact_and_add_up) {
  add_change({.first_commit_at = kFinish - Duration::hours(26),
              .opened_at = kFinish - Duration::hours(20),
              .first_review_at = kFinish - Duration::hours(18),
              .merged_at = kFinish - Duration::millis(1)});
  const auto all = facts();
  EXPECT_THAT(rows_of(all, kChangeLeadTime), testing::ElementsAre(Row{"change_lead_time", Duration::hours(26).ms, ""}));
  std::int64_t sum = 0;
  for (const auto leg : {kLeadTimeCoding, kLeadTimePickup, kLeadTimeReview, kLeadTimeDeploy}) {
    const auto rows = rows_of(all, leg);
    ASSERT_EQ(rows.size(), 1U);
    sum += *rows.front().value;
  }
  EXPECT_EQ(sum, Duration::hours(26).ms);
}

TEST_F(DeploymentFacts, a_negative_leg_is_excluded_from_that_leg_alone) {
  add_change({.first_commit_at = kFinish - Duration::hours(2),
              .opened_at = kFinish - Duration::hours(3),
              .first_review_at = std::nullopt,
              .merged_at = kFinish});
  const auto all = facts();
  EXPECT_THAT(rows_of(all, kLeadTimeCoding),
              testing::ElementsAre(Row{"change_lead_time_coding", std::nullopt, "negative_leg"}));
  EXPECT_THAT(rows_of(all, kChangeLeadTime), testing::ElementsAre(Row{"change_lead_time", Duration::hours(2).ms, ""}));
  EXPECT_THAT(rows_of(all, kLeadTimeDeploy), testing::ElementsAre(Row{"change_lead_time_deploy", 0, ""}));
  EXPECT_THAT(rows_of(all, kLeadTimeReview),
              testing::ElementsAre(Row{"change_lead_time_review", std::nullopt, "no_review"}));
}

TEST_F(DeploymentFacts, implausible_times_are_listed_and_do_not_count) {
  add_change({.first_commit_at = Instant{-1}, .opened_at = {}, .first_review_at = {}, .merged_at = {}});
  EXPECT_THAT(rows_of(facts(), kChangeLeadTime),
              testing::ElementsAre(Row{"change_lead_time", std::nullopt, "implausible_time"}));
  deployment.status = {Stamp{}, StatusAt{RunStatus::kSuccess, kPlausibleTo}};
  EXPECT_THAT(rows_of(facts(), kDeploymentFrequency),
              testing::ElementsAre(Row{"deployment_frequency", std::nullopt, "implausible_time"}));
}

TEST_F(DeploymentFacts, a_commit_without_a_change_has_a_lead_time_and_no_legs) {
  add_change({.first_commit_at = kFinish - Duration::hours(1), .opened_at = {}, .first_review_at = {}, .merged_at = {}},
             EntityKind::kCommit);
  const auto all = facts();
  EXPECT_EQ(rows_of(all, kChangeLeadTime).size(), 1U);
  EXPECT_THAT(rows_of(all, kLeadTimeDeploy), testing::IsEmpty());
}

TEST_F(DeploymentFacts, a_bots_change_is_excluded_only_where_the_policy_says_so) {
  add_change(
      {.first_commit_at = kFinish - Duration::hours(1), .opened_at = {}, .first_review_at = {}, .merged_at = {}});
  linked.changes.front().by_bot = true;
  EXPECT_EQ(rows_of(facts(), kChangeLeadTime).front().excluded, "");
  policy.exclude_bot_changes = true;
  EXPECT_THAT(rows_of(facts(), kChangeLeadTime),
              testing::ElementsAre(Row{"change_lead_time", std::nullopt, "bot_change"}));
}

TEST_F(DeploymentFacts, gaps_in_the_links_are_rows_of_their_own) {
  linked.streams.front().baseline = true;
  EXPECT_THAT(rows_of(facts(), kChangeLeadTime),
              testing::ElementsAre(Row{"change_lead_time", std::nullopt, "baseline_deployment"}));
  linked.streams.front() = {};
  linked.streams.front().ancestry_unknown = true;
  EXPECT_THAT(rows_of(facts(), kChangeLeadTime),
              testing::ElementsAre(Row{"change_lead_time", std::nullopt, "ancestry_unknown"}));
  linked.streams.clear();
  EXPECT_THAT(rows_of(facts(), kChangeLeadTime),
              testing::ElementsAre(Row{"change_lead_time", std::nullopt, "deployment_without_commits"}));
}

TEST_F(DeploymentFacts, unplanned_fixes_are_rework) {
  linked.hotfix = true;
  EXPECT_THAT(rows_of(facts(), kReworkRate), testing::ElementsAre(Row{"deployment_rework_rate", 1, ""}));
  linked.hotfix = false;
  deployment.kind = {Stamp{}, DeploymentKind::kRework};
  EXPECT_THAT(rows_of(facts(), kReworkRate), testing::ElementsAre(Row{"deployment_rework_rate", 1, ""}));
  deployment.kind = {Stamp{}, DeploymentKind::kRollback};
  EXPECT_THAT(rows_of(facts(), kReworkRate), testing::ElementsAre(Row{"deployment_rework_rate", 0, ""}));
}

TEST(IncidentFacts, an_incident_counts_when_it_is_resolved) {
  Incident incident;
  Place place;
  place.service = ServiceName{"api"};
  const EntityKey key = EntityKey::of(EntityKind::kIncident, Origin{"events"}, "i1");
  EXPECT_THAT(facts_of(key, incident, place), testing::IsEmpty()) << "no time, no row";
  incident.opened_at = {Stamp{}, kFinish};
  EXPECT_EQ(rows_of(facts_of(key, incident, place)),
            (std::vector<Row>{{"incident_mttr", std::nullopt, "not_resolved"}}));
  incident.resolved_at = {Stamp{}, kFinish + Duration::hours(1)};
  const auto facts = facts_of(key, incident, place);
  EXPECT_EQ(rows_of(facts), (std::vector<Row>{{"incident_mttr", Duration::hours(1).ms, ""}}));
  EXPECT_EQ(facts.front().at, kFinish + Duration::hours(1));
  EXPECT_TRUE(facts.front().production) << "an incident without an environment is one of production";
}

}  // namespace
}  // namespace fairlead::metrics
