#pragma once

// Which deployment failed its users, and what says so (metrics.md, Rules). Pure decisions over what the engine looked
// up; none of them depends on the clock.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/entities.h"
#include "model/links.h"
#include "model/policy.h"

namespace fairlead::metrics {

/// 0 is the strongest: explicit, rollback, revert, hotfix, canary abort, time window. A person's word outranks all.
int evidence_rank(EvidenceKind kind);

/// Whether two deployments put the same thing in place: the same commits, or, where one names none, the same version.
bool same_content(const Deployment& a, const Deployment& b);

/// A deployment of what an earlier success (`earlier`, of the same service and environment, before `predecessor`) had
/// and the predecessor has not; or one that says of itself that it is a rollback.
bool is_rollback(const Deployment& deployment, const Deployment& predecessor, bool earlier_has_same_content);

/// By its kind, its branch, or the branch or a label of a change that it ships.
bool is_hotfix(const Policy& policy, const Deployment& deployment, std::span<const Change> shipped);

/// Whether a revert shipped at `revert_at` still speaks about what shipped at `target_at`.
bool revert_counts(const Policy& policy, Instant target_at, Instant revert_at);

/// A deployment that an incident may blame.
struct Suspect {
  EntityKey deployment;
  ServiceName service;
  Instant finished_at;
  bool successful = true;
  EvidenceKind named_by = EvidenceKind::kTimeWindow;  ///< kExplicit, or kTimeWindow.
  /// The rank of the strongest evidence against it that does not come from an incident.
  std::optional<int> other_evidence_rank;
};

/// The one deployment that the incident blames: strongest evidence first, then the latest finish not after the opening,
/// then the least key. One that is named but did not succeed is blamed only where no success is named, and then does
/// not count (`deployment_not_successful`).
std::optional<Suspect> blamed(std::span<const Suspect> suspects, Instant opened_at);

}  // namespace fairlead::metrics
