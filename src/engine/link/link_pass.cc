#include "engine/link/link_pass.h"

#include <algorithm>
#include <iterator>

#include "engine/link/known_since.h"
#include "metrics/evidence.h"
#include "metrics/summary.h"

namespace fairlead::engine {
namespace {

constexpr std::size_t kIncidentsPerPage = 512;

template <class T>
std::vector<T> sorted_unique(std::vector<T> rows) {
  std::ranges::sort(rows);
  const auto repeated = std::ranges::unique(rows);
  rows.erase(repeated.begin(), repeated.end());
  return rows;
}

}  // namespace

Result<std::set<EntityKey>> LinkPass::replace_evidence(const EntityKey& giver, std::vector<Evidence> rows) {
  rows = sorted_unique(std::move(rows));
  ASSIGN_OR_RETURN(auto old, writer.evidence_by(giver));
  old = sorted_unique(std::move(old));
  std::set<EntityKey> blamed;
  if (old == rows) return blamed;
  for (const Evidence& row : old) blamed.insert(row.deployment);
  for (const Evidence& row : rows) blamed.insert(row.deployment);
  writer.replace_evidence(giver, rows);
  touched_deployments.insert(blamed.begin(), blamed.end());
  return blamed;
}

Status LinkPass::replace_facts(const EntityKey& owner, std::vector<Fact> rows) {
  rows = sorted_unique(std::move(rows));
  ASSIGN_OR_RETURN(auto old, writer.facts_of(owner));
  old = sorted_unique(std::move(old));
  if (old == rows) return {};
  std::vector<Fact> differing;
  std::ranges::set_symmetric_difference(old, rows, std::back_inserter(differing));
  for (const Fact& fact : differing) mark_days_of(fact);
  writer.replace_facts(owner, rows);
  return {};
}

Status LinkPass::write_deployment_facts(const FinishedDeployment& deployment, const Shipment& shipment) {
  metrics::LinkedDeployment linked;
  linked.key = deployment.key;
  linked.deployment = &deployment.deployment;
  linked.place = deployment.place;
  ASSIGN_OR_RETURN(linked.streams, writer.streams_of(deployment.key));
  ASSIGN_OR_RETURN(linked.evidence, writer.evidence_on(deployment.key));
  linked.changes = shipment.as_counted;
  linked.hotfix = metrics::is_hotfix(policy, deployment.deployment, shipment.changes);
  return replace_facts(deployment.key, metrics::facts_of(linked, policy));
}

Status LinkPass::clear_deployment(const EntityKey& key) {
  writer.replace_stream(key, {}, {}, {});
  ASSIGN_OR_RETURN(const auto blamed, replace_evidence(key, {}));
  for (const EntityKey& target : blamed) {
    ASSIGN_OR_RETURN(const FinishedDeployment* deployment, deployments.find(target));
    if (deployment == nullptr) continue;
    RETURN_IF_ERROR(
        touch_incidents(deployment->place.service, deployment->at, deployment->at + policy.attribution_window));
  }
  return replace_facts(key, {});
}

Status LinkPass::touch_incidents(const ServiceName& service, Instant from, std::optional<Instant> to) {
  store::EntityQuery query;
  query.kind = EntityKind::kIncident;
  query.services = {service};
  query.from = from;
  if (to) query.to = *to + Duration::millis(1);
  query.ascending = true;
  query.limit = kIncidentsPerPage;
  do {
    ASSIGN_OR_RETURN(auto page, writer.entities(query));
    for (const store::EntityRow& row : page.rows) {
      if (row.place.at) touched_incidents.insert(row.key);
    }
    query.cursor = std::move(page.next_cursor);
  } while (!query.cursor.empty());
  return {};
}

Status LinkPass::finish() {
  RETURN_IF_ERROR(decide_touched_incidents());
  RETURN_IF_ERROR(refresh_touched_deployments());
  for (const ServiceName& service : services_with_incident_changes)
    RETURN_IF_ERROR(refresh_known_incidents(writer, service));
  services_with_incident_changes.clear();
  for (const DirtyDay& day : days_) writer.mark_day(day);
  days_.clear();
  return {};
}

Result<bool> LinkPass::any_incident() {
  if (!any_incident_) {
    store::EntityQuery query;
    query.kind = EntityKind::kIncident;
    query.limit = 1;
    ASSIGN_OR_RETURN(const auto page, writer.entities(query));
    any_incident_ = !page.rows.empty();
  }
  return *any_incident_;
}

Status LinkPass::decide_touched_incidents() {
  for (const EntityKey& key : touched_incidents) RETURN_IF_ERROR(decide_incident(*this, key));
  touched_incidents.clear();
  return {};
}

Status LinkPass::refresh_touched_deployments() {
  for (const EntityKey& key : touched_deployments) {
    ASSIGN_OR_RETURN(const FinishedDeployment* found, deployments.find(key));
    if (found == nullptr) continue;  // its own service clears what it has
    ASSIGN_OR_RETURN(const auto shipped, writer.shipped_by(key));
    ASSIGN_OR_RETURN(const Shipment shipment, load_shipment(writer, policy, deployments, graphs, *found, shipped));
    RETURN_IF_ERROR(write_deployment_facts(*found, shipment));
  }
  touched_deployments.clear();
  return {};
}

void LinkPass::mark_days_of(const Fact& fact) {
  const Day day = policy.zone.day_of(fact.at);
  for (SummaryPlace& place : metrics::places_of(fact)) days_.insert({.place = std::move(place), .day = day});
}

}  // namespace fairlead::engine
