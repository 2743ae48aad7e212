#include "metrics/changes.h"

#include <algorithm>

namespace fairlead::metrics {
namespace {

void take_earlier(std::optional<Instant>& least, std::optional<Instant> at) {
  if (at && (!least || *at < *least)) least = at;
}

bool known(const Register<CommitSha>& sha) {
  return sha && !sha->empty();
}

/// What `from` reaches inside `shipped`.
std::set<CommitGraph::Vertex> reach_within(const CommitGraph& graph, const std::set<CommitGraph::Vertex>& shipped,
                                           std::vector<CommitGraph::Vertex> from) {
  std::set<CommitGraph::Vertex> reached;
  while (!from.empty()) {
    const CommitGraph::Vertex vertex = from.back();
    from.pop_back();
    if (!shipped.contains(vertex) || !reached.insert(vertex).second) continue;
    graph.for_each_edge_of(vertex, [&](const CommitGraph::Edge& edge) { from.push_back(edge.to); });
  }
  return reached;
}

std::optional<Instant> first_human_review(const Change& change, const Policy& policy) {
  const std::string author = change.author.value_or({});
  for (const Review& review : change.reviews) {  // ordered by time
    if (review.state == ReviewState::kDismissed) continue;
    if (!review.by.empty() && (review.by == author || is_bot(policy, review.by))) continue;
    return review.at;
  }
  return std::nullopt;
}

std::optional<Instant> merge_or_approval(const Change& change) {
  if (change.merged_at && *change.merged_at) return *change.merged_at;
  std::optional<Instant> approved;
  for (const Review& review : change.reviews) {
    if (review.state == ReviewState::kApproved) take_earlier(approved, review.at);
  }
  return approved;
}

}  // namespace

std::set<CommitSha> anchors_of(const Change& change, std::span<const CommitSha> commits_naming_number) {
  if (known(change.merge_sha)) return {*change.merge_sha};
  std::set<CommitSha> anchors(commits_naming_number.begin(), commits_naming_number.end());
  if (known(change.head_sha)) anchors.insert(*change.head_sha);
  for (const ListedCommit& commit : change.commits) anchors.insert(commit.sha);
  return anchors;
}

bool names_as_its_own(const Change& change, const CommitSha& sha) {
  if (change.merge_sha.value == sha || change.head_sha.value == sha) return true;
  return std::ranges::any_of(change.commits, [&](const ListedCommit& commit) { return commit.sha == sha; });
}

std::set<CommitGraph::Vertex> members_by_graph(const CommitGraph& graph, const std::set<CommitGraph::Vertex>& shipped,
                                               CommitGraph::Vertex merge, std::optional<CommitGraph::Vertex> head) {
  std::set<CommitGraph::Vertex> members;
  std::vector<CommitGraph::Vertex> other_parents;
  graph.for_each_edge_of(merge, [&](const CommitGraph::Edge& edge) {
    if (edge.kind == EdgeKind::kPushCovers && shipped.contains(edge.to)) members.insert(edge.to);
    if (edge.kind == EdgeKind::kParent && edge.to != head) other_parents.push_back(edge.to);
  });
  if (!head || *head == merge || graph.parent_count(merge) < 2) return members;
  const auto of_others = reach_within(graph, shipped, std::move(other_parents));
  for (const CommitGraph::Vertex vertex : reach_within(graph, shipped, {*head})) {
    if (!of_others.contains(vertex)) members.insert(vertex);
  }
  return members;
}

ChangeTimes times_of(const Change& change, std::span<const Commit> own, const Policy& policy) {
  ChangeTimes times;
  times.opened_at = change.opened_at.value;
  times.first_review_at = first_human_review(change, policy);
  times.merged_at = merge_or_approval(change);

  take_earlier(times.first_commit_at, change.first_commit_at.value);
  for (const ListedCommit& commit : change.commits) take_earlier(times.first_commit_at, commit.authored_at);
  std::optional<Instant> merge_authored;
  for (const Commit& commit : own) {
    const bool is_merge = change.merge_sha.value == commit.sha() && change.head_sha.value != commit.sha();
    take_earlier(is_merge ? merge_authored : times.first_commit_at, authored_time(commit));
  }
  const bool restamped = times.opened_at && merge_authored && *merge_authored > *times.opened_at;
  if (!times.first_commit_at && !restamped) times.first_commit_at = merge_authored;
  return times;
}

std::optional<Instant> authored_time(const Commit& commit) {
  return commit.authored_at ? commit.authored_at.value : commit.committed_at.value;
}

}  // namespace fairlead::metrics
