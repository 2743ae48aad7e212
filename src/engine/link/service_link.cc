#include "engine/link/service_link.h"

#include <algorithm>
#include <iterator>

#include "engine/link/read_ahead.h"
#include "metrics/evidence.h"

namespace fairlead::engine {
namespace {

constexpr std::size_t kDeploymentsPerPage = 512;
/// So many are linked together where each reading is a round trip.
constexpr std::size_t kDeploymentsTogether = 64;

store::EntityQuery deployments_of(const ServiceName& service) {
  store::EntityQuery query;
  query.kind = EntityKind::kDeployment;
  query.services = {service};
  query.ascending = true;
  query.limit = kDeploymentsPerPage;
  return query;
}

template <class Row>
void sort_unique(std::vector<Row>& rows) {
  std::ranges::sort(rows);
  const auto repeated = std::ranges::unique(rows);
  rows.erase(repeated.begin(), repeated.end());
}

}  // namespace

Result<std::optional<Instant>> ServiceLink::link_since(Instant since, const std::function<bool(std::size_t)>& stop) {
  pass_.graphs.forget_since(service_, since);
  ASSIGN_OR_RETURN(known_, KnownSinceUpdate::begin(pass_.writer, service_, since));
  ASSIGN_OR_RETURN(any_incident_, pass_.any_incident());
  const std::size_t together = pass_.writer.remote() ? kDeploymentsTogether : 1;
  std::optional<Instant> rest;
  std::optional<Instant> last;
  store::EntityQuery query = deployments_of(service_);
  query.from = since;
  do {
    ASSIGN_OR_RETURN(auto page, pass_.writer.entities(query));
    std::erase_if(page.rows, [](const store::EntityRow& row) { return !row.place.at; });
    for (std::span<store::EntityRow> left = page.rows; !left.empty();) {
      const auto rows = left.first(std::min(left.size(), together));
      // Only between different times can a mark say where to go on.
      if (last && *last != *rows.front().place.at && stop(rows.size())) {
        rest = *rows.front().place.at;
        break;
      }
      last = *rows.back().place.at;
      RETURN_IF_ERROR(link_together(rows));
      pass_.deployments.forget_if_many();
      left = left.subspan(rows.size());
    }
    query.cursor = std::move(page.next_cursor);
  } while (!rest && !query.cursor.empty());
  known_->write(pass_.writer);
  if (any_incident_) RETURN_IF_ERROR(pass_.touch_incidents(service_, since, rest));
  return rest;
}

/// Walks first, because what is walked is in memory; then all that linking them will ask for can be read together.
Status ServiceLink::link_together(std::span<store::EntityRow> rows) {
  std::vector<WalkedDeployment> walked(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    walked[i].key = rows[i].key;
    walked[i].deployment = finished_deployment(std::move(rows[i]), pass_.policy);
  }
  ReadAhead ahead(pass_, service_, any_incident_);
  RETURN_IF_ERROR(ahead.for_walking(walked));
  for (WalkedDeployment& one : walked) {
    if (one.successful()) RETURN_IF_ERROR(walk_streams(one));
  }
  for (std::span<WalkedDeployment> left = walked; !left.empty();) {
    const auto portion = ahead.portion_of(left);
    RETURN_IF_ERROR(ahead.for_linking(portion));
    for (WalkedDeployment& one : portion) RETURN_IF_ERROR(link(one));
    left = left.subspan(portion.size());
  }
  return {};
}

Status ServiceLink::link(WalkedDeployment& walked) {
  if (!walked.deployment) return pass_.clear_deployment(walked.key);
  if (walked.successful()) return link_success(walked);
  RETURN_IF_ERROR(pass_.clear_deployment(walked.key));
  note_known(walked, {});
  if (any_incident_) RETURN_IF_ERROR(touch_incidents_naming(*walked.deployment, {}, {}));
  return pass_.write_deployment_facts(*walked.deployment, {});
}

Status ServiceLink::link_success(WalkedDeployment& walked) {
  const FinishedDeployment& deployment = *walked.deployment;
  RETURN_IF_ERROR(finish_walk(walked));
  std::vector<Shipped> old_shipped;
  if (any_incident_) {
    ASSIGN_OR_RETURN(old_shipped, pass_.writer.shipped_by(deployment.key));
  }
  pass_.writer.replace_stream(deployment.key, walked.streams, walked.shipped, walked.missing);
  ASSIGN_OR_RETURN(const Shipment shipment, load_shipment(pass_.writer, pass_.policy, pass_.deployments, pass_.graphs,
                                                          deployment, walked.shipped));
  RETURN_IF_ERROR(give_evidence(deployment, shipment));
  if (any_incident_) RETURN_IF_ERROR(touch_incidents_naming(deployment, old_shipped, walked.shipped));
  note_known(walked, shipment);
  RETURN_IF_ERROR(pass_.write_deployment_facts(deployment, shipment));
  latest_[{deployment.place.environment, deployment.place.simulated}] = deployment;
  return {};
}

Status ServiceLink::walk_streams(WalkedDeployment& walked) {
  const FinishedDeployment& deployment = *walked.deployment;
  ASSIGN_OR_RETURN(const Heads heads, heads_of(pass_.writer, deployment.deployment));
  for (const auto& [repository, shas] : heads.by_repository) RETURN_IF_ERROR(walk_stream(repository, shas, walked));
  // A commit that becomes known under such a sha may change the repository: its mark finds the way here by this row.
  for (const CommitSha& sha : heads.guessed)
    walked.missing.push_back({{}, sha, service_, deployment.place.environment, deployment.key, deployment.at});
  sort_unique(walked.shipped);
  walked_.emplace(deployment.place.environment, deployment.place.simulated);
  return {};
}

Status ServiceLink::walk_stream(const RepositoryName& repository, const std::vector<CommitSha>& heads,
                                WalkedDeployment& walked) {
  const FinishedDeployment& deployment = *walked.deployment;
  ASSIGN_OR_RETURN(CachedGraph* const cached, pass_.graphs.open(pass_.writer, repository));
  edges_read_[repository] = cached->last_row;
  ASSIGN_OR_RETURN(metrics::StreamReach* const reach, reach_before(deployment, *cached, repository));
  std::vector<metrics::CommitGraph::Vertex> vertices;
  for (const CommitSha& head : heads) {
    vertices.push_back(cached->graph.intern(head.text));
    if (cached->graph.has_ancestors(vertices.back())) walked.commits_known = true;
  }
  const bool baseline = reach->empty();
  const metrics::Walk walk = reach->advance(cached->graph, vertices);
  cached->reaches[{service_, deployment.place.environment, deployment.place.simulated}].last_at = deployment.at;

  for (const auto leaf : walk.leaves) {
    walked.leaves.push_back({walked.streams.size(), CommitSha{cached->graph.sha(leaf)}, cached->graph.covered(leaf)});
  }
  StreamDeployment stream{.service = service_,
                          .environment = deployment.place.environment,
                          .repository = repository,
                          .deployment = deployment.key,
                          .finished_at = deployment.at,
                          .baseline = baseline};
  if (!baseline) {
    stream.shipped_count = static_cast<std::int64_t>(walk.reached.size());
    for (const auto vertex : walk.reached)
      walked.shipped.push_back(
          {repository, CommitSha{cached->graph.sha(vertex)}, service_, deployment.place.environment, deployment.key});
  }
  walked.streams.push_back(std::move(stream));
  return {};
}

/// What the leaves' own commits say of them.
Status ServiceLink::finish_walk(WalkedDeployment& walked) {
  for (const auto& [stream_index, sha, covered] : walked.leaves) {
    StreamDeployment& stream = walked.streams[stream_index];
    ASSIGN_OR_RETURN(const auto row, pass_.writer.entity(commit_key(stream.repository, sha)));
    walked.commits_known |= row.has_value();
    const bool root = row && std::get<Commit>(row->entity).parent_count.value == 0;
    const bool complete = root || covered;
    stream.ancestry_unknown |= !complete;
    // A baseline stores no rows for what it reaches, so it notes all its leaves: an ancestor of any of them that
    // becomes known later belongs to the baseline, too.
    if (!complete || stream.baseline)
      walked.missing.push_back(
          {stream.repository, sha, service_, stream.environment, walked.key, walked.deployment->at});
  }
  sort_unique(walked.missing);
  return {};
}

/// From the cache, or by one walk from all that was deployed before.
Result<metrics::StreamReach*> ServiceLink::reach_before(const FinishedDeployment& deployment, CachedGraph& cached,
                                                        const RepositoryName& repository) {
  const StreamKey key{service_, deployment.place.environment, deployment.place.simulated};
  const auto known = cached.reaches.find(key);
  if (known != cached.reaches.end()) return &known->second.reach;
  CachedGraph::Reach built;
  // Of those that were walked just now not all are linked yet.
  bool first = !walked_.contains({deployment.place.environment, deployment.place.simulated});
  if (first) {
    ASSIGN_OR_RETURN(const FinishedDeployment* const before, predecessor(deployment));
    first = before == nullptr;
  }
  if (!first) {
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
  const std::set<Mention> terms = terms_naming(deployment, old_shipped, new_shipped);
  ASSIGN_OR_RETURN(const auto naming,
                   pass_.writer.mentioning_each(std::vector(terms.begin(), terms.end()), EntityKind::kIncident));
  for (const auto& rows : naming) {
    for (const store::EntityRow& row : rows) pass_.touched_incidents.insert(row.key);
  }
  ASSIGN_OR_RETURN(const auto against, pass_.writer.evidence_on(deployment.key));
  for (const Evidence& row : against) {
    if (row.kind == EvidenceKind::kExplicit || row.kind == EvidenceKind::kTimeWindow)
      pass_.touched_incidents.insert(row.by);
  }
  return {};
}

void ServiceLink::note_known(const WalkedDeployment& walked, const Shipment& shipment) {
  const FinishedDeployment& deployment = *walked.deployment;
  const bool simulated = deployment.place.simulated;
  const auto note = [&](bool known, DataKind kind) {
    if (known) known_->note(kind, simulated, deployment.at);
  };
  const bool classified =
      deployment.deployment.kind.known() || metrics::is_hotfix(pass_.policy, deployment.deployment, shipment.changes);
  note(true, DataKind::kDeployments);
  note(walked.commits_known, DataKind::kCommits);
  note(!shipment.changes.empty(), DataKind::kChanges);
  note(classified, DataKind::kClassification);
}

}  // namespace fairlead::engine
