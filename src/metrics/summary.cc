#include "metrics/summary.h"

#include <algorithm>

namespace fairlead::metrics {

DaySummary summarize(const Definition& definition, std::span<const Fact> facts) {
  DaySummary summary;
  for (const Fact& fact : facts) {
    if (!fact.value) {
      ++summary.excluded[fact.excluded];
      continue;
    }
    ++summary.count;
    if (definition.kind == MetricKind::kDuration) summary.values.push_back(*fact.value);
    if (definition.kind == MetricKind::kRate) summary.ones += *fact.value;
  }
  std::ranges::sort(summary.values);
  return summary;
}

std::vector<SummaryPlace> places_of(const Fact& fact) {
  std::vector<SummaryPlace> places;
  const auto place = [&](const ServiceName& service, const EnvironmentName& environment) {
    places.push_back({fact.metric, service, environment, fact.simulated});
  };
  if (!fact.environment.empty()) place(fact.service, fact.environment);
  if (!fact.production || !fact.first_in_production) return places;
  place({}, {});
  if (!fact.service.empty()) place(fact.service, {});
  return places;
}

}  // namespace fairlead::metrics
