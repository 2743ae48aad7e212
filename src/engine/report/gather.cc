#include "engine/report/gather.h"

#include <algorithm>
#include <functional>

#include "base/limits.h"

namespace fairlead::engine {
namespace {

constexpr std::size_t kFactsPerPage = 2'000;

template <class T>
std::vector<T> sorted_unique(std::vector<T> items) {
  std::ranges::sort(items);
  const auto repeated = std::ranges::unique(items);
  items.erase(repeated.begin(), repeated.end());
  return items;
}

/// The places whose summaries together hold each row of the scope once.
Result<std::vector<SummaryPlace>> places_of(store::DerivedReader& reader, const FactScope& scope) {
  std::vector<SummaryPlace> places;
  if (scope.environments.empty()) {
    if (scope.services.empty()) places.push_back({scope.metric, {}, {}, scope.simulated});
    for (const ServiceName& service : scope.services) places.push_back({scope.metric, service, {}, scope.simulated});
    return places;
  }
  // Both named: no need to look through all that there are. A place without summaries reads as empty.
  if (!scope.services.empty()) {
    for (const ServiceName& service : scope.services) {
      for (const EnvironmentName& environment : scope.environments) {
        if (!environment.empty()) places.push_back({scope.metric, service, environment, scope.simulated});
      }
    }
    return places;
  }
  ASSIGN_OR_RETURN(auto all, reader.summary_places(scope.metric));
  for (SummaryPlace& place : all) {
    if (place.environment.empty() || place.simulated != scope.simulated) continue;
    if (std::ranges::binary_search(scope.environments, place.environment)) places.push_back(std::move(place));
  }
  return places;
}

}  // namespace

FactScope scope_of(const ReportQuery& query, const MetricName& metric) {
  return {.metric = metric,
          .services = sorted_unique(query.services),
          .environments = sorted_unique(query.environments),
          .simulated = query.simulated};
}

store::FactQuery FactScope::facts_in(TimeRange range) const {
  store::FactQuery query;
  query.metrics = {metric};
  query.services = services;
  query.environments = environments;
  query.simulated = simulated;
  query.range = range;
  return query;
}

Result<Gatherer> Gatherer::open(store::DerivedReader& reader, const Policy& policy,
                                const metrics::Definition& definition, FactScope scope) {
  Gatherer gatherer(reader, policy, definition, std::move(scope));
  ASSIGN_OR_RETURN(gatherer.places_, places_of(reader, gatherer.scope_));
  return gatherer;
}

Result<Gathered> Gatherer::counts(TimeRange range) {
  Gathered total;
  if (range.from >= range.to) return total;
  ASSIGN_OR_RETURN(const Parts parts, parts_of(range));
  if (parts.first <= parts.last) {
    for (const SummaryPlace& place : places_) {
      ASSIGN_OR_RETURN(const auto days, reader_->summaries(place, parts.first, parts.last, false));
      for (const auto& [day, summary] : days) {
        total.count += summary.count;
        total.ones += summary.ones;
        if (summary.count > 0) total.per_day[day] += summary.count;
        for (const auto& [reason, count] : summary.excluded) total.excluded[reason] += count;
      }
    }
  }
  for (const TimeRange& cut : parts.cuts) {
    RETURN_IF_ERROR(add_cut(cut, [&](const Fact& fact) {
      if (!fact.value) {
        ++total.excluded[fact.excluded];
        return;
      }
      ++total.count;
      ++total.per_day[policy_->zone.day_of(fact.at)];
      if (definition_->kind == metrics::MetricKind::kRate) total.ones += *fact.value;
    }));
  }
  return total;
}

Result<Gatherer::Durations> Gatherer::durations(TimeRange range, std::int64_t count) {
  Durations result;
  if (range.from >= range.to || count == 0) return result;
  result.from_histogram = count > static_cast<std::int64_t>(limits::kExactValuesMax);
  ASSIGN_OR_RETURN(const Parts parts, parts_of(range));
  std::vector<std::int64_t> values;
  std::map<std::int32_t, std::int64_t> bins;
  for (const SummaryPlace& place : places_) {
    if (parts.last < parts.first) break;
    if (result.from_histogram) {
      ASSIGN_OR_RETURN(const auto counts, reader_->value_bins(place, parts.first, parts.last));
      for (const store::BinCount& bin : counts) bins[bin.bin] += bin.count;
    } else {
      ASSIGN_OR_RETURN(const auto days, reader_->summaries(place, parts.first, parts.last, true));
      for (const auto& [day, summary] : days) values.insert(values.end(), summary.values.begin(), summary.values.end());
    }
  }
  for (const TimeRange& cut : parts.cuts) {
    RETURN_IF_ERROR(add_cut(cut, [&](const Fact& fact) {
      if (!fact.value) return;
      if (result.from_histogram)
        ++bins[store::bin_of(*fact.value)];
      else
        values.push_back(*fact.value);
    }));
  }
  if (result.from_histogram) {
    std::vector<metrics::WeightedValue> weighted;
    for (const auto& [bin, n] : bins) weighted.push_back({.value = store::bin_value(bin), .count = n});
    result.estimate = metrics::estimate_durations(std::span<const metrics::WeightedValue>(weighted));
  } else {
    result.estimate = metrics::estimate_durations(std::span<std::int64_t>(values));
  }
  return result;
}

Result<Gatherer::Parts> Gatherer::parts_of(TimeRange range) {
  for (const auto& [known, parts] : known_parts_) {
    if (known == range) return parts;
  }
  ASSIGN_OR_RETURN(Parts parts, cut(range));
  known_parts_.emplace_back(range, parts);
  return parts;
}

Result<Gatherer::Parts> Gatherer::cut(TimeRange range) {
  const TimeZone& zone = policy_->zone;
  Parts parts;
  parts.first = zone.day_of(range.from);
  parts.last = zone.day_of(range.to - Duration::millis(1));
  const Instant first_start = zone.start_of(parts.first);
  const Instant last_end = zone.start_of({parts.last.number + 1});
  // A cut that cuts nothing off is none: the day's summary says the same and is cheaper. So it is with a period that
  // ends now.
  ASSIGN_OR_RETURN(const bool cut_first, any_fact({first_start, range.from}));
  ASSIGN_OR_RETURN(const bool cut_last, any_fact({range.to, last_end}));
  if (parts.first == parts.last && (cut_first || cut_last)) {
    parts.cuts.push_back(range);
    parts.last = {parts.first.number - 1};
    return parts;
  }
  if (cut_first) {
    ++parts.first.number;
    parts.cuts.push_back({range.from, zone.start_of(parts.first)});
  }
  if (cut_last) {
    parts.cuts.push_back({zone.start_of(parts.last), range.to});
    --parts.last.number;
  }
  return parts;
}

Result<bool> Gatherer::any_fact(TimeRange range) {
  if (range.from >= range.to) return false;
  store::FactQuery query = scope_.facts_in(range);
  query.limit = 1;
  ASSIGN_OR_RETURN(const auto page, reader_->facts(query));
  return !page.rows.empty();
}

Status Gatherer::add_cut(TimeRange cut, const std::function<void(const Fact&)>& take) {
  store::FactQuery query = scope_.facts_in(cut);
  query.limit = kFactsPerPage;
  do {
    ASSIGN_OR_RETURN(auto page, reader_->facts(query));
    for (const Fact& fact : page.rows) take(fact);
    query.cursor = std::move(page.next_cursor);
  } while (!query.cursor.empty());
  return {};
}

}  // namespace fairlead::engine
