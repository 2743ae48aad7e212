#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/entities.h"

namespace fairlead {

/// Stored on disk, append only.
enum class EdgeKind : std::uint8_t {
  kParent = 0,  ///< git, APIs, own events: a true parent.
  /// A push, which says no parents: `after → before` unless created or forced, and `after →` each listed commit of a
  /// created or forced one.
  kPush = 1,
  /// `after →` a listed commit of a push that was neither created nor forced: whatever else that commit reaches is
  /// among what the push lists or before it.
  kPushCovers = 2,
};

/// `sha` reaches `ancestor`. Edges only grow.
struct Edge {
  RepositoryName repository;
  CommitSha sha;
  CommitSha ancestor;
  EdgeKind kind = EdgeKind::kParent;
  friend auto operator<=>(const Edge&, const Edge&) = default;
};

/// A piece of a run's log. Its text stays in the journal; derived rows point at it.
struct LogChunk {
  Origin origin;
  std::string run_id;
  std::string task_id;
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
  friend auto operator<=>(const LogChunk&, const LogChunk&) = default;
};

using Observation = std::variant<Entity, Edge, LogChunk>;

/// What one delivery came to.
struct Interpretation {
  enum class Outcome : std::uint8_t {
    kAccepted = 0,     ///< At least one observation, or a kept kind without a page yet.
    kIgnored = 1,      ///< Valid, but of no interest: `reason` says why.
    kQuarantined = 2,  ///< Verified but unreadable: kept for a replay by a later version.
  };
  Outcome outcome = Outcome::kAccepted;
  std::string reason;
  std::vector<Observation> observations;
  /// Enum values that were met and not known; each became `unknown` and is counted.
  std::vector<std::string> unknown_values;
};

std::string_view to_string(Interpretation::Outcome outcome);

}  // namespace fairlead
