#pragma once

// What the shipped commits of a deployment are as changes: pull requests, or commits that came without one
// (linking.md, Links 4), and the times that lead time is made of.

#include <optional>
#include <set>
#include <span>
#include <vector>

#include "metrics/commit_graph.h"
#include "model/entities.h"
#include "model/policy.h"

namespace fairlead::metrics {

/// The shas by which a change is found among shipped commits: its merge commit; while that is unknown, its head, its
/// listed commits, and the commits whose subject says that they merge its number.
std::set<CommitSha> anchors_of(const Change& change, std::span<const CommitSha> commits_naming_number);

/// Whether the change itself names the commit as its merge, its head or one of its own. A change also *mentions* the
/// commit that it reverts, which is none of its own.
bool names_as_its_own(const Change& change, const CommitSha& sha);

/// Those of `shipped` that belong to a change with merge commit `merge` because of the graph alone: reached from
/// `head` but not from the merge's other parents, or listed by the push that brought the merge.
std::set<CommitGraph::Vertex> members_by_graph(const CommitGraph& graph, const std::set<CommitGraph::Vertex>& shipped,
                                               CommitGraph::Vertex merge, std::optional<CommitGraph::Vertex> head);

/// When the stages of a change began and ended, each where known.
struct ChangeTimes {
  std::optional<Instant> first_commit_at;
  std::optional<Instant> opened_at;
  std::optional<Instant> first_review_at;  ///< The first by a person other than the author.
  std::optional<Instant> merged_at;        ///< The merge, else the approval.
};

/// `own` are the shipped commits that belong to the change. A merge rewrites times (squash, rebase), so the merge
/// commit speaks for the first commit only where nothing else does and it is not younger than the opening.
ChangeTimes times_of(const Change& change, std::span<const Commit> own, const Policy& policy);

/// The authored time, else (a push tells no other) the commit time.
std::optional<Instant> authored_time(const Commit& commit);

}  // namespace fairlead::metrics
