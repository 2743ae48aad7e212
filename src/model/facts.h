#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/keys.h"
#include "model/names.h"

namespace fairlead {

/// A metric's name in snake_case, as in the API; metrics/registry.h lists them all.
using MetricName = Name<struct MetricTag>;

/// One row of one metric. `explain` lists exactly these rows, so a number and its rows cannot disagree (invariant I5).
struct Fact {
  /// The entity whose recomputation writes this row (a deployment, or an incident for metrics of its own).
  EntityKey owner;
  MetricName metric;
  ServiceName service;
  EnvironmentName environment;
  bool production = false;
  /// False for a change that another production environment of the service shipped first: it counts under a filter by
  /// this environment, not in the roll-up of production.
  bool first_in_production = true;
  bool simulated = false;
  Instant at;         ///< This metric's window time: the finish, the remedy, the resolution.
  EntityKey subject;  ///< The row's subject: deployment, change, commit or incident.
  EntityKind subject_kind = EntityKind::kDeployment;
  /// Milliseconds for durations, 0 or 1 for rates and counts. Absent when excluded.
  std::optional<std::int64_t> value;
  std::string excluded;  ///< The reason (`negative_leg`, `baseline_deployment`, …); empty when it counts.
  friend auto operator<=>(const Fact&, const Fact&) = default;
};

/// The facts of one (metric, service, environment) and one day in the reporting zone, in a form that adds: bins only,
/// no order dependence (linking.md, Summaries).
struct DaySummary {
  std::int64_t count = 0;                        ///< Facts that count.
  std::int64_t ones = 0;                         ///< Of those, with value 1 (rates).
  std::vector<std::int64_t> values;              ///< Sorted, exact (durations); empty for rates and counts.
  std::map<std::string, std::int64_t> excluded;  ///< Per reason.
  friend bool operator==(const DaySummary&, const DaySummary&) = default;
};

/// The place of a summary. An empty service and environment stand for the roll-up of all production.
struct SummaryPlace {
  MetricName metric;
  ServiceName service;
  EnvironmentName environment;
  bool simulated = false;
  friend auto operator<=>(const SummaryPlace&, const SummaryPlace&) = default;
};

/// A marked day: its summaries of this service, environment and metric (and the roll-up's) are recomputed from facts.
struct DirtyDay {
  SummaryPlace place;
  Day day;
  friend auto operator<=>(const DirtyDay&, const DirtyDay&) = default;
};

/// Since when a kind of data is known for a service: unknown before, zero afterwards if silent (metrics.md).
/// Stored on disk, append only.
enum class DataKind : std::uint8_t {
  kDeployments = 0,
  kCommits = 1,
  kChanges = 2,
  kIncidents = 3,
  kClassification = 4,  ///< A deployment said its kind: rework rate is known.
};
std::string_view to_string(DataKind kind);

struct KnownSince {
  ServiceName service;
  DataKind kind = DataKind::kDeployments;
  Instant since;
  bool simulated = false;  ///< Simulated data makes only simulated data known (invariant I11).
  friend auto operator<=>(const KnownSince&, const KnownSince&) = default;
};

}  // namespace fairlead
