#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/policy.h"
#include "model/report.h"
#include "store/store.h"

namespace fairlead::engine {

/// How the deployments that finished in a part of a range ended. One that runs has no outcome yet.
struct DeploymentOutcomes {
  TimeRange range;
  std::int64_t success = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;
  std::int64_t skipped = 0;
  std::string unknown;  ///< Why nothing is known of the part; then the counts mean nothing.
  friend bool operator==(const DeploymentOutcomes&, const DeploymentOutcomes&) = default;
};

/// For each part of the range by `query.interval` (without one: for the whole). Made of the rows of
/// `deployment_failure_rate`, which are one for each finished deployment, and so mostly of sums of days: the work does
/// not grow with the number of deployments.
Result<std::vector<DeploymentOutcomes>> deployment_outcomes(store::DerivedReader& reader, const Policy& policy,
                                                            const ReportQuery& query);

}  // namespace fairlead::engine
