#pragma once

// Which commits a deployment ships: those that it reaches and no earlier success of its stream does. The order of the
// stream and the graph alone decide, so the result is the same whenever and in whatever order things became known
// (linking.md, Links; it agrees with `git rev-list HEAD --not EARLIER…`).

#include <span>
#include <vector>

#include "metrics/commit_graph.h"

namespace fairlead::metrics {

struct Walk {
  std::vector<CommitGraph::Vertex> reached;  ///< Newly, in no particular order.
  std::vector<CommitGraph::Vertex> leaves;   ///< Of those, the ones without any known ancestor.
};

/// Walks from `heads` and stops at `visited`, which then holds what was newly reached, too.
Walk walk(const CommitGraph& graph, std::span<const CommitGraph::Vertex> heads, VertexSet& visited);

/// Everything that the deployments of one stream, up to some place in its order, reach.
class StreamReach {
 public:
  /// The next deployment of the stream.
  Walk advance(const CommitGraph& graph, std::span<const CommitGraph::Vertex> heads);
  /// Takes in the edges that the graph got since the last call. Without it an edge below a visited commit would be
  /// walked for the first time by a later deployment, which would then ship what its predecessors had.
  void refresh(const CommitGraph& graph);

  bool empty() const { return deployments_ == 0; }
  std::size_t bytes() const { return sizeof *this + visited_.bytes(); }

 private:
  VertexSet visited_;
  std::size_t edges_seen_ = 0;
  std::size_t deployments_ = 0;
};

}  // namespace fairlead::metrics
