#pragma once

#include <functional>
#include <optional>
#include <set>

#include "engine/link/deployments.h"
#include "engine/link/graph_cache.h"
#include "engine/link/shipment.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// What all parts of one write transaction of the linker share: where they read and write, and what they leave for one
/// another. Rows are written only where they differ, and each difference says which days must be summed up anew.
class LinkPass {
 public:
  LinkPass(store::DerivedWriter& to, const Policy& rules, GraphCache& cache)
      : writer(to), policy(rules), graphs(cache), deployments(to, rules) {
    graphs.transaction_begins();
  }

  store::DerivedWriter& writer;
  const Policy& policy;
  GraphCache& graphs;
  Deployments deployments;

  /// Deployments whose facts must be made anew, because the evidence against them changed.
  std::set<EntityKey> touched_deployments;
  /// Incidents to decide again.
  std::set<EntityKey> touched_incidents;
  /// Services whose first incident may have changed.
  std::set<ServiceName> services_with_incident_changes;

  /// Writes the evidence that `giver` gives; whom it blames now or blamed before is touched. Returns those.
  Result<std::set<EntityKey>> replace_evidence(const EntityKey& giver, std::vector<Evidence> rows);
  Status replace_facts(const EntityKey& owner, std::vector<Fact> rows);
  /// Facts of a deployment from its stored links and the evidence against it.
  Status write_deployment_facts(const FinishedDeployment& deployment, const Shipment& shipment);
  /// No links, no evidence, no facts: for a deployment that does not count (any more).
  Status clear_deployment(const EntityKey& key);

  /// Incidents of the service that opened in `range` and whose decision may thus depend on a deployment there.
  Status touch_incidents(const ServiceName& service, Instant from, std::optional<Instant> to);

  /// Makes the facts of everything that was touched, then writes the gathered marks. After each service, and so last
  /// before the commit.
  Status finish();

  /// Whether there is an incident at all: while there is none, nobody needs to be asked about one.
  Result<bool> any_incident();

 private:
  Status decide_touched_incidents();
  Status refresh_touched_deployments();
  void mark_days_of(const Fact& fact);

  std::set<DirtyDay> days_;
  std::optional<bool> any_incident_;
};

/// Evidence and facts of one incident (metrics.md: it blames at most one deployment).
Status decide_incident(LinkPass& pass, const EntityKey& key);

}  // namespace fairlead::engine
