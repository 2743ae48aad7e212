#pragma once

// Metric scenarios as text (src/metrics/scenarios/*.txt): what happened, and what the report must say. The runner takes
// them through the real path, from the journal to the reporter. docs/metrics.md names one for each rule.
//
//   # a comment
//   policy zone=Europe/Berlin window=48h             (see apply_policy)
//   at 2026-01-05T10:00Z deploy api sha=a1           one event; deployments are d1, d2 … unless id= says otherwise
//   at 2026-01-05T09:00Z commit a1 parents=a0        times in fields: absolute, or +2h / -3d from the line's time
//   at 2026-01-05T09:00Z change 12 opened head=a1    a bare word sets its time (opened, merged, closed, resolved)
//   at 2026-01-05T11:00Z incident i1 opened
//   report 2026-01-01 2026-02-01 as_of=… service=…   what the expectations after it are about
//   expect change_lead_time p50=26h n=3
//   expect change_lead_time unknown=no_change_shipped
//   expect rows change_lead_time a1:26h d1:baseline_deployment
//   expect pending d3
//   expect ships d2 a2 a3
//   expect blamed d2 rollback:d3 explicit:i1

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/delivery.h"
#include "model/policy.h"
#include "model/report.h"

namespace fairlead::engine::testing {

struct Scenario {
  Policy policy;
  std::vector<Delivery> deliveries;
  std::map<EntityKey, std::string> names;  ///< How expectations call what events spoke of.
  struct Expectation {
    int line = 0;
    std::string what;  ///< A metric, or `rows`, `pending`, `ships`, `blamed`.
    std::vector<std::string> words;
    ReportQuery query;
  };
  std::vector<Expectation> expectations;

  EntityKey key_of(const std::string& name) const;  ///< Empty for an unknown name.
};

/// Errors name the line and what is wrong with it.
Result<Scenario> parse_scenario(std::string_view text);

/// `26h`, `1d2h`, `90m`, `45s`, `1500ms`, with an optional sign.
Result<Duration> parse_length(std::string_view text);

}  // namespace fairlead::engine::testing
