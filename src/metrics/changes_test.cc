#include "metrics/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::metrics {
namespace {

const Origin kRepository{"github.com/acme/api"};

Instant at(int hour) {
  return {1'767'571'200'000 + hour * Duration::hours(1).ms};
}

Change change() {
  Change c;
  c.identity = {kRepository, "12"};
  c.author = {Stamp{}, "ann"};
  return c;
}

Commit commit(std::string_view sha, int authored_hour) {
  Commit c;
  c.identity = {kRepository, std::string(sha)};
  c.authored_at = {Stamp{}, at(authored_hour)};
  return c;
}

TEST(Changes, the_merge_commit_alone_anchors_a_change_once_it_is_known) {
  Change c = change();
  c.head_sha = {Stamp{}, CommitSha{"h"}};
  c.commits.insert({CommitSha{"l"}, std::nullopt, ""});
  const std::vector<CommitSha> naming = {CommitSha{"n"}};
  EXPECT_EQ(anchors_of(c, naming), (std::set<CommitSha>{CommitSha{"h"}, CommitSha{"l"}, CommitSha{"n"}}));
  c.merge_sha = {Stamp{}, CommitSha{"m"}};
  EXPECT_EQ(anchors_of(c, naming), (std::set<CommitSha>{CommitSha{"m"}}));
}

TEST(Changes, the_commit_that_a_change_reverts_is_not_its_own) {
  Change c = change();
  c.reverts = {Stamp{}, CommitSha{"r"}};
  c.head_sha = {Stamp{}, CommitSha{"h"}};
  EXPECT_FALSE(names_as_its_own(c, CommitSha{"r"}));
  EXPECT_TRUE(names_as_its_own(c, CommitSha{"h"}));
}

TEST(Changes, the_first_review_is_that_of_a_person_other_than_the_author) {
  const Policy policy;
  Change c = change();
  c.reviews = {{at(1), "ann", ReviewState::kCommented},
               {at(2), "checks[bot]", ReviewState::kApproved},
               {at(3), "bob", ReviewState::kDismissed},
               {at(4), "bob", ReviewState::kChangesRequested},
               {at(5), "cid", ReviewState::kApproved}};
  EXPECT_EQ(times_of(c, {}, policy).first_review_at, at(4));
  EXPECT_EQ(times_of(c, {}, policy).merged_at, at(2)) << "without a merge time the approval stands for it";
  c.merged_at = {Stamp{}, at(9)};
  EXPECT_EQ(times_of(c, {}, policy).merged_at, at(9));
}

TEST(Changes, a_review_by_nobody_in_particular_is_a_persons) {
  Change c = change();
  c.reviews = {{at(2), "", ReviewState::kApproved}};
  EXPECT_EQ(times_of(c, {}, Policy{}).first_review_at, at(2));
}

TEST(Changes, the_first_commit_is_the_earliest_that_anything_tells) {
  Change c = change();
  c.commits.insert({CommitSha{"l"}, at(5), ""});
  const std::vector<Commit> own = {commit("x", 4), commit("y", 6)};
  EXPECT_EQ(times_of(c, own, Policy{}).first_commit_at, at(4));
  c.first_commit_at = {Stamp{}, at(3)};
  EXPECT_EQ(times_of(c, own, Policy{}).first_commit_at, at(3));
}

TEST(Changes, a_merge_commit_speaks_for_the_first_commit_only_if_nothing_else_does) {
  Change c = change();
  c.merge_sha = {Stamp{}, CommitSha{"m"}};
  const std::vector<Commit> merge = {commit("m", 7)};
  EXPECT_EQ(times_of(c, merge, Policy{}).first_commit_at, at(7));
  const std::vector<Commit> both = {commit("m", 7), commit("x", 8)};
  EXPECT_EQ(times_of(c, both, Policy{}).first_commit_at, at(8));
}

TEST(Changes, a_squash_that_is_younger_than_the_opening_tells_no_first_commit) {
  Change c = change();
  c.merge_sha = {Stamp{}, CommitSha{"m"}};
  c.opened_at = {Stamp{}, at(6)};
  const std::vector<Commit> merge = {commit("m", 7)};
  EXPECT_EQ(times_of(c, merge, Policy{}).first_commit_at, std::nullopt);
}

TEST(Changes, a_push_tells_only_commit_times) {
  Commit c;
  c.committed_at = {Stamp{}, at(2)};
  EXPECT_EQ(authored_time(c), at(2));
  c.authored_at = {Stamp{}, at(1)};
  EXPECT_EQ(authored_time(c), at(1));
}

// main: b ← d ← m;  branch: b ← x ← y (head);  m merges y.
TEST(Changes, commits_of_a_merged_branch_belong_to_its_change) {
  CommitGraph graph;
  for (const auto& [sha, parent] :
       std::vector<std::pair<std::string, std::string>>{{"d", "b"}, {"x", "b"}, {"y", "x"}, {"m", "d"}, {"m", "y"}})
    graph.add_edge(sha, parent, EdgeKind::kParent);
  const auto v = [&](const char* sha) { return *graph.find(sha); };
  const std::set<CommitGraph::Vertex> shipped = {v("b"), v("d"), v("x"), v("y"), v("m")};
  EXPECT_THAT(members_by_graph(graph, shipped, v("m"), v("y")), testing::UnorderedElementsAre(v("x"), v("y")));
  const std::set<CommitGraph::Vertex> fewer = {v("y"), v("m")};
  EXPECT_THAT(members_by_graph(graph, fewer, v("m"), v("y")), testing::ElementsAre(v("y")));
  EXPECT_THAT(members_by_graph(graph, shipped, v("m"), std::nullopt), testing::IsEmpty());
}

TEST(Changes, commits_that_a_push_lists_under_the_merge_belong_to_its_change) {
  CommitGraph graph;
  graph.add_edge("m", "b", EdgeKind::kPush);
  graph.add_edge("m", "x", EdgeKind::kPushCovers);
  const auto v = [&](const char* sha) { return *graph.find(sha); };
  const std::set<CommitGraph::Vertex> shipped = {v("b"), v("x"), v("m")};
  EXPECT_THAT(members_by_graph(graph, shipped, v("m"), std::nullopt), testing::ElementsAre(v("x")));
}

}  // namespace
}  // namespace fairlead::metrics
