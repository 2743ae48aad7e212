#include "engine/report/reporter.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "engine/report/gather.h"
#include "engine/report/knowledge.h"
#include "engine/report/period.h"
#include "metrics/registry.h"

namespace fairlead::engine {
namespace {

using metrics::Definition;
using metrics::MetricKind;

constexpr double kMsPerDay = 86'400'000.0;

/// Reasons that say that data was missing or wrong, not that the row has no part in the metric.
constexpr std::array<std::string_view, 7> kLackOfData = {
    "ancestry_unknown",           "no_commit_time",   "no_opening_time", "no_merge_time",
    "deployment_without_commits", "implausible_time", "negative_leg"};

/// Facts of the metric after this time may still turn out otherwise: their window is open (metrics.md, Pending).
TimeRange open_window(const Definition& definition, const Policy& policy, TimeRange range, Instant as_of) {
  if (!definition.verdict_takes_time) return {range.to, range.to};
  const Instant from = as_of - policy.attribution_window + Duration::millis(1);
  return {std::clamp(from, range.from, std::max(range.from, range.to)), range.to};
}

/// The median count of the calendar weeks that lie in the range as a whole; nothing if none does.
std::optional<double> median_per_week(const std::map<Day, std::int64_t>& per_day, TimeRange range,
                                      const TimeZone& zone) {
  std::int32_t first = week_of(zone.day_of(range.from));
  if (zone.start_of(monday_of(first)) < range.from) ++first;
  const std::int32_t end = week_of(zone.day_of(range.to));
  if (end <= first) return std::nullopt;
  std::vector<std::int64_t> counts(static_cast<std::size_t>(end - first), 0);
  for (const auto& [day, count] : per_day) {
    const std::int32_t week = week_of(day);
    if (week >= first && week < end) counts[static_cast<std::size_t>(week - first)] += count;
  }
  return metrics::median_of(std::move(counts));
}

/// Fills one number of a report.
class NumberMaker {
 public:
  NumberMaker(store::DerivedReader& reader, const Policy& policy, const ReportQuery& query,
              const ReportPeriods& periods, const Knowledge& knowledge, const Definition& definition)
      : reader_(reader),
        policy_(policy),
        query_(query),
        periods_(periods),
        knowledge_(knowledge),
        definition_(definition) {}

  Result<MetricValue> make() {
    MetricValue number;
    number.metric = MetricName{definition_.name};
    number.unit = definition_.unit;
    number.better = definition_.better;
    ASSIGN_OR_RETURN(auto gatherer, Gatherer::open(reader_, policy_, definition_, scope_of(query_, number.metric)));
    if (query_.interval) RETURN_IF_ERROR(gatherer.read_ahead(periods_.whole));
    ASSIGN_OR_RETURN(const Judged rows, judged(gatherer, periods_.whole));
    number.n = rows.count;
    number.pending = rows.pending;
    number.unknown = unknown_reason(rows, query_.range);
    add_exclusions(rows, number);
    add_notes(number);
    if (number.unknown.empty()) RETURN_IF_ERROR(evaluate(gatherer, rows, number));
    RETURN_IF_ERROR(add_parts(gatherer, periods_.parts, number.series));

    if (query_.interval) RETURN_IF_ERROR(gatherer.read_ahead(periods_.before));
    if (number.unknown.empty()) {
      ASSIGN_OR_RETURN(const SeriesPart before, part(gatherer, periods_.before));
      number.previous = before.value;
    }
    RETURN_IF_ERROR(add_parts(gatherer, periods_.parts_before, number.previous_series));
    return number;
  }

 private:
  /// The rows of a period; `count` is without the pending ones.
  struct Judged : Gathered {
    std::int64_t pending = 0;
  };

  Result<Judged> judged(Gatherer& gatherer, const Period& period) {
    Judged rows;
    ASSIGN_OR_RETURN(static_cast<Gathered&>(rows), gatherer.counts(period));
    const TimeRange open = open_window(definition_, policy_, period.range, query_.as_of);
    if (open.from >= open.to) return rows;
    ASSIGN_OR_RETURN(const Gathered young, gatherer.counts(Period::of(open, policy_.zone)));
    rows.pending = young.count - young.ones;
    rows.count -= rows.pending;
    return rows;
  }

