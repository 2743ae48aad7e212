#include "metrics/registry.h"

#include <algorithm>
#include <array>

namespace fairlead::metrics {
namespace {

constexpr std::array kByDeployments = {DataKind::kDeployments};
constexpr std::array kByCommits = {DataKind::kCommits, DataKind::kChanges};
constexpr std::array kByChanges = {DataKind::kChanges};
constexpr std::array kByVerdicts = {DataKind::kIncidents, DataKind::kCommits};
constexpr std::array kByIncidents = {DataKind::kIncidents};
constexpr std::array kByClassification = {DataKind::kClassification};

constexpr std::array<Definition, 11> kFairlead = {{
    {.name = kDeploymentFrequency,
     .kind = MetricKind::kCount,
     .unit = "per_day",
     .better = "up",
     .part_of = "",
     .formula = "Successful production deployments that finished in the period, divided by its length in days.",
     .known_by = kByDeployments,
     .unknown_without = "no_deployment_source",
     .unknown_if_empty = ""},
    {.name = kChangeLeadTime,
     .kind = MetricKind::kDuration,
     .unit = "seconds",
     .better = "down",
     .part_of = "",
     .formula = "Median time from a change's first commit to the finish of the deployment that first brought it to "
                "production.",
     .known_by = kByCommits,
     .unknown_without = "no_commit_data",
     .unknown_if_empty = "no_change_shipped"},
    {.name = kLeadTimeCoding,
     .kind = MetricKind::kDuration,
     .unit = "seconds",
     .better = "down",
     .part_of = kChangeLeadTime,
     .formula = "Median time from a change's first commit to its opening for review.",
     .known_by = kByChanges,
     .unknown_without = "no_change_data",
     .unknown_if_empty = "no_change_shipped"},
    {.name = kLeadTimePickup,
     .kind = MetricKind::kDuration,
     .unit = "seconds",
     .better = "down",
     .part_of = kChangeLeadTime,
     .formula = "Median time from a change's opening to the first review by a person other than its author.",
     .known_by = kByChanges,
     .unknown_without = "no_change_data",
     .unknown_if_empty = "no_review"},
    {.name = kLeadTimeReview,
     .kind = MetricKind::kDuration,
     .unit = "seconds",
     .better = "down",
     .part_of = kChangeLeadTime,
     .formula = "Median time from a change's first human review to its merge.",
     .known_by = kByChanges,
     .unknown_without = "no_change_data",
     .unknown_if_empty = "no_review"},
    {.name = kLeadTimeDeploy,
     .kind = MetricKind::kDuration,
     .unit = "seconds",
     .better = "down",
     .part_of = kChangeLeadTime,
     .formula = "Median time from a change's merge to the finish of the deployment that shipped it.",
     .known_by = kByChanges,
     .unknown_without = "no_change_data",
     .unknown_if_empty = "no_change_shipped"},
    {.name = kChangeFailRate,
     .kind = MetricKind::kRate,
     .unit = "ratio",
     .better = "down",
     .part_of = "",
     .formula = "Successful production deployments that caused an incident or were rolled back, reverted or hotfixed, "
                "divided by all that have a verdict.",
     .known_by = kByVerdicts,
     .unknown_without = "no_incident_or_commit_data",
     .unknown_if_empty = "no_deployment",
     .verdict_takes_time = true},
    {.name = kRecoveryTime,
     .kind = MetricKind::kDuration,
     .unit = "seconds",
     .better = "down",
     .part_of = "",
     .formula = "Median time from the finish of a failed deployment to its remedy: the last of its incidents' "
                "resolutions, else the rollback, revert or hotfix.",
     .known_by = kByVerdicts,
     .unknown_without = "no_incident_or_commit_data",
     .unknown_if_empty = "no_remedied_failure"},
    {.name = kReworkRate,
     .kind = MetricKind::kRate,
     .unit = "ratio",
     .better = "down",
     .part_of = "",
     .formula = "Unplanned production deployments that fix a user-facing bug (rework and hotfix), divided by all "
                "successful production deployments.",
     .known_by = kByClassification,
     .unknown_without = "never_classified",
     .unknown_if_empty = "no_deployment"},
    {.name = kIncidentMttr,
     .kind = MetricKind::kDuration,
     .unit = "seconds",
     .better = "down",
     .part_of = "",
     .formula = "Median time from an incident's opening to its resolution, whether or not a deployment caused it.",
     .known_by = kByIncidents,
     .unknown_without = "no_incident_source",
     .unknown_if_empty = "no_resolved_incident"},
    {.name = kDeploymentFailureRate,
     .kind = MetricKind::kRate,
     .unit = "ratio",
     .better = "down",
     .part_of = "",
     .formula = "Production deployment attempts that failed, divided by those that failed or succeeded.",
     .known_by = kByDeployments,
     .unknown_without = "no_deployment_source",
     .unknown_if_empty = "no_deployment"},
}};

constexpr std::array<Profile, 1> kProfiles = {{{.name = "fairlead", .definitions = kFairlead}}};

}  // namespace

const Definition* Profile::find(const MetricName& metric) const {
  const auto found = std::ranges::find(definitions, std::string_view(metric.text), &Definition::name);
  return found == definitions.end() ? nullptr : &*found;
}

Result<const Profile*> find_profile(std::string_view name) {
  const auto* const found = std::ranges::find(kProfiles, name, &Profile::name);
  if (found != kProfiles.end()) return found;
  std::string names;
  for (const Profile& profile : kProfiles) names += fmt::format("{}{}", names.empty() ? "" : ", ", profile.name);
  return fail(ErrorCode::kInvalid, "there is no definition profile '{}'; known: {}", name, names);
}

}  // namespace fairlead::metrics
