#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "engine/link/known_since.h"
#include "engine/link/link_pass.h"

namespace fairlead::engine {

/// Links one service from some time on, deployment by deployment in their order (linking.md, Links): streams, evidence
/// that deployments give, facts. What lies before that time cannot have changed, except for the evidence against it.
class ServiceLink {
 public:
  ServiceLink(LinkPass& pass, ServiceName service) : pass_(pass), service_(std::move(service)) {}

  /// Links deployments that finished at `since` or later, until `stop()` says so after one of them. Returns from where
  /// to go on, or nothing when all are done.
  Result<std::optional<Instant>> link_since(Instant since, const std::function<bool()>& stop);

  /// The last row of edges that was read of each repository: for the look after the commit.
  const std::map<RepositoryName, std::uint64_t>& edges_read() const { return edges_read_; }

 private:
  struct StreamRows {
    std::vector<StreamDeployment> streams;
    std::vector<Shipped> shipped;
    std::vector<Missing> missing;
  };

  Status link(store::EntityRow row);
  Status link_success(const FinishedDeployment& deployment);
  Result<StreamRows> walk_streams(const FinishedDeployment& deployment);
  Status walk_stream(const FinishedDeployment& deployment, const RepositoryName& repository,
                     const std::vector<CommitSha>& heads, StreamRows& rows);
  Result<metrics::StreamReach*> reach_before(const FinishedDeployment& deployment, CachedGraph& cached,
                                             const RepositoryName& repository);
  Result<bool> is_known_root(const RepositoryName& repository, const CommitSha& sha);
  Result<const FinishedDeployment*> predecessor(const FinishedDeployment& deployment);
  Status give_evidence(const FinishedDeployment& deployment, const Shipment& shipment);
  Result<std::vector<EntityKey>> reverted_by(const FinishedDeployment& deployment, const Shipment& shipment);
  Status touch_incidents_naming(const FinishedDeployment& deployment, const std::vector<Shipped>& old_shipped,
                                const std::vector<Shipped>& new_shipped);
  void note_known(const FinishedDeployment& deployment, const Shipment& shipment);

  LinkPass& pass_;
  const ServiceName service_;
  std::optional<KnownSinceUpdate> known_;
  std::map<RepositoryName, std::uint64_t> edges_read_;
  /// The latest success so far of each (environment, side); nothing inside means that there is none.
  std::map<std::pair<EnvironmentName, bool>, std::optional<FinishedDeployment>> latest_;
  bool any_incident_ = false;   ///< While there is none at all, nobody needs to be asked about one.
  bool commits_known_ = false;  ///< Of the deployment that is being linked.
};

}  // namespace fairlead::engine
