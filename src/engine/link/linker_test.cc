#include "engine/link/linker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "engine/link/graph_cache.h"
#include "engine/project/projector.h"
#include "engine/testing/settled.h"
#include "store/memory/memory_store.h"

namespace fairlead::engine {
namespace {

using testing::dump_of;
using testing::first_difference;
using testing::must;

const RepositoryName kRepository{"github.com/acme/api"};
const ServiceName kService{"api"};

Instant at(int hour) {
  return {1'767'571'200'000 + hour * Duration::hours(1).ms};
}

std::string sha(int n) {
  return "c" + std::to_string(n);
}

Deployment deployment(int n, int commit, const RepositoryName& repository = kRepository) {
  Deployment d;
  d.identity = {Origin{"events"}, "d" + std::to_string(n)};
  const Stamp stamp{2, at(n)};
  d.service = {stamp, kService};
  d.environment = {stamp, EnvironmentName{"production"}};
  d.commits = {stamp, {{repository, CommitSha{sha(commit)}}}};
  d.status = {stamp, StatusAt{RunStatus::kSuccess, at(n)}};
  return d;
}

EntityKey key(int n) {
  return EntityKey::of(EntityKind::kDeployment, Origin{"events"}, "d" + std::to_string(n));
}

std::vector<Observation> commit(int n, std::optional<int> parent, const RepositoryName& repository = kRepository) {
  Commit c;
  c.identity = {Origin{repository.text}, sha(n)};
  c.authored_at = {Stamp{0, at(n)}, at(n)};
  c.parent_count = {Stamp{0, at(n)}, parent ? 1 : 0};
  std::vector<Observation> observations = {Entity{c}};
  if (parent)
    observations.emplace_back(Edge{repository, CommitSha{sha(n)}, CommitSha{sha(*parent)}, EdgeKind::kParent});
  return observations;
}

class LinkerTest : public ::testing::Test {
 protected:
  void tell(const std::vector<Observation>& observations) { must(apply(*derived, policy, observations)); }
  void link_all(Linker& linker) {
    while (must(linker.run(1'000))) {
    }
  }
  std::vector<std::string> shipped_by(int n) {
    std::vector<std::string> shas;
    for (const Shipped& row : must(must(derived->read())->shipped_by(key(n)))) shas.push_back(row.sha.text);
    return shas;
  }
  /// A line of commits c0 … c(n−1) and a deployment of each.
  void tell_history(int n) {
    for (int i = 0; i < n; ++i) {
      tell(commit(i, i == 0 ? std::nullopt : std::optional(i - 1)));
      tell({Entity{deployment(i, i)}});
    }
  }

  Policy policy;
  std::unique_ptr<store::Derived> derived = store::make_memory_derived();
};

TEST_F(LinkerTest, a_budget_is_kept_and_the_rest_is_linked_later) {
  tell_history(40);
  Linker hurried(*derived, policy);
  int runs = 1;
  while (must(hurried.run(0))) ++runs;
  EXPECT_GT(runs, 40) << "without time left, one deployment or day is done per run";

  const auto in_a_hurry = dump_of(*derived);
  derived = store::make_memory_derived();
  tell_history(40);
  Linker patient(*derived, policy);
  link_all(patient);
  EXPECT_EQ(first_difference(dump_of(*derived), in_a_hurry), "");
  EXPECT_THAT(shipped_by(39), ::testing::ElementsAre("c39"));
}

TEST_F(LinkerTest, a_run_without_marks_has_nothing_to_do) {
  Linker linker(*derived, policy);
  EXPECT_FALSE(must(linker.run(0)));
}

TEST_F(LinkerTest, edges_that_come_before_the_commit_is_seen_by_others_are_found_by_the_look_after_it) {
  tell(commit(0, std::nullopt));
  tell({Entity{deployment(0, 0)}});
  tell({Entity{deployment(2, 2)}});
  Linker linker(*derived, policy);
  bool told = false;
  // Another writer that looked for `missing` rows before ours were there: it adds edges and marks nobody.
  linker.set_between_commit_and_look([&] {
    if (std::exchange(told, true)) return;
    auto writer = must(derived->write());
    const std::vector<Edge> edges = {{kRepository, CommitSha{sha(2)}, CommitSha{sha(1)}, EdgeKind::kParent},
                                     {kRepository, CommitSha{sha(1)}, CommitSha{sha(0)}, EdgeKind::kParent}};
    writer->add_edges(edges);
    must(writer->commit());
  });
  link_all(linker);
  EXPECT_THAT(shipped_by(2), ::testing::UnorderedElementsAre("c1", "c2"));
}

TEST_F(LinkerTest, a_cache_too_small_for_two_repositories_changes_nothing) {
  const RepositoryName other{"github.com/acme/web"};
  const auto tell_both = [&] {
    for (int i = 0; i < 12; ++i) {
      const auto parent = i == 0 ? std::nullopt : std::optional(i - 1);
      tell(commit(i, parent));
      tell(commit(i, parent, other));
      Deployment d = deployment(i, i);
      d.commits.value->push_back({other, CommitSha{sha(i)}});
      tell({Entity{d}});
    }
  };
  tell_both();
  Linker cramped(*derived, policy, 1);
  link_all(cramped);
  const auto expected = dump_of(*derived);
  derived = store::make_memory_derived();
  tell_both();
  Linker roomy(*derived, policy);
  link_all(roomy);
  EXPECT_EQ(first_difference(dump_of(*derived), expected), "");
  EXPECT_EQ(shipped_by(11).size(), 2U);
}

TEST_F(LinkerTest, a_late_deployment_takes_over_what_it_was_first_to_reach) {
  tell_history(6);
  Linker linker(*derived, policy);
  link_all(linker);
  EXPECT_THAT(shipped_by(4), ::testing::ElementsAre("c4"));
  Deployment late = deployment(100, 5);
  late.status = {Stamp{2, at(100)}, StatusAt{RunStatus::kSuccess, at(2) + Duration::seconds(1)}};
  tell({Entity{late}});
  link_all(linker);
  EXPECT_THAT(shipped_by(100), ::testing::UnorderedElementsAre("c3", "c4", "c5"));
  EXPECT_THAT(shipped_by(4), ::testing::IsEmpty());
}

// c1 came with a push that listed it, so nobody knew or needed its parents. When they are told, they are the
// baseline's.
TEST_F(LinkerTest, ancestors_of_a_covered_commit_belong_to_the_baseline_that_reaches_it) {
  const auto edge = [](int from, int to, EdgeKind kind) {
    return Observation{Edge{kRepository, CommitSha{sha(from)}, CommitSha{sha(to)}, kind}};
  };
  tell(commit(0, std::nullopt));
  tell({edge(2, 0, EdgeKind::kPush), edge(2, 1, EdgeKind::kPushCovers)});
  tell({Entity{deployment(3, 2)}});
  tell({edge(5, 2, EdgeKind::kParent), edge(5, 4, EdgeKind::kParent)});
  tell({Entity{deployment(6, 5)}});
  Linker linker(*derived, policy);
  link_all(linker);
  EXPECT_THAT(shipped_by(6), ::testing::UnorderedElementsAre("c4", "c5"));
  tell({edge(1, 4, EdgeKind::kParent)});
  link_all(linker);
  EXPECT_THAT(shipped_by(6), ::testing::ElementsAre("c5"));
}

TEST_F(LinkerTest, known_since_follows_the_first_deployment_wherever_it_moves) {
  tell_history(3);
  Linker linker(*derived, policy);
  link_all(linker);
  const auto since = [&] {
    for (const KnownSince& row : must(must(derived->read())->known_since(kService))) {
      if (row.kind == DataKind::kDeployments) return row.since;
    }
    return Instant{};
  };
  EXPECT_EQ(since(), at(0));
  Deployment moved = deployment(0, 0);
  moved.status = {Stamp{2, at(50)}, StatusAt{RunStatus::kSuccess, at(20)}};
  tell({Entity{moved}});
  link_all(linker);
  EXPECT_EQ(since(), at(1));
}

TEST_F(LinkerTest, nothing_is_written_when_nothing_differs) {
  tell_history(5);
  Linker linker(*derived, policy);
  link_all(linker);
  {
    auto writer = must(derived->write());
    writer->mark_service(kService, at(0), {});
    must(writer->commit());
  }
  bool days_left = true;
  linker.set_between_commit_and_look([&] { days_left = !must(must(derived->read())->dirty_days(1)).empty(); });
  link_all(linker);
  EXPECT_FALSE(days_left) << "equal facts mark no day";
}

class GraphCacheTest : public ::testing::Test {
 protected:
  void add_line(const RepositoryName& repository, int edges) {
    auto writer = must(derived->write());
    std::vector<Edge> rows;
    for (int i = 1; i <= edges; ++i)
      rows.push_back({repository, CommitSha{sha(i)}, CommitSha{sha(i - 1)}, EdgeKind::kParent});
    writer->add_edges(rows);
    must(writer->commit());
  }
  std::unique_ptr<store::Derived> derived = store::make_memory_derived();
};

TEST_F(GraphCacheTest, a_graph_grows_by_the_edges_that_came_since) {
  GraphCache cache;
  add_line(kRepository, 3);
  EXPECT_EQ(must(cache.open(*must(derived->read()), kRepository))->graph.edge_count(), 3U);
  add_line(kRepository, 5);
  const CachedGraph* const cached = must(cache.open(*must(derived->read()), kRepository));
  EXPECT_EQ(cached->graph.edge_count(), 5U);
  EXPECT_EQ(cached->graph.vertex_count(), 6U);
}

TEST_F(GraphCacheTest, more_edges_than_one_read_brings_are_all_there) {
  GraphCache cache;
  add_line(kRepository, 20'000);
  EXPECT_EQ(must(cache.open(*must(derived->read()), kRepository))->graph.edge_count(), 20'000U);
}

TEST_F(GraphCacheTest, at_its_bound_it_keeps_all_and_past_it_drops_the_least_recently_used) {
  std::vector<RepositoryName> repositories;
  for (int i = 0; i < 3; ++i) {
    repositories.emplace_back("r" + std::to_string(i));
    add_line(repositories.back(), 500);
  }
  auto reader = must(derived->read());
  GraphCache measure;
  for (const RepositoryName& repository : repositories) must(measure.open(*reader, repository));
  const std::size_t all = measure.bytes();

  GraphCache fits(all);
  for (const RepositoryName& repository : repositories) must(fits.open(*reader, repository));
  EXPECT_EQ(fits.bytes(), all);

  GraphCache short_by_one(all - 1);
  must(short_by_one.open(*reader, repositories[0]));
  must(short_by_one.open(*reader, repositories[1]));
  must(short_by_one.open(*reader, repositories[0]))->reaches[{kService, {}, false}] = {};
  must(short_by_one.open(*reader, repositories[2]));
  EXPECT_LT(short_by_one.bytes(), all);
  EXPECT_EQ(must(short_by_one.open(*reader, repositories[0]))->reaches.size(), 1U) << "the oldest had to go, not this";
}

}  // namespace
}  // namespace fairlead::engine
