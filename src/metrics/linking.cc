#include "metrics/linking.h"

namespace fairlead::metrics {

Walk walk(const CommitGraph& graph, std::span<const CommitGraph::Vertex> heads, VertexSet& visited) {
  Walk result;
  for (const CommitGraph::Vertex head : heads) {
    if (visited.insert(head)) result.reached.push_back(head);
  }
  // `reached` is the queue as well: what stands behind `next` has not been looked at.
  for (std::size_t next = 0; next < result.reached.size(); ++next) {
    const CommitGraph::Vertex vertex = result.reached[next];
    if (!graph.has_ancestors(vertex)) result.leaves.push_back(vertex);
    graph.for_each_edge_of(vertex, [&](const CommitGraph::Edge& edge) {
      if (visited.insert(edge.to)) result.reached.push_back(edge.to);
    });
  }
  return result;
}

Walk StreamReach::advance(const CommitGraph& graph, std::span<const CommitGraph::Vertex> heads) {
  refresh(graph);
  ++deployments_;
  return walk(graph, heads, visited_);
}

void StreamReach::refresh(const CommitGraph& graph) {
  for (; edges_seen_ < graph.edge_count(); ++edges_seen_) {
    const CommitGraph::Edge& edge = graph.edge(edges_seen_);
    if (visited_.contains(edge.from)) walk(graph, {&edge.to, 1}, visited_);
  }
}

}  // namespace fairlead::metrics
