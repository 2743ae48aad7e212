#pragma once

// The rows behind the numbers: everything that one deployment or one incident contributes to any metric, with the
// reason wherever it does not count. Stored as they are; explain lists them (invariant I5).

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "metrics/changes.h"
#include "metrics/registry.h"
#include "model/entities.h"
#include "model/facts.h"
#include "model/links.h"
#include "model/mentions.h"
#include "model/policy.h"

namespace fairlead::metrics {

/// Why a finished attempt counts neither as a success nor as a failure. Stored on disk: never changes.
inline constexpr std::string_view kDeploymentCancelled = "deployment_cancelled";
inline constexpr std::string_view kDeploymentSkipped = "deployment_skipped";

/// A change that a deployment ships, or a commit that came without one.
struct ShippedChange {
  EntityKey key;
  EntityKind kind = EntityKind::kChange;
  ChangeTimes times;
  bool by_bot = false;
  bool first_in_production = true;
};

/// A deployment with all that is linked to it.
struct LinkedDeployment {
  EntityKey key;
  const Deployment* deployment = nullptr;
  Place place;
  std::vector<StreamDeployment> streams;  ///< Empty: it names no commit, or did not succeed.
  std::vector<ShippedChange> changes;
  std::vector<Evidence> evidence;  ///< Against it.
  bool hotfix = false;
};

/// Nothing for a deployment that has not finished.
std::vector<Fact> facts_of(const LinkedDeployment& linked, const Policy& policy);

/// An incident's own facts; what it says about deployments is evidence.
std::vector<Fact> facts_of(const EntityKey& key, const Incident& incident, const Place& place);

/// When a failed deployment was remedied: the latest resolution among its incidents, else the earliest finish of what
/// rolled it back, reverted or fixed it.
std::optional<Instant> remedied_at(std::span<const Evidence> evidence);

}  // namespace fairlead::metrics
