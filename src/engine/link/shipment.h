#pragma once

#include <map>
#include <span>
#include <vector>

#include "engine/link/deployments.h"
#include "engine/link/graph_cache.h"
#include "metrics/facts.h"

namespace fairlead::engine {

/// What a deployment ships, as changes.
struct Shipment {
  struct CommitIn {
    RepositoryName repository;
    CommitSha sha;
    std::optional<Commit> commit;  ///< Nothing where only its place in the graph is known.
  };
  std::vector<CommitIn> commits;
  std::vector<Change> changes;                     ///< Those that ship with this deployment.
  std::vector<metrics::ShippedChange> as_counted;  ///< The changes, and the commits that came without one.
};

/// Resolves the changes of a deployment from its `shipped` rows, which are stored already, like those of everything
/// before it (linking.md, Links 4). A change whose merge commit, or first anchor, another deployment of the stream
/// ships is not among `changes`.
Result<Shipment> load_shipment(store::DerivedReader& reader, const Policy& policy, Deployments& deployments,
                               GraphCache& graphs, const FinishedDeployment& deployment,
                               std::span<const Shipped> shipped);

}  // namespace fairlead::engine
