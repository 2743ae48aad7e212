#include <algorithm>

#include "engine/link/link_pass.h"
#include "metrics/evidence.h"

namespace fairlead::engine {
namespace {

/// One incident, while it is decided.
class IncidentDecision {
 public:
  IncidentDecision(LinkPass& pass, const Incident& incident, const Place& place)
      : pass_(pass), incident_(incident), place_(place) {}

  Result<std::optional<metrics::Suspect>> blamed() {
    RETURN_IF_ERROR(add_named());
    // What the incident names outranks whatever else happened, so the window is not searched then.
    if (suspects_.empty()) RETURN_IF_ERROR(add_within_window());
    return metrics::blamed(suspects_, opened());
  }

 private:
  Instant opened() const { return place_.at.value_or(Instant{}); }

  Status add_named() {
    if (incident_.deployment_id && !incident_.deployment_id->empty())
      RETURN_IF_ERROR(add_mentioning(mention_deployment(*incident_.deployment_id), false));
    if (incident_.caused_by_sha && !incident_.caused_by_sha->empty()) RETURN_IF_ERROR(add_by_sha());
    if (incident_.caused_by_version && !incident_.caused_by_version->empty())
      RETURN_IF_ERROR(add_mentioning(mention_version(place_.service, *incident_.caused_by_version), true));
    return {};
  }

  /// An id belongs to one deployment, wherever it ran; a sha or a version may run anywhere, so the incident's own place
  /// narrows them (`here_only`).
  Status add_mentioning(const Mention& term, bool here_only) {
    ASSIGN_OR_RETURN(const auto found, pass_.deployments.mentioning(term));
    const bool some_of_service =
        std::ranges::any_of(found, [&](const auto& d) { return d.place.service == place_.service; });
    for (const FinishedDeployment& deployment : found) {
      if (some_of_service && deployment.place.service != place_.service) continue;
      if (here_only && !in_environment(deployment)) continue;
      add(deployment, EvidenceKind::kExplicit);
    }
    return {};
  }

  Status add_by_sha() {
    const CommitSha& sha = *incident_.caused_by_sha;
    const RepositoryName repository = incident_.repository.value_or({});
    RETURN_IF_ERROR(
        add_mentioning(repository.empty() ? mention_any_repository_sha(sha) : mention_sha(repository, sha), true));
    // The deployment that shipped the commit, where it was not the head of one.
    ASSIGN_OR_RETURN(const auto repositories, repositories_with(sha, repository));
    for (const RepositoryName& each : repositories) {
      ASSIGN_OR_RETURN(const auto shippers, pass_.writer.shippers(each, sha));
      for (const Shipped& row : shippers) {
        ASSIGN_OR_RETURN(const FinishedDeployment* deployment, pass_.deployments.find(row.deployment));
        if (deployment == nullptr || !in_environment(*deployment)) continue;
        if (!place_.service.empty() && deployment->place.service != place_.service) continue;
        add(*deployment, EvidenceKind::kExplicit);
      }
    }
    return {};
  }

  Result<std::set<RepositoryName>> repositories_with(const CommitSha& sha, const RepositoryName& named) {
    if (!named.empty()) return std::set<RepositoryName>{named};
    std::set<RepositoryName> repositories{RepositoryName{}};
    ASSIGN_OR_RETURN(const auto rows, pass_.writer.mentioning(mention_any_repository_sha(sha), EntityKind::kCommit));
    for (const store::EntityRow& row : rows) {
      const auto& commit = std::get<Commit>(row.entity);
      if (commit.sha() == sha) repositories.insert(commit.repository());
    }
    return repositories;
  }

  Status add_within_window() {
    if (!place_.at || place_.service.empty()) return {};
    store::EntityQuery query;
    query.kind = EntityKind::kDeployment;
    query.services = {place_.service};
    if (!place_.environment.empty()) query.environments = {place_.environment};
    query.statuses = {"success"};
    query.from = opened() - pass_.policy.attribution_window;
    query.to = opened() + Duration::millis(1);
    do {
      ASSIGN_OR_RETURN(auto page, pass_.writer.entities(query));
      for (store::EntityRow& row : page.rows) {
        const auto deployment = finished_deployment(std::move(row), pass_.policy);
        if (!deployment || !in_environment(*deployment)) continue;
        add(*deployment, EvidenceKind::kTimeWindow);
        RETURN_IF_ERROR(weigh_other_evidence());
      }
      query.cursor = std::move(page.next_cursor);
    } while (!query.cursor.empty());
    return {};
  }

  /// An incident that names no environment speaks of production.
  bool in_environment(const FinishedDeployment& deployment) const {
    if (place_.environment.empty()) return deployment.place.production;
    return deployment.place.environment == place_.environment;
  }

  void add(const FinishedDeployment& deployment, EvidenceKind named_by) {
    if (deployment.place.simulated != place_.simulated) return;
    if (std::ranges::find(suspects_, deployment.key, &metrics::Suspect::deployment) != suspects_.end()) return;
    suspects_.push_back({.deployment = deployment.key,
                         .service = deployment.place.service,
                         .finished_at = deployment.at,
                         .successful = deployment.successful(),
                         .named_by = named_by,
                         .other_evidence_rank = {}});
  }

  /// Among several deployments in the window, one that was rolled back, reverted or fixed is the likelier cause.
  Status weigh_other_evidence() {
    if (suspects_.empty()) return {};
    metrics::Suspect& suspect = suspects_.back();
    ASSIGN_OR_RETURN(const auto rows, pass_.writer.evidence_on(suspect.deployment));
    for (const Evidence& row : rows) {
      if (row.kind == EvidenceKind::kExplicit || row.kind == EvidenceKind::kTimeWindow || !row.excluded.empty())
        continue;
      const int rank = metrics::evidence_rank(row.kind);
      suspect.other_evidence_rank = std::min(rank, suspect.other_evidence_rank.value_or(rank));
    }
    return {};
  }

  LinkPass& pass_;
  const Incident& incident_;
  const Place& place_;
  std::vector<metrics::Suspect> suspects_;
};

}  // namespace

Status decide_incident(LinkPass& pass, const EntityKey& key) {
  ASSIGN_OR_RETURN(const auto row, pass.writer.entity(key));
  const Incident* const incident = row ? std::get_if<Incident>(&row->entity) : nullptr;
  if (incident == nullptr) return {};
  pass.services_with_incident_changes.insert(row->place.service);
  ASSIGN_OR_RETURN(const auto suspect, IncidentDecision(pass, *incident, row->place).blamed());
  std::vector<Evidence> rows;
  if (suspect) {
    rows.push_back({.by = key,
                    .deployment = suspect->deployment,
                    .kind = suspect->named_by,
                    .service = suspect->service,
                    .at = row->place.at.value_or(suspect->finished_at),
                    .remedied_at = incident->resolved_at.value_or(std::nullopt),
                    .excluded = suspect->successful ? "" : "deployment_not_successful"});
  }
  if (const auto blamed = pass.replace_evidence(key, std::move(rows)); !blamed) return std::unexpected(blamed.error());
  return pass.replace_facts(key, metrics::facts_of(key, *incident, row->place));
}

}  // namespace fairlead::engine
