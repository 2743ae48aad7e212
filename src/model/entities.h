#pragma once

// The entities of delivery work. Each is a bundle of registers, and an *observation* is the same type with only those
// registers set that one delivery spoke of: merging an observation into an entity is `join`, nothing else.
//
// Every type lists its fields once, in `visit_fields`, as (tag, name, member). Merging, storing (codec.h), printing and
// comparing are written once over that list. Tags are stored on disk: append only, never reused.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/keys.h"
#include "model/names.h"
#include "model/register.h"

namespace fairlead {

/// Of a Run, Task, Deployment or Canary. Stored on disk, append only.
enum class RunStatus : std::uint8_t {
  kUnknown = 0,  ///< The source said something that we do not know: kept, counted, never a failure of the delivery.
  kQueued = 1,
  kRunning = 2,
  kSuccess = 3,
  kFailed = 4,
  kCancelled = 5,
  kSkipped = 6,
};

std::string_view to_string(
    RunStatus status);  ///< `queued`, `running`, `success`, `failed`, `cancelled`, `skipped`, `unknown`
/// Our own words only (sources translate theirs). Anything else is kUnknown.
RunStatus parse_run_status(std::string_view text);
/// terminal 2 > running 1 > queued and unknown 0.
std::int32_t status_rank(RunStatus status);
constexpr bool terminal(RunStatus s) {
  return s >= RunStatus::kSuccess;
}

/// A status and the time it was reached form one register: a corrected status never keeps the time of the old one.
/// `at` is the finish of a terminal status, the start of a running one, the queue time of a queued one.
struct StatusAt {
  RunStatus status = RunStatus::kUnknown;
  std::optional<Instant> at;
  friend auto operator<=>(const StatusAt&, const StatusAt&) = default;
};

enum class DeploymentKind : std::uint8_t { kNormal = 0, kRollback = 1, kHotfix = 2, kRework = 3 };
std::string_view to_string(DeploymentKind kind);
std::optional<DeploymentKind> parse_deployment_kind(std::string_view text);

/// Which of a tool's records stands for a deployment; a service counts one of them (`deployments_from`), so that
/// nothing counts twice. Stored on disk, append only.
enum class DeploymentVia : std::uint8_t { kDeployment = 0, kRelease = 1, kTag = 2, kRun = 3 };
std::string_view to_string(DeploymentVia via);
std::optional<DeploymentVia> parse_deployment_via(std::string_view text);

struct CommitRef {
  RepositoryName repository;
  CommitSha sha;
  friend auto operator<=>(const CommitRef&, const CommitRef&) = default;
};

enum class ReviewState : std::uint8_t { kCommented = 0, kApproved = 1, kChangesRequested = 2, kDismissed = 3 };
std::string_view to_string(ReviewState state);

struct Review {
  Instant at;
  std::string by;  ///< Empty where the source does not say (the shorthands first_review_at and approved_at).
  ReviewState state = ReviewState::kCommented;
  friend auto operator<=>(const Review&, const Review&) = default;
};

/// A commit as a change lists it: authored times before a rebase merge restamps them.
struct ListedCommit {
  CommitSha sha;
  std::optional<Instant> authored_at;
  std::string message;
  friend auto operator<=>(const ListedCommit&, const ListedCommit&) = default;
};

enum class Severity : std::uint8_t { kLow = 0, kMedium = 1, kHigh = 2, kCritical = 3 };
std::string_view to_string(Severity severity);
std::optional<Severity> parse_severity(std::string_view text);

/// What every entity has. `origin` and `id` are its key's parts.
struct EntityIdentity {
  Origin origin;
  std::string id;
  friend auto operator<=>(const EntityIdentity&, const EntityIdentity&) = default;
};

struct Deployment {
  static constexpr EntityKind kKind = EntityKind::kDeployment;
  EntityIdentity identity;
  Register<ServiceName> service;  ///< The event's own; policy.h resolves where it is absent.
  Register<EnvironmentName> environment;
  Register<bool> production;  ///< What the tool's tier says, where it has one.
  Register<std::string> version;
  Register<std::vector<CommitRef>> commits;
  Register<StatusAt> status;
  Register<Instant> queued_at;
  Register<Instant> started_at;
  Register<std::string> deployer;
  Register<DeploymentKind> kind;
  Register<std::string> ref;     ///< Branch or tag: `hotfix/…` is evidence.
  Register<std::string> run_id;  ///< The run's own id at the same origin.
  Register<DeploymentVia> via;
  Register<std::string> url;
  Register<bool> simulated;

