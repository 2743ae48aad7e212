#include "metrics/commit_graph.h"

#include <algorithm>
#include <functional>

namespace fairlead::metrics {

CommitGraph::Vertex CommitGraph::intern(std::string_view sha) {
  if (slots_.size() < 2 * (vertex_count() + 1)) grow_slots();
  const std::size_t slot = slot_of(sha);
  if (slots_[slot] != kNone) return slots_[slot];
  const auto vertex = static_cast<Vertex>(vertex_count());
  text_.append(sha);
  text_end_.push_back(static_cast<std::uint32_t>(text_.size()));
  first_edge_.push_back(kNone);
  covered_.push_back(false);
  slots_[slot] = vertex;
  return vertex;
}

std::optional<CommitGraph::Vertex> CommitGraph::find(std::string_view sha) const {
  if (slots_.empty()) return std::nullopt;
  const std::uint32_t vertex = slots_[slot_of(sha)];
  if (vertex == kNone) return std::nullopt;
  return vertex;
}

std::string_view CommitGraph::sha(Vertex vertex) const {
  const std::size_t begin = vertex == 0 ? 0 : text_end_[vertex - 1];
  return std::string_view(text_).substr(begin, text_end_[vertex] - begin);
}

void CommitGraph::add_edge(std::string_view sha, std::string_view ancestor, EdgeKind kind) {
  const Vertex from = intern(sha);
  const Vertex to = intern(ancestor);
  if (kind == EdgeKind::kPushCovers) covered_[to] = true;
  edges_.push_back({.from = from, .to = to, .next = first_edge_[from], .kind = kind});
  first_edge_[from] = static_cast<std::uint32_t>(edges_.size() - 1);
}

std::size_t CommitGraph::parent_count(Vertex vertex) const {
  std::size_t count = 0;
  for_each_edge_of(vertex, [&](const Edge& edge) { count += edge.kind == EdgeKind::kParent ? 1 : 0; });
  return count;
}

std::size_t CommitGraph::bytes() const {
  return sizeof *this + text_.capacity() + covered_.capacity() / 8 + edges_.capacity() * sizeof(Edge) +
         (text_end_.capacity() + first_edge_.capacity() + slots_.capacity()) * sizeof(std::uint32_t);
}

std::size_t CommitGraph::slot_of(std::string_view sha) const {
  std::size_t slot = std::hash<std::string_view>{}(sha) & (slots_.size() - 1);
  while (slots_[slot] != kNone && this->sha(slots_[slot]) != sha) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

void CommitGraph::grow_slots() {
  slots_.assign(std::max<std::size_t>(64, 2 * slots_.size()), kNone);
  for (Vertex v = 0; v < vertex_count(); ++v) slots_[slot_of(sha(v))] = v;
}

}  // namespace fairlead::metrics
