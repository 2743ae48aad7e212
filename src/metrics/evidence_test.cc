#include "metrics/evidence.h"

#include <gtest/gtest.h>

namespace fairlead::metrics {
namespace {

constexpr Instant kNoon{1'767'614'400'000};  // 2026-01-05T12:00:00Z

EntityKey key(std::string_view id) {
  return EntityKey::of(EntityKind::kDeployment, Origin{"events"}, id);
}

Deployment of_sha(const char* sha) {
  Deployment d;
  d.commits = {Stamp{}, {{RepositoryName{"github.com/acme/api"}, CommitSha{sha}}}};
  return d;
}

Deployment of_version(const char* version) {
  Deployment d;
  d.version = {Stamp{}, version};
  return d;
}

Suspect suspect(std::string_view id, Duration before_noon, EvidenceKind named_by = EvidenceKind::kTimeWindow) {
  return {.deployment = key(id),
          .service = ServiceName{"api"},
          .finished_at = kNoon - before_noon,
          .successful = true,
          .named_by = named_by,
          .other_evidence_rank = {}};
}

EntityKey blamed_key(const std::vector<Suspect>& suspects) {
  const auto result = blamed(suspects, kNoon);
  return result ? result->deployment : EntityKey{};
}

TEST(Evidence, nobody_is_blamed_without_a_suspect) {
  EXPECT_FALSE(blamed({}, kNoon).has_value());
}

TEST(Evidence, within_the_window_the_latest_deployment_is_blamed) {
  EXPECT_EQ(blamed_key({suspect("old", Duration::hours(5)), suspect("new", Duration::hours(1))}), key("new"));
}

TEST(Evidence, what_the_incident_names_outranks_everything) {
  Suspect rolled_back = suspect("rolled-back", Duration::hours(1));
  rolled_back.other_evidence_rank = evidence_rank(EvidenceKind::kRollback);
  EXPECT_EQ(blamed_key({rolled_back, suspect("named", Duration::days(9), EvidenceKind::kExplicit)}), key("named"));
}

TEST(Evidence, within_the_window_a_rolled_back_deployment_is_blamed_before_a_later_one) {
  Suspect rolled_back = suspect("rolled-back", Duration::hours(5));
  rolled_back.other_evidence_rank = evidence_rank(EvidenceKind::kRollback);
  Suspect fixed = suspect("fixed", Duration::hours(2));
  fixed.other_evidence_rank = evidence_rank(EvidenceKind::kHotfix);
  EXPECT_EQ(blamed_key({fixed, rolled_back, suspect("new", Duration::hours(1))}), key("rolled-back"));
}

TEST(Evidence, equal_suspects_are_told_apart_by_their_key) {
  const auto a = suspect("a", Duration::hours(1));
  const auto b = suspect("b", Duration::hours(1));
  EXPECT_EQ(blamed_key({a, b}), std::min(key("a"), key("b")));
  EXPECT_EQ(blamed_key({b, a}), std::min(key("a"), key("b")));
}

TEST(Evidence, a_named_success_before_the_opening_is_blamed_before_one_after_it) {
  EXPECT_EQ(blamed_key({suspect("after", Duration::hours(-1), EvidenceKind::kExplicit),
                        suspect("before", Duration::hours(9), EvidenceKind::kExplicit)}),
            key("before"));
}

TEST(Evidence, a_named_attempt_that_did_not_succeed_is_blamed_only_without_a_named_success) {
  Suspect failed = suspect("failed", Duration::hours(1), EvidenceKind::kExplicit);
  failed.successful = false;
  const Suspect good = suspect("good", Duration::hours(3), EvidenceKind::kExplicit);
  EXPECT_EQ(blamed_key({failed, good}), key("good"));
  EXPECT_EQ(blamed_key({failed}), key("failed"));
}

TEST(Evidence, content_is_the_commits_and_only_without_them_the_version) {
  EXPECT_TRUE(same_content(of_sha("a1"), of_sha("a1")));
  EXPECT_FALSE(same_content(of_sha("a1"), of_sha("a2")));
  EXPECT_TRUE(same_content(of_version("1.0"), of_version("1.0")));
  EXPECT_FALSE(same_content(of_version("1.0"), of_version("1.1")));
  EXPECT_FALSE(same_content(Deployment{}, Deployment{})) << "nothing known is not the same";
  Deployment both = of_sha("a1");
  both.version = {Stamp{}, "1.0"};
  EXPECT_TRUE(same_content(both, of_version("1.0"))) << "one without commits compares by its version";
}

TEST(Evidence, earlier_content_that_is_not_the_predecessors_is_a_rollback) {
  EXPECT_TRUE(is_rollback(of_sha("a1"), of_sha("a2"), true));
  EXPECT_FALSE(is_rollback(of_sha("a3"), of_sha("a2"), false));
  EXPECT_FALSE(is_rollback(of_sha("a2"), of_sha("a2"), true)) << "deploying the same again takes nothing back";
  Deployment said = of_sha("a9");
  said.kind = {Stamp{}, DeploymentKind::kRollback};
  EXPECT_TRUE(is_rollback(said, of_sha("a2"), false));
}

TEST(Evidence, a_hotfix_is_told_by_its_kind_its_branch_or_the_changes_it_ships) {
  const Policy policy;
  EXPECT_FALSE(is_hotfix(policy, of_sha("a1"), {}));
  Deployment by_kind = of_sha("a1");
  by_kind.kind = {Stamp{}, DeploymentKind::kHotfix};
  EXPECT_TRUE(is_hotfix(policy, by_kind, {}));
  Deployment by_ref = of_sha("a1");
  by_ref.ref = {Stamp{}, "refs/heads/hotfix/login"};
  EXPECT_TRUE(is_hotfix(policy, by_ref, {}));
  Change labelled;
  labelled.labels = {Stamp{}, {"bug", "hotfix"}};
  EXPECT_TRUE(is_hotfix(policy, of_sha("a1"), {&labelled, 1}));
  Change branched;
  branched.head_branch = {Stamp{}, "hotfix/login"};
  EXPECT_TRUE(is_hotfix(policy, of_sha("a1"), {&branched, 1}));
}

TEST(Evidence, a_revert_counts_up_to_and_at_the_end_of_its_window) {
  const Policy policy;
  EXPECT_TRUE(revert_counts(policy, kNoon, kNoon + Duration::days(30)));
  EXPECT_FALSE(revert_counts(policy, kNoon, kNoon + Duration::days(30) + Duration::millis(1)));
}

}  // namespace
}  // namespace fairlead::metrics