  auto visit_fields(auto&& visit) { return visit_all(*this, visit); }
  auto visit_fields(auto&& visit) const { return visit_all(*this, visit); }

  std::optional<Instant> finished_at() const {
    if (status && terminal(status->status)) return status->at;
    return std::nullopt;
  }
  RunStatus current() const { return status ? status->status : RunStatus::kUnknown; }

 private:
  static void visit_all(auto& self, auto& visit) {
    visit(1, "service", self.service);
    visit(2, "environment", self.environment);
    visit(3, "production", self.production);
    visit(4, "version", self.version);
    visit(5, "commits", self.commits);
    visit(6, "status", self.status);
    visit(7, "queued_at", self.queued_at);
    visit(8, "started_at", self.started_at);
    visit(9, "deployer", self.deployer);
    visit(10, "kind", self.kind);
    visit(11, "ref", self.ref);
    visit(12, "run_id", self.run_id);
    visit(13, "via", self.via);
    visit(14, "url", self.url);
    visit(15, "simulated", self.simulated);
  }
};

/// A pull or merge request. origin = its repository, id = its number.
struct Change {
  static constexpr EntityKind kKind = EntityKind::kChange;
  EntityIdentity identity;
  Register<ServiceName> service;
  Register<std::string> title;
  Register<std::string> author;
  Register<std::string> base_branch;
  Register<std::string> head_branch;
  Register<Instant> opened_at;
  Register<Instant> first_commit_at;
  /// Grow only. The first *human* review depends on the author and the configured bots: it is computed, never merged.
  std::set<Review> reviews;
  Register<std::optional<Instant>> merged_at;  ///< A known "not merged" is a value, too.
  Register<std::optional<Instant>> closed_at;
  Register<CommitSha> merge_sha;
  Register<CommitSha> head_sha;
  Register<std::vector<std::string>> labels;
  std::set<ListedCommit> commits;  ///< Grow only.
  Register<CommitSha> reverts;     ///< The sha that this change takes back.
  Register<std::string> url;
  Register<bool> simulated;

  RepositoryName repository() const { return RepositoryName{identity.origin.text}; }
  const std::string& number() const { return identity.id; }

  auto visit_fields(auto&& visit) { return visit_all(*this, visit); }
  auto visit_fields(auto&& visit) const { return visit_all(*this, visit); }

 private:
  static void visit_all(auto& self, auto& visit) {
    visit(1, "service", self.service);
    visit(2, "title", self.title);
    visit(3, "author", self.author);
    visit(4, "base_branch", self.base_branch);
    visit(5, "head_branch", self.head_branch);
    visit(6, "opened_at", self.opened_at);
    visit(7, "first_commit_at", self.first_commit_at);
    visit(8, "reviews", self.reviews);
    visit(9, "merged_at", self.merged_at);
    visit(10, "closed_at", self.closed_at);
    visit(11, "merge_sha", self.merge_sha);
    visit(12, "head_sha", self.head_sha);
    visit(13, "labels", self.labels);
    visit(14, "commits", self.commits);
    visit(15, "reverts", self.reverts);
    visit(16, "url", self.url);
    visit(17, "simulated", self.simulated);
  }
};

/// origin = its repository, id = its sha. Its ancestors are edges (observation.h), not a field: they only grow.
struct Commit {
  static constexpr EntityKind kKind = EntityKind::kCommit;
  EntityIdentity identity;
  Register<Instant> authored_at;
  Register<Instant> committed_at;
  Register<std::string> author;
  Register<std::string> message;
  Register<std::string> branch;
  /// How many parents it has, where the source says (0 = a root, 2 or more = a merge); unknown after a push.
  Register<std::int64_t> parent_count;
  Register<bool> simulated;

