#include "metrics/linking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace fairlead::metrics {
namespace {

using Vertex = CommitGraph::Vertex;

std::set<std::string> names(const CommitGraph& graph, const std::vector<Vertex>& vertices) {
  std::set<std::string> result;
  for (const Vertex vertex : vertices) result.emplace(graph.sha(vertex));
  EXPECT_EQ(result.size(), vertices.size()) << "a commit was reached twice";
  return result;
}

/// What `git rev-list HEADS --not EARLIER…` means, by fixed-point iteration over plain sets.
class NaiveHistory {
 public:
  void add(const std::string& sha, const std::string& ancestor) { edges_.emplace(sha, ancestor); }

  std::set<std::string> reach(std::set<std::string> from) const {
    for (bool grew = true; grew;) {
      grew = false;
      for (const auto& [sha, ancestor] : edges_) {
        if (from.contains(sha) && from.insert(ancestor).second) grew = true;
      }
    }
    return from;
  }

  std::set<std::string> list_not(const std::set<std::string>& heads, const std::set<std::string>& earlier) const {
    const auto excluded = reach(earlier);
    std::set<std::string> listed;
    for (const std::string& sha : reach(heads)) {
      if (!excluded.contains(sha)) listed.insert(sha);
    }
    return listed;
  }

 private:
  std::multimap<std::string, std::string> edges_;
};

struct RandomHistory {
  CommitGraph graph;
  NaiveHistory naive;
  std::vector<std::pair<std::string, std::string>> edges;

  /// Merges, side branches, several roots; each commit's parents are earlier commits.
  RandomHistory(std::uint64_t seed, int commits) {
    std::mt19937_64 random(seed);
    for (int c = 1; c < commits; ++c) {
      const std::uint64_t parents = random() % 10 == 0 ? 0 : 1 + (random() % 4 == 0 ? 1 : 0);
      for (std::uint64_t p = 0; p < parents; ++p) {
        const auto parent = random() % static_cast<std::uint64_t>(std::min(c, 6));
        edges.emplace_back(name(c), name(c - 1 - static_cast<int>(parent)));
      }
    }
  }
  static std::string name(int commit) { return "c" + std::to_string(commit); }
};

TEST(Linking, each_deployment_ships_what_git_lists_and_no_earlier_one_reaches) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomHistory history(seed, 40);
    for (const auto& [sha, ancestor] : history.edges) {
      history.graph.add_edge(sha, ancestor, EdgeKind::kParent);
      history.naive.add(sha, ancestor);
    }
    std::mt19937_64 random(seed);
    StreamReach reach;
    std::set<std::string> earlier;
    for (int deployment = 0; deployment < 12; ++deployment) {
      std::set<std::string> heads;
      std::vector<Vertex> vertices;
      for (std::uint64_t h = 0; h <= random() % 2; ++h) {
        heads.insert(RandomHistory::name(static_cast<int>(random() % 40)));
      }
      for (const std::string& head : heads) vertices.push_back(history.graph.intern(head));
      const Walk walk = reach.advance(history.graph, vertices);
      ASSERT_EQ(names(history.graph, walk.reached), history.naive.list_not(heads, earlier)) << "seed " << seed;
      earlier.insert(heads.begin(), heads.end());
    }
  }
}

TEST(Linking, edges_that_come_between_deployments_count_for_the_earlier_ones) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomHistory history(seed, 40);
    std::mt19937_64 random(seed);
    StreamReach reach;
    std::set<std::string> earlier;
    std::shuffle(history.edges.begin(), history.edges.end(), random);
    std::size_t told = 0;
    for (int deployment = 0; deployment < 12; ++deployment) {
      for (std::uint64_t n = random() % 8; n > 0 && told < history.edges.size(); --n, ++told) {
        const auto& [sha, ancestor] = history.edges[told];
        history.graph.add_edge(sha, ancestor, EdgeKind::kParent);
        history.naive.add(sha, ancestor);
      }
      const std::string head = RandomHistory::name(static_cast<int>(random() % 40));
      const Vertex vertex = history.graph.intern(head);
      const Walk walk = reach.advance(history.graph, {&vertex, 1});
      ASSERT_EQ(names(history.graph, walk.reached), history.naive.list_not({head}, earlier)) << "seed " << seed;
      earlier.insert(head);
    }
  }
}

TEST(Linking, a_walk_names_the_commits_whose_ancestors_are_unknown) {
  CommitGraph graph;
  graph.add_edge("c", "b", EdgeKind::kParent);
  graph.add_edge("c", "x", EdgeKind::kParent);
  VertexSet visited;
  const Vertex head = graph.intern("c");
  EXPECT_EQ(names(graph, walk(graph, {&head, 1}, visited).leaves), (std::set<std::string>{"b", "x"}));
}

TEST(CommitGraph, a_push_covers_what_it_lists_but_not_what_it_started_from) {
  CommitGraph graph;
  graph.add_edge("after", "before", EdgeKind::kPush);
  graph.add_edge("after", "listed", EdgeKind::kPushCovers);
  EXPECT_TRUE(graph.covered(graph.intern("listed")));
  EXPECT_FALSE(graph.covered(graph.intern("before")));
  EXPECT_EQ(graph.parent_count(graph.intern("after")), 0U);
}

TEST(CommitGraph, shas_of_any_text_keep_their_numbers) {
  CommitGraph graph;
  std::vector<std::string> shas;
  for (int n = 0; n < 5000; ++n)
    shas.push_back(std::string(static_cast<std::size_t>(1 + n % 64), 'a') + std::to_string(n));
  for (const std::string& sha : shas) graph.intern(sha);
  ASSERT_EQ(graph.vertex_count(), shas.size());
  for (std::size_t n = 0; n < shas.size(); ++n) {
    ASSERT_EQ(graph.find(shas[n]), static_cast<Vertex>(n));
    ASSERT_EQ(graph.sha(static_cast<Vertex>(n)), shas[n]);
  }
  EXPECT_EQ(graph.find("nobody"), std::nullopt);
  EXPECT_GT(graph.bytes(), shas.size() * 8);
}

TEST(VertexSet, holds_what_was_inserted_and_nothing_else) {
  VertexSet set;
  EXPECT_FALSE(set.contains(3));
  EXPECT_TRUE(set.insert(3));
  EXPECT_FALSE(set.insert(3));
  EXPECT_TRUE(set.insert(700));
  EXPECT_TRUE(set.contains(3));
  EXPECT_TRUE(set.contains(700));
  EXPECT_FALSE(set.contains(701));
  EXPECT_FALSE(set.contains(100'000)) << "beyond what it has room for";
}

}  // namespace
}  // namespace fairlead::metrics
