#pragma once

// Every metric that Fairlead knows, by definition profile. The API, the Prometheus exposition and the page enumerate
// this list; a metric is added here, in facts.cc, and nowhere else.

#include <span>
#include <string_view>

#include "base/result.h"
#include "model/facts.h"

namespace fairlead::metrics {

inline constexpr std::string_view kDeploymentFrequency = "deployment_frequency";
inline constexpr std::string_view kChangeLeadTime = "change_lead_time";
inline constexpr std::string_view kLeadTimeCoding = "change_lead_time_coding";
inline constexpr std::string_view kLeadTimePickup = "change_lead_time_pickup";
inline constexpr std::string_view kLeadTimeReview = "change_lead_time_review";
inline constexpr std::string_view kLeadTimeDeploy = "change_lead_time_deploy";
inline constexpr std::string_view kChangeFailRate = "change_fail_rate";
inline constexpr std::string_view kRecoveryTime = "failed_deployment_recovery_time";
inline constexpr std::string_view kReworkRate = "deployment_rework_rate";
inline constexpr std::string_view kIncidentMttr = "incident_mttr";
inline constexpr std::string_view kDeploymentFailureRate = "deployment_failure_rate";

/// How the facts of a period become a number.
enum class MetricKind : std::uint8_t {
  kCount,     ///< Facts that count, per day of the period.
  kRate,      ///< Facts with value 1, per fact that counts.
  kDuration,  ///< The median of the values.
};

struct Definition {
  std::string_view name;
  MetricKind kind;
  std::string_view unit;     ///< `per_day`, `ratio`, `seconds`.
  std::string_view better;   ///< `up` or `down`.
  std::string_view part_of;  ///< The metric whose leg this is; empty for a metric of its own.
  std::string_view formula;  ///< In one sentence, for people.
  /// The number is known for a service as soon as one of these kinds of data is.
  std::span<const DataKind> known_by;
  std::string_view unknown_without;   ///< The reason while none of them is known.
  std::string_view unknown_if_empty;  ///< The reason when no fact counts; empty: then the number is 0.
  /// Whether facts younger than the attribution window without a verdict are left out and counted as pending.
  bool verdict_takes_time = false;
};

/// The same log read by other rules. A profile is a set of definitions; facts are stored under their names.
struct Profile {
  std::string_view name;
  std::span<const Definition> definitions;

  const Definition* find(const MetricName& metric) const;
};

/// kInvalid for a name that is no profile; the message lists those that are.
Result<const Profile*> find_profile(std::string_view name);

}  // namespace fairlead::metrics