  RepositoryName repository() const { return RepositoryName{identity.origin.text}; }
  CommitSha sha() const { return CommitSha{identity.id}; }

  auto visit_fields(auto&& visit) { return visit_all(*this, visit); }
  auto visit_fields(auto&& visit) const { return visit_all(*this, visit); }

 private:
  static void visit_all(auto& self, auto& visit) {
    visit(1, "authored_at", self.authored_at);
    visit(2, "committed_at", self.committed_at);
    visit(3, "author", self.author);
    visit(4, "message", self.message);
    visit(5, "branch", self.branch);
    visit(6, "parent_count", self.parent_count);
    visit(7, "simulated", self.simulated);
  }
};

struct Incident {
  static constexpr EntityKind kKind = EntityKind::kIncident;
  EntityIdentity identity;
  Register<ServiceName> service;
  Register<EnvironmentName> environment;
  Register<Severity> severity;
  Register<std::string> title;
  Register<Instant> opened_at;
  Register<std::optional<Instant>> acknowledged_at;
  Register<std::optional<Instant>> resolved_at;  ///< Empty again after a reopening.
  Register<std::string> deployment_id;           ///< The own id of the deployment it names.
  Register<CommitSha> caused_by_sha;
  Register<std::string> caused_by_version;
  Register<RepositoryName> repository;
  Register<std::string> url;
  Register<bool> simulated;

  auto visit_fields(auto&& visit) { return visit_all(*this, visit); }
  auto visit_fields(auto&& visit) const { return visit_all(*this, visit); }

 private:
  static void visit_all(auto& self, auto& visit) {
    visit(1, "service", self.service);
    visit(2, "environment", self.environment);
    visit(3, "severity", self.severity);
    visit(4, "title", self.title);
    visit(5, "opened_at", self.opened_at);
    visit(6, "acknowledged_at", self.acknowledged_at);
    visit(7, "resolved_at", self.resolved_at);
    visit(8, "deployment_id", self.deployment_id);
    visit(9, "caused_by_sha", self.caused_by_sha);
    visit(10, "caused_by_version", self.caused_by_version);
    visit(11, "repository", self.repository);
    visit(12, "url", self.url);
    visit(13, "simulated", self.simulated);
  }
};

/// One attempt of a pipeline: the id contains the attempt, so a re-run is a run of its own.
struct Run {
  static constexpr EntityKind kKind = EntityKind::kRun;
  EntityIdentity identity;
  Register<std::string> pipeline;
  Register<ServiceName> service;
  Register<RepositoryName> repository;
  Register<EnvironmentName> environment;
  Register<std::string> branch;
  Register<CommitSha> sha;
  Register<StatusAt> status;
  Register<std::int64_t> attempt;
  Register<Instant> queued_at;
  Register<Instant> started_at;
  Register<std::string> actor;
  Register<std::string> trigger;
  Register<std::string> url;
  Register<bool> simulated;

  std::optional<Instant> finished_at() const {
    if (status && terminal(status->status)) return status->at;
    return std::nullopt;
  }

  auto visit_fields(auto&& visit) { return visit_all(*this, visit); }
  auto visit_fields(auto&& visit) const { return visit_all(*this, visit); }

 private:
  static void visit_all(auto& self, auto& visit) {
    visit(1, "pipeline", self.pipeline);
    visit(2, "service", self.service);
    visit(3, "repository", self.repository);
    visit(4, "environment", self.environment);
    visit(5, "branch", self.branch);
    visit(6, "sha", self.sha);
    visit(7, "status", self.status);
    visit(8, "attempt", self.attempt);
    visit(9, "queued_at", self.queued_at);
    visit(10, "started_at", self.started_at);
    visit(11, "actor", self.actor);
    visit(12, "trigger", self.trigger);
    visit(13, "url", self.url);
    visit(14, "simulated", self.simulated);
  }
};

enum class FailureClass : std::uint8_t { kCode = 0, kInfrastructure = 1, kTimeout = 2 };
std::string_view to_string(FailureClass failure);
std::optional<FailureClass> parse_failure_class(std::string_view text);

/// A job, or a step of one (`parent`).
struct Task {
  static constexpr EntityKind kKind = EntityKind::kTask;
  EntityIdentity identity;
  Register<std::string> run_id;
  Register<std::string> parent;
  Register<std::string> name;
  Register<std::int64_t> order;
  Register<StatusAt> status;
  Register<Instant> queued_at;
  Register<Instant> started_at;
  Register<FailureClass> failure;
  Register<bool> simulated;

