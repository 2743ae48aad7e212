#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "engine/link/known_since.h"
#include "engine/link/link_pass.h"
#include "engine/link/walked_deployment.h"

namespace fairlead::engine {

/// Links one service from some time on, deployment by deployment in their order (linking.md, Links): streams, evidence
/// that deployments give, facts. What lies before that time cannot have changed, except for the evidence against it.
class ServiceLink {
 public:
  ServiceLink(LinkPass& pass, ServiceName service) : pass_(pass), service_(std::move(service)) {}

  /// Links deployments that finished at `since` or later, until `stop(n)`, asked before n more, says so. Returns from
  /// where to go on, or nothing when all are done.
  Result<std::optional<Instant>> link_since(Instant since, const std::function<bool(std::size_t)>& stop);

  /// The last row of edges that was read of each repository: for the look after the commit.
  const std::map<RepositoryName, std::uint64_t>& edges_read() const { return edges_read_; }

 private:
  Status link_together(std::span<store::EntityRow> rows);
  Status link(WalkedDeployment& walked);
  Status link_success(WalkedDeployment& walked);
  Status walk_streams(WalkedDeployment& walked);
  Status walk_stream(const RepositoryName& repository, const std::vector<CommitSha>& heads, WalkedDeployment& walked);
  Status finish_walk(WalkedDeployment& walked);
  Result<metrics::StreamReach*> reach_before(const FinishedDeployment& deployment, CachedGraph& cached,
                                             const RepositoryName& repository);
  Result<const FinishedDeployment*> predecessor(const FinishedDeployment& deployment);
  Status give_evidence(const FinishedDeployment& deployment, const Shipment& shipment);
  Result<std::vector<EntityKey>> reverted_by(const FinishedDeployment& deployment, const Shipment& shipment);
  Status touch_incidents_naming(const FinishedDeployment& deployment, const std::vector<Shipped>& old_shipped,
                                const std::vector<Shipped>& new_shipped);
  void note_known(const WalkedDeployment& walked, const Shipment& shipment);

  LinkPass& pass_;
  const ServiceName service_;
  std::optional<KnownSinceUpdate> known_;
  std::map<RepositoryName, std::uint64_t> edges_read_;
  using Side = std::pair<EnvironmentName, bool>;              ///< The environment, and whether it is simulated.
  std::map<Side, std::optional<FinishedDeployment>> latest_;  ///< The latest success that was linked; of some: none.
  std::set<Side> walked_;                                     ///< With a success that was walked.
  bool any_incident_ = false;
};

}  // namespace fairlead::engine
