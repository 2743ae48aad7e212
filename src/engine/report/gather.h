#pragma once

// What the facts of a period come to: whole days from summaries, and the (at most two) days that the period cuts from
// the facts themselves (linking.md, Summaries).

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/report/period.h"
#include "metrics/estimate.h"
#include "metrics/registry.h"
#include "model/policy.h"
#include "model/report.h"
#include "store/store.h"

namespace fairlead::engine {

/// Which rows of one metric a question is about.
struct FactScope {
  MetricName metric;
  std::vector<ServiceName> services;          ///< Sorted, unique; empty: all.
  std::vector<EnvironmentName> environments;  ///< Sorted, unique; empty: production.
  bool simulated = false;

  store::FactQuery facts_in(TimeRange range) const;
};
FactScope scope_of(const ReportQuery& query, const MetricName& metric);

struct Gathered {
  std::int64_t count = 0;
  std::int64_t ones = 0;
  std::map<std::string, std::int64_t> excluded;
  std::map<Day, std::int64_t> per_day;  ///< Days with facts that count.
};

/// Answers for one scope. Reads the list of places once.
class Gatherer {
 public:
  static Result<Gatherer> open(store::DerivedReader& reader, const Policy& policy,
                               const metrics::Definition& definition, FactScope scope);

  /// Reads the sums of the period's days at once, for the parts of it that are asked for next, in order. The answers
  /// are the same.
  Status read_ahead(const Period& period);

  Result<Gathered> counts(const Period& period);

  struct Durations {
    metrics::DurationEstimate estimate;  ///< In milliseconds.
    bool from_histogram = false;
  };
  /// `count` is what `counts` said for the same period: it decides whether the values are taken exactly.
  Result<Durations> durations(const Period& period, std::int64_t count);

 private:
  Gatherer(store::DerivedReader& reader, const Policy& policy, const metrics::Definition& definition, FactScope scope)
      : reader_(&reader), policy_(&policy), definition_(&definition), scope_(std::move(scope)) {}

  /// Whole days, those of [first, last]; none if last < first.
  struct Days {
    Day first;
    Day last;
    bool contains(Days other) const { return first <= other.first && other.last <= last; }
  };
  /// How a period falls into whole days, and parts of days.
  struct Parts {
    Days days;
    std::vector<TimeRange> cuts;
  };
  /// Remembers its answers: counts and durations ask for the same periods.
  Result<Parts> parts_of(const Period& period);
  Result<Parts> cut(const Period& period);
  Result<bool> any_fact(TimeRange range);
  Status add_cut(TimeRange cut, const std::function<void(const Fact&)>& take);
  Status add_counts(Days days, Gathered& total);
  Status add_values(Days days, std::vector<std::int64_t>& values);
  Status load_values(Days days);

  store::DerivedReader* reader_;
  const Policy* policy_;
  const metrics::Definition* definition_;
  FactScope scope_;
  std::vector<SummaryPlace> places_;
  std::vector<std::pair<TimeRange, Parts>> known_parts_;

  /// Read ahead, of all places together.
  struct Ahead {
    Days days;
    std::map<Day, DaySummary> counts;  ///< Without values.
    Days value_days;                   ///< As many as limits::kExactValuesMax values allow, or one question needs.
    std::map<Day, std::vector<std::int64_t>> values;
  };
  std::optional<Ahead> ahead_;
};

}  // namespace fairlead::engine