  std::string unknown_reason(const Gathered& rows, TimeRange range) const {
    if (range.from >= range.to) return "empty_period";
    const auto since = knowledge_.since(definition_.known_by);
    if (!since || *since >= range.to) return std::string(definition_.unknown_without);
    if (rows.count == 0) return std::string(definition_.unknown_if_empty);
    return {};
  }

  Status add_parts(Gatherer& gatherer, std::span<const Period> periods, std::vector<SeriesPart>& parts) {
    parts.reserve(periods.size());
    for (const Period& period : periods) {
      ASSIGN_OR_RETURN(SeriesPart one, part(gatherer, period));
      parts.push_back(std::move(one));
    }
    return {};
  }

  /// The number of a period without what stands around it.
  Result<SeriesPart> part(Gatherer& gatherer, const Period& period) {
    ASSIGN_OR_RETURN(const Judged rows, judged(gatherer, period));
    SeriesPart part;
    part.range = period.range;
    part.n = rows.count;
    part.unknown = unknown_reason(rows, period.range);
    if (!part.unknown.empty()) return part;
    if (definition_.kind != MetricKind::kDuration) {
      part.value = simple_value(rows, period.range);
      return part;
    }
    ASSIGN_OR_RETURN(const auto durations, gatherer.durations(period, rows.count));
    if (durations.estimate.median) part.value = seconds(*durations.estimate.median);
    return part;
  }

  Status evaluate(Gatherer& gatherer, const Gathered& rows, MetricValue& number) {
    if (definition_.kind == MetricKind::kDuration) {
      ASSIGN_OR_RETURN(const auto durations, gatherer.durations(periods_.whole, rows.count));
      const metrics::DurationEstimate& estimate = durations.estimate;
      if (estimate.median) number.value = seconds(*estimate.median);
      number.also["p90"] = estimate.p90 ? std::optional(seconds(*estimate.p90)) : std::nullopt;
      if (estimate.median_interval) {
        number.interval_low = seconds(estimate.median_interval->low);
        number.interval_high = seconds(estimate.median_interval->high);
      }
      if (durations.from_histogram) number.notes.emplace_back("histogram");
      return {};
    }
    number.value = simple_value(rows, query_.range);
    if (definition_.kind == MetricKind::kRate) {
      if (const auto interval = metrics::wilson_interval(rows.ones, rows.count)) {
        number.interval_low = interval->low;
        number.interval_high = interval->high;
      }
    } else {
      number.also["deployment_days"] = static_cast<double>(rows.per_day.size());
      number.also["median_per_week"] = median_per_week(rows.per_day, query_.range, policy_.zone);
    }
    return {};
  }

  static double seconds(double ms) { return ms / 1000.0; }

  /// Of a count or a rate.
  std::optional<double> simple_value(const Gathered& rows, TimeRange range) const {
    if (definition_.kind == MetricKind::kCount)
      return static_cast<double>(rows.count) * kMsPerDay / static_cast<double>(range.length().ms);
    if (rows.count == 0) return std::nullopt;
    return static_cast<double>(rows.ones) / static_cast<double>(rows.count);
  }

  void add_exclusions(const Gathered& rows, MetricValue& number) const {
    std::int64_t lacking = 0;
    for (const auto& [reason, count] : rows.excluded) {
      number.exclusions.push_back({.reason = reason, .count = count});
      if (std::ranges::find(kLackOfData, reason) != kLackOfData.end()) lacking += count;
    }
    const std::int64_t judged = rows.count;
    if (judged + lacking > 0) number.coverage = static_cast<double>(judged) / static_cast<double>(judged + lacking);
  }

  void add_notes(MetricValue& number) const {
    const auto since = knowledge_.since(definition_.known_by);
    if (since && *since > query_.range.from && *since < query_.range.to)
      number.notes.push_back("known_since: " + format_time(*since));
    if (definition_.name != metrics::kChangeFailRate) return;
    const auto known = [&](DataKind kind) {
      const auto from = knowledge_.since(std::array{kind});
      return from && *from < query_.range.to;
    };
    const bool incidents = known(DataKind::kIncidents);
    const bool commits = known(DataKind::kCommits);
    if (!incidents) number.notes.emplace_back("lower_bound: no incident source");
    std::string kinds = "evidence: rollback, hotfix";
    if (commits) kinds += ", revert";
    if (incidents) kinds += ", explicit, time_window";
    number.notes.push_back(std::move(kinds));
  }

