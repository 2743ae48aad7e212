#include "engine/link/service_link.h"

#include <algorithm>
#include <iterator>

#include "metrics/evidence.h"

namespace fairlead::engine {
namespace {

constexpr std::size_t kDeploymentsPerPage = 512;

store::EntityQuery deployments_of(const ServiceName& service) {
  store::EntityQuery query;
  query.kind = EntityKind::kDeployment;
  query.services = {service};
  query.ascending = true;
  query.limit = kDeploymentsPerPage;
  return query;
}

Result<bool> exists_any(store::DerivedReader& reader, EntityKind kind) {
  store::EntityQuery query;
  query.kind = kind;
  query.limit = 1;
  ASSIGN_OR_RETURN(const auto page, reader.entities(query));
  return !page.rows.empty();
}

}  // namespace

Result<std::optional<Instant>> ServiceLink::link_since(Instant since, const std::function<bool()>& stop) {
  pass_.graphs.forget_since(service_, since);
  ASSIGN_OR_RETURN(known_, KnownSinceUpdate::begin(pass_.writer, service_, since));
  ASSIGN_OR_RETURN(any_incident_, exists_any(pass_.writer, EntityKind::kIncident));
  std::optional<Instant> rest;
  std::optional<Instant> last;
  store::EntityQuery query = deployments_of(service_);
  query.from = since;
  do {
    ASSIGN_OR_RETURN(auto page, pass_.writer.entities(query));
    for (store::EntityRow& row : page.rows) {
      if (!row.place.at) continue;
      // Only between different times can a mark say where to go on.
      if (last && *last != *row.place.at && stop()) {
        rest = *row.place.at;
        break;
      }
      last = *row.place.at;
      RETURN_IF_ERROR(link(std::move(row)));
      pass_.deployments.forget_if_many();
    }
    query.cursor = std::move(page.next_cursor);
  } while (!rest && !query.cursor.empty());
  known_->write(pass_.writer);
  if (any_incident_) RETURN_IF_ERROR(pass_.touch_incidents(service_, since, rest));
  return rest;
}

Status ServiceLink::link(store::EntityRow row) {
  const EntityKey key = row.key;
  const auto deployment = finished_deployment(std::move(row), pass_.policy);
  if (!deployment) return pass_.clear_deployment(key);
  commits_known_ = false;
  if (deployment->successful()) return link_success(*deployment);
  RETURN_IF_ERROR(pass_.clear_deployment(key));
  note_known(*deployment, {});
  if (any_incident_) RETURN_IF_ERROR(touch_incidents_naming(*deployment, {}, {}));
  return pass_.write_deployment_facts(*deployment, {});
}

Status ServiceLink::link_success(const FinishedDeployment& deployment) {
  ASSIGN_OR_RETURN(const StreamRows rows, walk_streams(deployment));
  std::vector<Shipped> old_shipped;
  if (any_incident_) {
    ASSIGN_OR_RETURN(old_shipped, pass_.writer.shipped_by(deployment.key));
  }
  pass_.writer.replace_stream(deployment.key, rows.streams, rows.shipped, rows.missing);
  ASSIGN_OR_RETURN(const Shipment shipment, load_shipment(pass_.writer, pass_.policy, pass_.deployments, pass_.graphs,
                                                          deployment, rows.shipped));
  RETURN_IF_ERROR(give_evidence(deployment, shipment));
  if (any_incident_) RETURN_IF_ERROR(touch_incidents_naming(deployment, old_shipped, rows.shipped));
  note_known(deployment, shipment);
  RETURN_IF_ERROR(pass_.write_deployment_facts(deployment, shipment));
  latest_[{deployment.place.environment, deployment.place.simulated}] = deployment;
  return {};
}

Result<ServiceLink::StreamRows> ServiceLink::walk_streams(const FinishedDeployment& deployment) {
  StreamRows rows;
  ASSIGN_OR_RETURN(const Heads heads, heads_of(pass_.writer, deployment.deployment));
  for (const auto& [repository, shas] : heads.by_repository)
    RETURN_IF_ERROR(walk_stream(deployment, repository, shas, rows));
  // A commit that becomes known under such a sha may change the repository: its mark finds the way here by this row.
  for (const CommitSha& sha : heads.guessed)
    rows.missing.push_back({{}, sha, service_, deployment.place.environment, deployment.key, deployment.at});
  const auto sort_unique = [](auto& list) {
    std::ranges::sort(list);
    const auto repeated = std::ranges::unique(list);
    list.erase(repeated.begin(), repeated.end());
  };
  sort_unique(rows.missing);
  sort_unique(rows.shipped);
  return rows;
}

Status ServiceLink::walk_stream(const FinishedDeployment& deployment, const RepositoryName& repository,
                                const std::vector<CommitSha>& heads, StreamRows& rows) {
  ASSIGN_OR_RETURN(CachedGraph* const cached, pass_.graphs.open(pass_.writer, repository));
  edges_read_[repository] = cached->last_row;
  ASSIGN_OR_RETURN(metrics::StreamReach* const reach, reach_before(deployment, *cached, repository));
  std::vector<metrics::CommitGraph::Vertex> vertices;
  for (const CommitSha& head : heads) {
    vertices.push_back(cached->graph.intern(head.text));
    if (cached->graph.has_ancestors(vertices.back())) commits_known_ = true;
  }
  const bool baseline = reach->empty();
  const metrics::Walk walk = reach->advance(cached->graph, vertices);
  cached->reaches[{service_, deployment.place.environment, deployment.place.simulated}].last_at = deployment.at;

  StreamDeployment stream{.service = service_,
                          .environment = deployment.place.environment,
                          .repository = repository,
                          .deployment = deployment.key,
                          .finished_at = deployment.at,
                          .baseline = baseline};
  for (const auto leaf : walk.leaves) {
    const CommitSha sha{cached->graph.sha(leaf)};
    ASSIGN_OR_RETURN(const bool root, is_known_root(repository, sha));
    const bool complete = root || cached->graph.covered(leaf);
    stream.ancestry_unknown |= !complete;
    // A baseline stores no rows for what it reaches, so it notes all its leaves: an ancestor of any of them that
    // becomes known later belongs to the baseline, too.
    if (!complete || baseline)
      rows.missing.push_back({repository, sha, service_, deployment.place.environment, deployment.key, deployment.at});
  }
  if (!baseline) {
    stream.shipped_count = static_cast<std::int64_t>(walk.reached.size());
    for (const auto vertex : walk.reached)
      rows.shipped.push_back(
          {repository, CommitSha{cached->graph.sha(vertex)}, service_, deployment.place.environment, deployment.key});
  }
  rows.streams.push_back(std::move(stream));
  return {};
}

/// From the cache, or by one walk from all that was deployed before.
Result<metrics::StreamReach*> ServiceLink::reach_before(const FinishedDeployment& deployment, CachedGraph& cached,
                                                        const RepositoryName& repository) {
  const StreamKey key{service_, deployment.place.environment, deployment.place.simulated};
  const auto known = cached.reaches.find(key);
  if (known != cached.reaches.end()) return &known->second.reach;
  CachedGraph::Reach built;
  ASSIGN_OR_RETURN(const FinishedDeployment* const before, predecessor(deployment));
  if (before != nullptr) {
    store::EntityQuery query = deployments_of(service_);
    query.environments = {deployment.place.environment};
    query.statuses = {"success"};
    query.to = deployment.at + Duration::millis(1);
    do {
      ASSIGN_OR_RETURN(auto page, pass_.writer.entities(query));
      for (store::EntityRow& row : page.rows) {
        const auto earlier = finished_deployment(std::move(row), pass_.policy);
        if (!earlier || !earlier->same_side(deployment) || !(earlier->order() < deployment.order())) continue;
        ASSIGN_OR_RETURN(const Heads heads, heads_of(pass_.writer, earlier->deployment));
        const auto shas = heads.by_repository.find(repository);
        if (shas == heads.by_repository.end()) continue;
        std::vector<metrics::CommitGraph::Vertex> vertices;
        for (const CommitSha& sha : shas->second) vertices.push_back(cached.graph.intern(sha.text));
        built.reach.advance(cached.graph, vertices);
        built.last_at = earlier->at;
      }
      query.cursor = std::move(page.next_cursor);
    } while (!query.cursor.empty());
  }
  return &(cached.reaches[key] = std::move(built)).reach;
}

Result<bool> ServiceLink::is_known_root(const RepositoryName& repository, const CommitSha& sha) {
  ASSIGN_OR_RETURN(const auto row, pass_.writer.entity(commit_key(repository, sha)));
  if (!row) return false;
  commits_known_ = true;
  return std::get<Commit>(row->entity).parent_count.value == 0;
}

Result<const FinishedDeployment*> ServiceLink::predecessor(const FinishedDeployment& deployment) {
  const std::pair side{deployment.place.environment, deployment.place.simulated};
  auto known = latest_.find(side);
  if (known == latest_.end()) {
    ASSIGN_OR_RETURN(auto found, pass_.deployments.predecessor(deployment));
    known = latest_.emplace(side, std::move(found)).first;
  }
  return known->second ? &*known->second : nullptr;
}

Status ServiceLink::give_evidence(const FinishedDeployment& deployment, const Shipment& shipment) {
  std::vector<Evidence> rows;
  const auto blame = [&](const EntityKey& target, EvidenceKind kind) {
    rows.push_back({.by = deployment.key,
                    .deployment = target,
                    .kind = kind,
                    .service = service_,
                    .at = deployment.at,
                    .remedied_at = deployment.at,
                    .excluded = {}});
  };
  ASSIGN_OR_RETURN(const FinishedDeployment* const before, predecessor(deployment));
  if (before != nullptr) {
    bool earlier = false;
    if (!metrics::same_content(deployment.deployment, before->deployment)) {
      ASSIGN_OR_RETURN(earlier, pass_.deployments.earlier_with_same_content(deployment));
    }
    if (metrics::is_rollback(deployment.deployment, before->deployment, earlier))
      blame(before->key, EvidenceKind::kRollback);
    if (metrics::is_hotfix(pass_.policy, deployment.deployment, shipment.changes))
      blame(before->key, EvidenceKind::kHotfix);
  }
  ASSIGN_OR_RETURN(const auto reverted, reverted_by(deployment, shipment));
  for (const EntityKey& target : reverted) blame(target, EvidenceKind::kRevert);
  ASSIGN_OR_RETURN(const auto blamed, pass_.replace_evidence(deployment.key, std::move(rows)));
  if (!any_incident_) return {};
  for (const EntityKey& target : blamed) {
    ASSIGN_OR_RETURN(const FinishedDeployment* const found, pass_.deployments.find(target));
    if (found == nullptr) continue;
    RETURN_IF_ERROR(
        pass_.touch_incidents(found->place.service, found->at, found->at + pass_.policy.attribution_window));
  }
  return {};
}

/// The deployments that shipped what this one takes back.
Result<std::vector<EntityKey>> ServiceLink::reverted_by(const FinishedDeployment& deployment,
                                                        const Shipment& shipment) {
  std::set<CommitRef> reverted;
  for (const auto& part : shipment.commits) {
    if (!part.commit || !part.commit->message) continue;
    if (auto sha = reverted_sha(*part.commit->message)) reverted.insert({part.repository, std::move(*sha)});
  }
  for (const Change& change : shipment.changes) {
    if (change.reverts && !change.reverts->empty()) reverted.insert({change.repository(), *change.reverts});
  }
  std::vector<EntityKey> targets;
  for (const CommitRef& commit : reverted) {
    ASSIGN_OR_RETURN(const auto shippers, pass_.writer.shippers(commit.repository, commit.sha));
    for (const Shipped& row : shippers) {
      if (row.deployment == deployment.key) continue;
      ASSIGN_OR_RETURN(const FinishedDeployment* const target, pass_.deployments.find(row.deployment));
      if (target == nullptr || !target->successful() || !target->same_side(deployment)) continue;
      if (!(target->order() < deployment.order())) continue;
      if (metrics::revert_counts(pass_.policy, target->at, deployment.at)) targets.push_back(target->key);
    }
  }
  return targets;
}

/// Incidents that name the deployment, its version, or a commit that it is at, ships, or shipped before.
Status ServiceLink::touch_incidents_naming(const FinishedDeployment& deployment,
                                           const std::vector<Shipped>& old_shipped,
                                           const std::vector<Shipped>& new_shipped) {
  std::set<Mention> terms;
  const Deployment& d = deployment.deployment;
  terms.insert(mention_deployment(d.identity.id));
  if (d.version && !d.version->empty()) terms.insert(mention_version(service_, *d.version));
  for (const CommitRef& commit : d.commits.value_or({})) terms.insert(mention_any_repository_sha(commit.sha));
  std::vector<Shipped> moved;
  auto old_sorted = old_shipped;
  std::ranges::sort(old_sorted);
  std::ranges::set_symmetric_difference(old_sorted, new_shipped, std::back_inserter(moved));
  for (const Shipped& row : moved) terms.insert(mention_any_repository_sha(row.sha));
  for (const Mention& term : terms) {
    ASSIGN_OR_RETURN(const auto rows, pass_.writer.mentioning(term, EntityKind::kIncident));
    for (const store::EntityRow& row : rows) pass_.touched_incidents.insert(row.key);
  }
  ASSIGN_OR_RETURN(const auto against, pass_.writer.evidence_on(deployment.key));
  for (const Evidence& row : against) {
    if (row.kind == EvidenceKind::kExplicit || row.kind == EvidenceKind::kTimeWindow)
      pass_.touched_incidents.insert(row.by);
  }
  return {};
}

void ServiceLink::note_known(const FinishedDeployment& deployment, const Shipment& shipment) {
  const bool simulated = deployment.place.simulated;
  const auto note = [&](bool known, DataKind kind) {
    if (known) known_->note(kind, simulated, deployment.at);
  };
  const bool classified =
      deployment.deployment.kind.known() || metrics::is_hotfix(pass_.policy, deployment.deployment, shipment.changes);
  note(true, DataKind::kDeployments);
  note(commits_known_, DataKind::kCommits);
  note(!shipment.changes.empty(), DataKind::kChanges);
  note(classified, DataKind::kClassification);
}

}  // namespace fairlead::engine
