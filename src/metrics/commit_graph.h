#pragma once

// The ancestry of one repository in a compact form: commits are small integers, edges are linked lists in flat arrays.
// A graph only grows, so numbers stay valid and a set of commits is a bit set (linking.md, Ancestry).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/observation.h"

namespace fairlead::metrics {

class CommitGraph {
 public:
  using Vertex = std::uint32_t;

  /// The number of `sha`, new or known. Shas are opaque text; their order of arrival decides the numbers, which
  /// therefore must never be stored.
  Vertex intern(std::string_view sha);
  std::optional<Vertex> find(std::string_view sha) const;
  std::string_view sha(Vertex vertex) const;

  /// The same edge twice is kept twice: walks do not care, and stores hold edges once.
  void add_edge(std::string_view sha, std::string_view ancestor, EdgeKind kind);

  /// Whether anything is known to lie below the commit.
  bool has_ancestors(Vertex vertex) const { return first_edge_[vertex] != kNone; }
  /// Whether a push listed the commit together with all that it brought: its own ancestors are then reached through the
  /// push and need not be known.
  bool covered(Vertex vertex) const { return covered_[vertex]; }
  /// True parents only; 2 or more is a merge commit.
  std::size_t parent_count(Vertex vertex) const;

  std::size_t vertex_count() const { return first_edge_.size(); }
  std::size_t edge_count() const { return edges_.size(); }
  struct Edge {
    Vertex from;
    Vertex to;
    std::uint32_t next;  ///< The next edge of `from`.
    EdgeKind kind;
  };
  /// Edges in the order in which they were added.
  const Edge& edge(std::size_t index) const { return edges_[index]; }

  void for_each_edge_of(Vertex vertex, auto&& visit) const {
    for (std::uint32_t e = first_edge_[vertex]; e != kNone; e = edges_[e].next) visit(edges_[e]);
  }

  /// What the graph holds in memory.
  std::size_t bytes() const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  std::size_t slot_of(std::string_view sha) const;
  void grow_slots();

  std::string text_;                       ///< All shas, one after the other.
  std::vector<std::uint32_t> text_end_;    ///< Per vertex, where its sha ends in `text_`.
  std::vector<std::uint32_t> first_edge_;  ///< Per vertex.
  std::vector<bool> covered_;              ///< Per vertex.
  std::vector<Edge> edges_;
  std::vector<std::uint32_t> slots_;  ///< Open addressing from sha to vertex, at most half full.
};

/// A set of vertices of one graph.
class VertexSet {
 public:
  bool contains(CommitGraph::Vertex v) const {
    const std::size_t word = v / 64;
    return word < words_.size() && ((words_[word] >> (v % 64)) & 1U) != 0;
  }
  /// Returns whether it was new.
  bool insert(CommitGraph::Vertex v) {
    const std::size_t word = v / 64;
    if (word >= words_.size()) words_.resize(word + 1);
    const std::uint64_t bit = std::uint64_t{1} << (v % 64);
    if ((words_[word] & bit) != 0) return false;
    words_[word] |= bit;
    return true;
  }
  std::size_t bytes() const { return words_.capacity() * sizeof(std::uint64_t); }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace fairlead::metrics
