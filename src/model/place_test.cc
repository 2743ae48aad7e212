#include <gtest/gtest.h>

#include "model/mentions.h"

namespace fairlead {
namespace {

constexpr Stamp kSaid{0, {1000}};

template <class T>
Register<T> said(T value) {
  return {kSaid, std::move(value)};
}

Register<StatusAt> status(RunStatus status, std::optional<Instant> at) {
  return {{status_rank(status), {1000}}, {status, at}};
}

TEST(Place, a_deployment_belongs_to_its_own_service_or_that_of_its_first_commit) {
  Deployment deployment;
  deployment.environment = said(EnvironmentName{"production"});
  deployment.commits = said<std::vector<CommitRef>>({{RepositoryName{"github.com/acme/api"}, CommitSha{"a"}},
                                                     {RepositoryName{"github.com/acme/web"}, CommitSha{"b"}}});
  Place place = place_of(Entity{deployment}, Policy{});
  EXPECT_EQ(place.service.text, "acme/api");
  EXPECT_EQ(place.repository.text, "github.com/acme/api");
  EXPECT_TRUE(place.production);
  deployment.service = said(ServiceName{"shop"});
  place = place_of(Entity{deployment}, Policy{});
  EXPECT_EQ(place.service.text, "shop");
  EXPECT_EQ(place.repository.text, "github.com/acme/api");
}

TEST(Place, a_tier_makes_a_deployment_production) {
  Deployment deployment;
  deployment.environment = said(EnvironmentName{"blue"});
  EXPECT_FALSE(place_of(Entity{deployment}, Policy{}).production);
  deployment.production = said(true);
  EXPECT_TRUE(place_of(Entity{deployment}, Policy{}).production);
}

TEST(Place, progress_stands_at_its_finish_else_its_start_else_its_queue_time) {
  fairlead::Run run;
  EXPECT_EQ(place_of(Entity{run}, Policy{}).at, std::nullopt);
  EXPECT_EQ(place_of(Entity{run}, Policy{}).status, "unknown");
  run.queued_at = said(Instant{10});
  EXPECT_EQ(place_of(Entity{run}, Policy{}).at, Instant{10});
  run.status = status(RunStatus::kRunning, Instant{21});
  EXPECT_EQ(place_of(Entity{run}, Policy{}).at, Instant{21});
  run.started_at = said(Instant{20});
  EXPECT_EQ(place_of(Entity{run}, Policy{}).at, Instant{20});
  run.status = status(RunStatus::kFailed, Instant{30});
  EXPECT_EQ(place_of(Entity{run}, Policy{}).at, Instant{30});
  EXPECT_EQ(place_of(Entity{run}, Policy{}).status, "failed");
  run.status = status(RunStatus::kFailed, std::nullopt);
  EXPECT_EQ(place_of(Entity{run}, Policy{}).at, Instant{20});
}

TEST(Place, a_change_is_open_then_merged_or_closed) {
  Change change;
  change.identity = {Origin{"github.com/acme/api"}, "12"};
  change.opened_at = said(Instant{10});
  Place place = place_of(Entity{change}, Policy{});
  EXPECT_EQ(place.status, "open");
  EXPECT_EQ(place.at, Instant{10});
  EXPECT_EQ(place.service.text, "acme/api");
  change.closed_at = said<std::optional<Instant>>(Instant{30});
  EXPECT_EQ(place_of(Entity{change}, Policy{}).status, "closed");
  change.merged_at = said<std::optional<Instant>>(Instant{29});
  place = place_of(Entity{change}, Policy{});
  EXPECT_EQ(place.status, "merged");
  EXPECT_EQ(place.at, Instant{29});
  change.merged_at = said<std::optional<Instant>>(std::nullopt);
  change.closed_at = said<std::optional<Instant>>(std::nullopt);
  EXPECT_EQ(place_of(Entity{change}, Policy{}).status, "open");
}

TEST(Place, an_incident_is_open_again_after_a_reopening) {
  Incident incident;
  incident.service = said(ServiceName{"api"});
  incident.environment = said(EnvironmentName{"prod"});
  incident.opened_at = said(Instant{10});
  incident.resolved_at = said<std::optional<Instant>>(Instant{20});
  Place place = place_of(Entity{incident}, Policy{});
  EXPECT_EQ(place.status, "resolved");
  EXPECT_EQ(place.at, Instant{10});
  EXPECT_TRUE(place.production);
  incident.resolved_at = said<std::optional<Instant>>(std::nullopt);
  EXPECT_EQ(place_of(Entity{incident}, Policy{}).status, "open");
}

TEST(Place, a_commit_stands_at_its_commit_time_else_when_it_was_authored) {
  Commit commit;
  commit.identity = {Origin{"github.com/acme/api"}, "1f3"};
  commit.authored_at = said(Instant{10});
  EXPECT_EQ(place_of(Entity{commit}, Policy{}).at, Instant{10});
  commit.committed_at = said(Instant{20});
  EXPECT_EQ(place_of(Entity{commit}, Policy{}).at, Instant{20});
  EXPECT_EQ(place_of(Entity{commit}, Policy{}).repository.text, "github.com/acme/api");
}

TEST(Place, alerts_and_canaries_show_their_state) {
  Alert alert;
  alert.starts_at = said(Instant{10});
  EXPECT_EQ(place_of(Entity{alert}, Policy{}).status, "");
  alert.status = said(AlertStatus::kFiring);
  EXPECT_EQ(place_of(Entity{alert}, Policy{}).status, "firing");
  EXPECT_EQ(place_of(Entity{alert}, Policy{}).at, Instant{10});
  Canary canary;
  canary.status = status(RunStatus::kRunning, Instant{5});
  EXPECT_EQ(place_of(Entity{canary}, Policy{}).status, "running");
  EXPECT_EQ(place_of(Entity{canary}, Policy{}).at, Instant{5});
}

template <class T>
bool marked_as_simulated() {
  const Policy policy;
  T entity;
  const bool unmarked = place_of(entity, policy).simulated;
  entity.simulated = said(true);
  return !unmarked && place_of(entity, policy).simulated;
}

TEST(Place, every_kind_carries_the_mark_of_simulated_data) {
  EXPECT_TRUE(marked_as_simulated<Deployment>());
  EXPECT_TRUE(marked_as_simulated<Change>());
  EXPECT_TRUE(marked_as_simulated<Commit>());
  EXPECT_TRUE(marked_as_simulated<Incident>());
  EXPECT_TRUE(marked_as_simulated<fairlead::Run>());
  EXPECT_TRUE(marked_as_simulated<Task>());
  EXPECT_TRUE(marked_as_simulated<Alert>());
  EXPECT_TRUE(marked_as_simulated<Canary>());
}

}  // namespace
}  // namespace fairlead
