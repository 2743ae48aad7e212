#include "metrics/facts.h"

#include <algorithm>

namespace fairlead::metrics {
namespace {

constexpr std::string_view kNegativeLeg = "negative_leg";
constexpr std::string_view kImplausibleTime = "implausible_time";

/// Makes the rows of one owner.
class Rows {
 public:
  Rows(EntityKey owner, const Place& place) : owner_(owner), place_(place) {}

  Fact& add(std::string_view metric, Instant at, std::optional<std::int64_t> value, std::string_view excluded = {}) {
    Fact fact;
    fact.owner = owner_;
    fact.metric = MetricName{metric};
    fact.service = place_.service;
    fact.environment = place_.environment;
    fact.production = place_.production;
    fact.simulated = place_.simulated;
    fact.at = at;
    fact.subject = owner_;
    fact.value = value;
    fact.excluded = excluded;
    if (!plausible(at)) exclude(fact, kImplausibleTime);
    rows_.push_back(std::move(fact));
    return rows_.back();
  }

  /// A duration that counts at its end, unless an end is unknown (`without`), implausible or before its beginning.
  Fact& add_duration(std::string_view metric, Instant at, std::optional<Instant> from, std::optional<Instant> to,
                     std::string_view without) {
    if (!from || !to) return add(metric, at, std::nullopt, without);
    if (!plausible(*from) || !plausible(*to)) return add(metric, at, std::nullopt, kImplausibleTime);
    if (*to < *from) return add(metric, at, std::nullopt, kNegativeLeg);
    return add(metric, at, (*to - *from).ms);
  }

  static void exclude(Fact& fact, std::string_view reason) {
    fact.value.reset();
    fact.excluded = reason;
  }

  std::vector<Fact> take() && { return std::move(rows_); }

