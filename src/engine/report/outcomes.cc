#include "engine/report/outcomes.h"

#include "engine/report/gather.h"
#include "engine/report/knowledge.h"
#include "engine/report/period.h"
#include "metrics/facts.h"
#include "metrics/registry.h"

namespace fairlead::engine {

Result<std::vector<DeploymentOutcomes>> deployment_outcomes(store::DerivedReader& reader, const Policy& policy,
                                                            const ReportQuery& query) {
  ASSIGN_OR_RETURN(const metrics::Profile* const profile, metrics::find_profile(query.profile));
  const MetricName metric(metrics::kDeploymentFailureRate);
  const metrics::Definition* const definition = profile->find(metric);
  if (definition == nullptr)
    return fail(ErrorCode::kInvalid, "the profile '{}' does not tell how deployments end", profile->name);
  ASSIGN_OR_RETURN(ReportPeriods periods, ReportPeriods::of(query, policy.zone));
  if (periods.parts.empty()) periods.parts.push_back(periods.whole);
  ASSIGN_OR_RETURN(const Knowledge knowledge, Knowledge::of(reader, query));
  const auto since = knowledge.since(definition->known_by);

  ASSIGN_OR_RETURN(Gatherer gatherer, Gatherer::open(reader, policy, *definition, scope_of(query, metric)));
  RETURN_IF_ERROR(gatherer.read_ahead(periods.whole));
  std::vector<DeploymentOutcomes> parts;
  parts.reserve(periods.parts.size());
  for (const Period& period : periods.parts) {
    ASSIGN_OR_RETURN(Gathered rows, gatherer.counts(period));
    DeploymentOutcomes part;
    part.range = period.range;
    part.success = rows.count - rows.ones;
    part.failed = rows.ones;
    part.cancelled = rows.excluded[std::string(metrics::kDeploymentCancelled)];
    part.skipped = rows.excluded[std::string(metrics::kDeploymentSkipped)];
    if (!since || *since >= period.range.to) part.unknown = definition->unknown_without;
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace fairlead::engine