  auto visit_fields(auto&& visit) { return visit_all(*this, visit); }
  auto visit_fields(auto&& visit) const { return visit_all(*this, visit); }

 private:
  static void visit_all(auto& self, auto& visit) {
    visit(1, "run_id", self.run_id);
    visit(2, "parent", self.parent);
    visit(3, "name", self.name);
    visit(4, "order", self.order);
    visit(5, "status", self.status);
    visit(6, "queued_at", self.queued_at);
    visit(7, "started_at", self.started_at);
    visit(8, "failure", self.failure);
    visit(9, "simulated", self.simulated);
  }
};

enum class AlertStatus : std::uint8_t { kFiring = 0, kResolved = 1 };
std::string_view to_string(AlertStatus status);

/// id = fingerprint and starts_at: a re-fire reuses the fingerprint.
struct Alert {
  static constexpr EntityKind kKind = EntityKind::kAlert;
  EntityIdentity identity;
  Register<std::string> fingerprint;
  Register<std::string> name;
  Register<Severity> severity;
  Register<ServiceName> service;
  Register<EnvironmentName> environment;
  Register<AlertStatus> status;
  Register<Instant> starts_at;
  Register<std::optional<Instant>> ends_at;
  Register<std::map<std::string, std::string>> labels;
  Register<std::string> description;
  Register<bool> simulated;

  auto visit_fields(auto&& visit) { return visit_all(*this, visit); }
  auto visit_fields(auto&& visit) const { return visit_all(*this, visit); }

 private:
  static void visit_all(auto& self, auto& visit) {
    visit(1, "fingerprint", self.fingerprint);
    visit(2, "name", self.name);
    visit(3, "severity", self.severity);
    visit(4, "service", self.service);
    visit(5, "environment", self.environment);
    visit(6, "status", self.status);
    visit(7, "starts_at", self.starts_at);
    visit(8, "ends_at", self.ends_at);
    visit(9, "labels", self.labels);
    visit(10, "description", self.description);
    visit(11, "simulated", self.simulated);
  }
};

struct Canary {
  static constexpr EntityKind kKind = EntityKind::kCanary;
  EntityIdentity identity;
  Register<ServiceName> service;
  Register<EnvironmentName> environment;
  Register<std::string> version;
  Register<std::string> stable_version;
  Register<StatusAt> status;  ///< The phase in our words.
  Register<std::string> phase;
  Register<std::int64_t> weight;  ///< Per cent of the traffic.
  Register<std::int64_t> step;
  Register<std::int64_t> steps;
  Register<bool> simulated;

  auto visit_fields(auto&& visit) { return visit_all(*this, visit); }
  auto visit_fields(auto&& visit) const { return visit_all(*this, visit); }

 private:
  static void visit_all(auto& self, auto& visit) {
    visit(1, "service", self.service);
    visit(2, "environment", self.environment);
    visit(3, "version", self.version);
    visit(4, "stable_version", self.stable_version);
    visit(5, "status", self.status);
    visit(6, "phase", self.phase);
    visit(7, "weight", self.weight);
    visit(8, "step", self.step);
    visit(9, "steps", self.steps);
    visit(10, "simulated", self.simulated);
  }
};

using Entity = std::variant<Deployment, Change, Commit, Incident, Run, Task, Alert, Canary>;

EntityKind kind_of(const Entity& entity);
const EntityIdentity& identity_of(const Entity& entity);
EntityKey key_of(const Entity& entity);

template <class T>
EntityKey key_of(const T& entity) {
  return EntityKey::of(T::kKind, entity.identity.origin, entity.identity.id);
}

/// Merges what `observation` says into `entity` (both of one kind and identity). Returns whether anything changed.
/// Commutative, associative, idempotent: invariants I2 and I3 rest on this alone.
bool join(Entity& entity, const Entity& observation);

}  // namespace fairlead