 private:
  EntityKey owner_;
  const Place& place_;
  std::vector<Fact> rows_;
};

/// Why an attempt that is over is no success.
std::string_view unsuccessful_reason(RunStatus status) {
  if (status == RunStatus::kFailed) return "deployment_failed";
  if (status == RunStatus::kSkipped) return kDeploymentSkipped;
  return kDeploymentCancelled;
}

void add_unsuccessful(Rows& rows, const LinkedDeployment& linked, Instant at) {
  const RunStatus status = linked.deployment->current();
  const std::string_view reason = unsuccessful_reason(status);
  rows.add(kDeploymentFrequency, at, std::nullopt, reason);
  rows.add(kReworkRate, at, std::nullopt, reason);
  // An incident that names an attempt which never went live says something: it is listed under its own reason.
  const bool named = !linked.evidence.empty();
  rows.add(kChangeFailRate, at, std::nullopt, named ? "deployment_not_successful" : reason);
  if (status == RunStatus::kFailed)
    rows.add(kDeploymentFailureRate, at, 1);
  else
    rows.add(kDeploymentFailureRate, at, std::nullopt, reason);
}

void add_leg(Rows& rows, std::string_view metric, Instant at, const ShippedChange& change, std::optional<Instant> from,
             std::optional<Instant> to, std::string_view without) {
  Fact& fact = rows.add_duration(metric, at, from, to, without);
  fact.subject = change.key;
  fact.subject_kind = change.kind;
  fact.first_in_production = change.first_in_production;
}

void add_change(Rows& rows, const ShippedChange& change, Instant at, const Policy& policy) {
  if (change.by_bot && policy.exclude_bot_changes) {
    add_leg(rows, kChangeLeadTime, at, change, std::nullopt, std::nullopt, "bot_change");
    return;
  }
  const ChangeTimes& times = change.times;
  add_leg(rows, kChangeLeadTime, at, change, times.first_commit_at, at, "no_commit_time");
  if (change.kind != EntityKind::kChange) return;  // a commit without a change has no legs
  const std::string_view no_open = times.opened_at ? "no_commit_time" : "no_opening_time";
  add_leg(rows, kLeadTimeCoding, at, change, times.first_commit_at, times.opened_at, no_open);
  const std::string_view no_review = times.first_review_at ? "no_opening_time" : "no_review";
  add_leg(rows, kLeadTimePickup, at, change, times.opened_at, times.first_review_at, no_review);
  const std::string_view no_merge = times.first_review_at ? "no_merge_time" : "no_review";
  add_leg(rows, kLeadTimeReview, at, change, times.first_review_at, times.merged_at, no_merge);
  add_leg(rows, kLeadTimeDeploy, at, change, times.merged_at, at, "no_merge_time");
}

/// Why changes of this deployment are missing from lead time: listed once, with the deployment as the subject.
void add_link_gaps(Rows& rows, const LinkedDeployment& linked, Instant at) {
  const auto& streams = linked.streams;
  if (streams.empty()) {
    rows.add(kChangeLeadTime, at, std::nullopt, "deployment_without_commits");
  } else if (std::ranges::any_of(streams, &StreamDeployment::baseline)) {
    rows.add(kChangeLeadTime, at, std::nullopt, "baseline_deployment");
  } else if (std::ranges::any_of(streams, &StreamDeployment::ancestry_unknown)) {
    rows.add(kChangeLeadTime, at, std::nullopt, "ancestry_unknown");
  }
}

void add_failure(Rows& rows, const LinkedDeployment& linked, Instant at) {
  const bool failed = std::ranges::any_of(linked.evidence, [](const Evidence& e) { return e.excluded.empty(); });
  rows.add(kChangeFailRate, at, failed ? 1 : 0);
  if (!failed) return;
  const std::optional<Instant> remedy = remedied_at(linked.evidence);
  rows.add_duration(kRecoveryTime, remedy.value_or(at), at, remedy, "not_remedied");
}

}  // namespace

std::optional<Instant> remedied_at(std::span<const Evidence> evidence) {
  std::optional<Instant> resolution;
  std::optional<Instant> remedy;
  for (const Evidence& e : evidence) {
    if (!e.excluded.empty() || !e.remedied_at) continue;
    const bool by_incident = e.kind == EvidenceKind::kExplicit || e.kind == EvidenceKind::kTimeWindow;
    if (by_incident && (!resolution || *e.remedied_at > *resolution)) resolution = e.remedied_at;
    if (!by_incident && (!remedy || *e.remedied_at < *remedy)) remedy = e.remedied_at;
  }
  return resolution ? resolution : remedy;
}

std::vector<Fact> facts_of(const LinkedDeployment& linked, const Policy& policy) {
  const std::optional<Instant> finished = linked.deployment->finished_at();
  if (!finished) return {};
  const Instant at = *finished;
  Rows rows(linked.key, linked.place);
  if (linked.deployment->current() != RunStatus::kSuccess) {
    add_unsuccessful(rows, linked, at);
    return std::move(rows).take();
  }
  rows.add(kDeploymentFrequency, at, 1);
  rows.add(kDeploymentFailureRate, at, 0);
  const bool rework = linked.hotfix || linked.deployment->kind.value == DeploymentKind::kRework;
  rows.add(kReworkRate, at, rework ? 1 : 0);
  add_failure(rows, linked, at);
  add_link_gaps(rows, linked, at);
  for (const ShippedChange& change : linked.changes) add_change(rows, change, at, policy);
  return std::move(rows).take();
}

std::vector<Fact> facts_of(const EntityKey& key, const Incident& incident, const Place& place) {
  Place seen = place;
  // Who names no environment speaks of what users see.
  if (seen.environment.empty()) seen.production = true;
  const std::optional<Instant> opened = incident.opened_at.value;
  const std::optional<Instant> resolved = incident.resolved_at.value_or(std::nullopt);
  const std::optional<Instant> at = resolved ? resolved : opened;
  if (!at) return {};
  Rows rows(key, seen);
  Fact& fact = rows.add_duration(kIncidentMttr, *at, opened, resolved, resolved ? "no_opening_time" : "not_resolved");
  fact.subject_kind = EntityKind::kIncident;
  return std::move(rows).take();
}

}  // namespace fairlead::metrics
