#pragma once

// Derived relations (linking.md). Each row is a pure function of entities and edges and is rewritten only where it
// differs.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/keys.h"
#include "model/names.h"

namespace fairlead {

/// What a deployment's place in the order of its stream came to. A stream is (service, environment, repository).
struct StreamDeployment {
  ServiceName service;
  EnvironmentName environment;
  RepositoryName repository;
  EntityKey deployment;
  Instant finished_at;
  bool baseline = false;          ///< The stream's first: it ships nothing.
  bool ancestry_unknown = false;  ///< Its walk met a commit without known ancestors; see Missing.
  std::int64_t shipped_count = 0;
  friend auto operator<=>(const StreamDeployment&, const StreamDeployment&) = default;
};

/// The earliest successful deployment of the stream that reaches the commit.
struct Shipped {
  RepositoryName repository;
  CommitSha sha;
  ServiceName service;
  EnvironmentName environment;
  EntityKey deployment;
  friend auto operator<=>(const Shipped&, const Shipped&) = default;
};

/// A walk of `deployment` stopped at `sha`, because its ancestors are unknown. When they come, `service` is marked
/// since `since`, the finish of that deployment.
struct Missing {
  RepositoryName repository;
  CommitSha sha;
  ServiceName service;
  EnvironmentName environment;
  EntityKey deployment;
  Instant since;
  friend auto operator<=>(const Missing&, const Missing&) = default;
};

/// Strongest first. Stored on disk, append only; strength is `evidence_strength`, not the number.
enum class EvidenceKind : std::uint8_t {
  kExplicit = 0,
  kRollback = 1,
  kRevert = 2,
  kHotfix = 3,
  kCanaryAbort = 4,
  kPerson = 5,
  kTimeWindow = 6,
};
std::string_view to_string(EvidenceKind kind);

/// Says that `deployment` failed its users. Belongs to its giver `by` (the incident, the deployment that rolled back or
/// fixed, the deployment that shipped the revert): recomputing the giver rewrites its rows.
struct Evidence {
  EntityKey by;
  EntityKey deployment;
  EvidenceKind kind = EvidenceKind::kExplicit;
  ServiceName service;                 ///< Of the blamed deployment.
  Instant at;                          ///< When the giver happened: the incident's opening, the remedy's finish.
  std::optional<Instant> remedied_at;  ///< The incident's resolution or the remedy's finish, where known.
  /// Set when the evidence does not count, e.g. `deployment_not_successful`: listed with the deployment's exclusions.
  std::string excluded;
  friend auto operator<=>(const Evidence&, const Evidence&) = default;
};

}  // namespace fairlead