  store::DerivedReader& reader_;
  const Policy& policy_;
  const ReportQuery& query_;
  const ReportPeriods& periods_;
  const Knowledge& knowledge_;
  const Definition& definition_;
};

bool asked_for(const ReportQuery& query, const Definition& definition) {
  if (query.metrics.empty()) return true;
  return std::ranges::any_of(query.metrics, [&](const MetricName& m) { return m.text == definition.name; });
}

Status check_names(const metrics::Profile& profile, const ReportQuery& query) {
  for (const MetricName& name : query.metrics) {
    if (profile.find(name) == nullptr)
      return fail(ErrorCode::kNotFound, "profile '{}' has no metric '{}'", profile.name, name.text);
  }
  return {};
}

}  // namespace

Result<Report> Reporter::report(store::DerivedReader& reader, const ReportQuery& query) const {
  ASSIGN_OR_RETURN(const metrics::Profile* const profile, metrics::find_profile(query.profile));
  RETURN_IF_ERROR(check_names(*profile, query));
  ASSIGN_OR_RETURN(const ReportPeriods periods, ReportPeriods::of(query, policy_->zone));
  ASSIGN_OR_RETURN(const Knowledge knowledge, Knowledge::of(reader, query));
  Report report{.query = query, .time_zone = policy_->zone.name(), .metrics = {}};
  for (const Definition& definition : profile->definitions) {
    const auto whole = std::ranges::find(report.metrics, MetricName{definition.part_of}, &MetricValue::metric);
    // A leg goes with the whole that it is part of; alone only if it alone is asked for.
    if (!asked_for(query, definition) && whole == report.metrics.end()) continue;
    ASSIGN_OR_RETURN(MetricValue number, NumberMaker(reader, *policy_, query, periods, knowledge, definition).make());
    if (whole != report.metrics.end())
      whole->legs.push_back(std::move(number));
    else
      report.metrics.push_back(std::move(number));
  }
  return report;
}

Result<Explanation> Reporter::explain(store::DerivedReader& reader, const ReportQuery& query, const MetricName& metric,
                                      const RowQuery& rows) const {
  ASSIGN_OR_RETURN(const metrics::Profile* const profile, metrics::find_profile(query.profile));
  const Definition* const definition = profile->find(metric);
  if (definition == nullptr)
    return fail(ErrorCode::kNotFound, "profile '{}' has no metric '{}'", profile->name, metric.text);
  ASSIGN_OR_RETURN(const ReportPeriods periods, ReportPeriods::of(query, policy_->zone));
  ASSIGN_OR_RETURN(const Knowledge knowledge, Knowledge::of(reader, query));
  Explanation explanation;
  ASSIGN_OR_RETURN(explanation.number, NumberMaker(reader, *policy_, query, periods, knowledge, *definition).make());
  explanation.formula = definition->formula;
  if (query.range.from >= query.range.to) return explanation;

  const FactScope scope = scope_of(query, metric);
  const TimeRange open = open_window(*definition, *policy_, query.range, query.as_of);
  const auto pending = [&](const Fact& fact) { return open.contains(fact.at) && fact.value == 0; };
  store::FactQuery facts = scope.facts_in(query.range);
  facts.excluded = rows.excluded;
  facts.ascending = rows.ascending;
  facts.limit = std::clamp<std::size_t>(rows.limit, 1, limits::kListItemsMax);
  facts.cursor = rows.cursor;
  ASSIGN_OR_RETURN(auto page, reader.facts(facts));
  std::ranges::remove_copy_if(page.rows, std::back_inserter(explanation.rows), pending);
  explanation.next_cursor = std::move(page.next_cursor);

  if (open.from >= open.to) return explanation;
  store::FactQuery young = scope.facts_in(open);
  young.excluded = false;
  young.limit = limits::kListItemsMax;
  ASSIGN_OR_RETURN(const auto young_rows, reader.facts(young));
  for (const Fact& fact : young_rows.rows) {
    if (pending(fact)) explanation.pending.push_back({.deployment = fact.subject, .at = fact.at});
  }
  return explanation;
}

}  // namespace fairlead::engine
