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

Status Gatherer::read_ahead(const Period& period) {
  ahead_.reset();
  Ahead ahead{.days = {period.first, period.last}, .counts = {}, .value_days = {Day{0}, Day{-1}}, .values = {}};
  for (const SummaryPlace& place : places_) {
    ASSIGN_OR_RETURN(const auto days, reader_->summaries(place, period.first, period.last, false));
    for (const auto& [day, summary] : days) {
      DaySummary& sum = ahead.counts[day];
      sum.count += summary.count;
      sum.ones += summary.ones;
      for (const auto& [reason, count] : summary.excluded) sum.excluded[reason] += count;
    }
  }
  ahead_ = std::move(ahead);
  return {};
}

Result<Gathered> Gatherer::counts(const Period& period) {
  Gathered total;
  if (period.empty()) return total;
  ASSIGN_OR_RETURN(const Parts parts, parts_of(period));
  RETURN_IF_ERROR(add_counts(parts.days, total));
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

Status Gatherer::add_counts(Days days, Gathered& total) {
  const auto add = [&total](Day day, const DaySummary& summary) {
    total.count += summary.count;
    total.ones += summary.ones;
    if (summary.count > 0) total.per_day[day] += summary.count;
    for (const auto& [reason, count] : summary.excluded) total.excluded[reason] += count;
  };
  if (days.last < days.first) return {};
  if (ahead_ && ahead_->days.contains(days)) {
    const auto end = ahead_->counts.upper_bound(days.last);
    for (auto it = ahead_->counts.lower_bound(days.first); it != end; ++it) add(it->first, it->second);
    return {};
  }
  for (const SummaryPlace& place : places_) {
    ASSIGN_OR_RETURN(const auto found, reader_->summaries(place, days.first, days.last, false));
    for (const auto& [day, summary] : found) add(day, summary);
  }
  return {};
}

Result<Gatherer::Durations> Gatherer::durations(const Period& period, std::int64_t count) {
  Durations result;
  if (period.empty() || count == 0) return result;
  result.from_histogram = count > static_cast<std::int64_t>(limits::kExactValuesMax);
  ASSIGN_OR_RETURN(const Parts parts, parts_of(period));
  std::vector<std::int64_t> values;
  std::map<std::int32_t, std::int64_t> bins;
  if (!result.from_histogram) {
    RETURN_IF_ERROR(add_values(parts.days, values));
  } else if (parts.days.first <= parts.days.last) {
    for (const SummaryPlace& place : places_) {
      ASSIGN_OR_RETURN(const auto counts, reader_->value_bins(place, parts.days.first, parts.days.last));
      for (const store::BinCount& bin : counts) bins[bin.bin] += bin.count;
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

Status Gatherer::add_values(Days days, std::vector<std::int64_t>& values) {
  if (days.last < days.first) return {};
  if (ahead_ && ahead_->days.contains(days)) {
    if (!ahead_->value_days.contains(days)) RETURN_IF_ERROR(load_values(days));
    const auto end = ahead_->values.upper_bound(days.last);
    for (auto it = ahead_->values.lower_bound(days.first); it != end; ++it)
      values.insert(values.end(), it->second.begin(), it->second.end());
    return {};
  }
  for (const SummaryPlace& place : places_) {
    ASSIGN_OR_RETURN(const auto found, reader_->summaries(place, days.first, days.last, true));
    for (const auto& [day, summary] : found) values.insert(values.end(), summary.values.begin(), summary.values.end());
  }
  return {};
}

/// Reads the values of `days`, and of the days behind them as far as the limit allows.
Status Gatherer::load_values(Days days) {
  std::size_t held = 0;
  const auto end = ahead_->counts.end();
  for (auto it = ahead_->counts.lower_bound(days.first); it != end; ++it) {
    held += static_cast<std::size_t>(it->second.count);
    if (held > limits::kExactValuesMax && it->first > days.last) break;
    days.last = std::max(days.last, it->first);
  }
  ahead_->values.clear();
  ahead_->value_days = days;
  for (const SummaryPlace& place : places_) {
    ASSIGN_OR_RETURN(auto found, reader_->summaries(place, days.first, days.last, true));
    for (auto& [day, summary] : found) {
      std::vector<std::int64_t>& values = ahead_->values[day];
      values.insert(values.end(), summary.values.begin(), summary.values.end());
    }
  }
  return {};
}

Result<Gatherer::Parts> Gatherer::parts_of(const Period& period) {
  if (period.whole_days) return Parts{.days = {period.first, period.last}, .cuts = {}};
  for (const auto& [known, parts] : known_parts_) {
    if (known == period.range) return parts;
  }
  ASSIGN_OR_RETURN(Parts parts, cut(period));
  known_parts_.emplace_back(period.range, parts);
  return parts;
}

Result<Gatherer::Parts> Gatherer::cut(const Period& period) {
  const TimeZone& zone = policy_->zone;
  const TimeRange range = period.range;
  Parts parts{.days = {period.first, period.last}, .cuts = {}};
  Days& days = parts.days;
  const Instant first_start = zone.start_of(days.first);
  const Instant last_end = zone.start_of({days.last.number + 1});
  // A cut that cuts nothing off is none: the day's summary says the same and is cheaper. So it is with a period that
  // ends now.
  ASSIGN_OR_RETURN(const bool cut_first, any_fact({first_start, range.from}));
  ASSIGN_OR_RETURN(const bool cut_last, any_fact({range.to, last_end}));
  if (days.first == days.last && (cut_first || cut_last)) {
    parts.cuts.push_back(range);
    days.last = {days.first.number - 1};
    return parts;
  }
  if (cut_first) {
    ++days.first.number;
    parts.cuts.push_back({range.from, zone.start_of(days.first)});
  }
  if (cut_last) {
    parts.cuts.push_back({zone.start_of(days.last), range.to});
    --days.last.number;
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
