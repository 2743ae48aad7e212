#pragma once

#include <optional>
#include <vector>

#include "engine/link/deployments.h"

namespace fairlead::engine {

/// A deployment between its walks over the commit graphs and its linking.
struct WalkedDeployment {
  /// Where a walk ended: whether more lies below is not known before the commit itself was looked up.
  struct Leaf {
    std::size_t stream = 0;  ///< Index into `streams`.
    CommitSha sha;
    bool covered = false;  ///< All that lies below belongs to a deployment before.
  };

  EntityKey key;
  std::optional<FinishedDeployment> deployment;  ///< Nothing for one that does not count.
  std::vector<StreamDeployment> streams;
  std::vector<Shipped> shipped;
  std::vector<Missing> missing;
  std::vector<Leaf> leaves;
  bool commits_known = false;  ///< Whether anything is known of the commits that it names.

  bool successful() const { return deployment && deployment->successful(); }
};

}  // namespace fairlead::engine
