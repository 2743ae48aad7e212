#include "metrics/evidence.h"

#include <algorithm>
#include <tuple>

namespace fairlead::metrics {
namespace {

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return glob_matches(pattern, text); });
}

/// `refs/heads/hotfix/x` is the branch `hotfix/x`.
std::string_view branch_of(std::string_view ref) {
  constexpr std::string_view kHeads = "refs/heads/";
  if (ref.starts_with(kHeads)) ref.remove_prefix(kHeads.size());
  return ref;
}

bool names_commits(const Deployment& deployment) {
  return deployment.commits && !deployment.commits->empty();
}

}  // namespace

int evidence_rank(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::kPerson:
      return 0;
    case EvidenceKind::kExplicit:
      return 1;
    case EvidenceKind::kRollback:
      return 2;
    case EvidenceKind::kRevert:
      return 3;
    case EvidenceKind::kHotfix:
      return 4;
    case EvidenceKind::kCanaryAbort:
      return 5;
    case EvidenceKind::kTimeWindow:
      return 6;
  }
  return 6;
}

bool same_content(const Deployment& a, const Deployment& b) {
  if (names_commits(a) && names_commits(b)) {
    const auto sorted = [](std::vector<CommitRef> commits) {
      std::ranges::sort(commits);
      return commits;
    };
    return sorted(*a.commits) == sorted(*b.commits);
  }
  return a.version && b.version && !a.version->empty() && *a.version == *b.version;
}

bool is_rollback(const Deployment& deployment, const Deployment& predecessor, bool earlier_has_same_content) {
  if (deployment.kind.value == DeploymentKind::kRollback) return true;
  return earlier_has_same_content && !same_content(deployment, predecessor);
}

bool is_hotfix(const Policy& policy, const Deployment& deployment, std::span<const Change> shipped) {
  if (deployment.kind.value == DeploymentKind::kHotfix) return true;
  if (deployment.ref && matches_any(policy.hotfix_branches, branch_of(*deployment.ref))) return true;
  return std::ranges::any_of(shipped, [&](const Change& change) {
    if (change.head_branch && matches_any(policy.hotfix_branches, branch_of(*change.head_branch))) return true;
    return change.labels && std::ranges::any_of(*change.labels, [&](const std::string& label) {
             return matches_any(policy.hotfix_labels, label);
           });
  });
}

bool revert_counts(const Policy& policy, Instant target_at, Instant revert_at) {
  return revert_at - target_at <= policy.revert_window;
}

std::optional<Suspect> blamed(std::span<const Suspect> suspects, Instant opened_at) {
  const auto preference = [&](const Suspect& suspect) {
    const int own = evidence_rank(suspect.named_by);
    const int rank = std::min(own, suspect.other_evidence_rank.value_or(own));
    const bool after = suspect.finished_at > opened_at;
    // Before the opening the latest is nearest, after it (a named deployment, clocks that differ) the earliest.
    const std::int64_t distance = after ? (suspect.finished_at - opened_at).ms : (opened_at - suspect.finished_at).ms;
    const bool named = suspect.named_by != EvidenceKind::kTimeWindow;
    return std::tuple(!named, !suspect.successful, rank, after, distance, suspect.deployment);
  };
  const auto best = std::ranges::min_element(suspects, {}, preference);
  if (best == suspects.end()) return std::nullopt;
  return *best;
}

}  // namespace fairlead::metrics
