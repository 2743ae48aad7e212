#pragma once

// What the facts of a period come to: whole days from summaries, and the (at most two) days that the period cuts from
// the facts themselves (linking.md, Summaries).

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

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

  Result<Gathered> counts(TimeRange range);

  struct Durations {
    metrics::DurationEstimate estimate;  ///< In milliseconds.
    bool from_histogram = false;
  };
  /// `count` is what `counts` said for the same range: it decides whether the values are taken exactly.
  Result<Durations> durations(TimeRange range, std::int64_t count);

 private:
  Gatherer(store::DerivedReader& reader, const Policy& policy, const metrics::Definition& definition, FactScope scope)
      : reader_(&reader), policy_(&policy), definition_(&definition), scope_(std::move(scope)) {}

  /// How a range falls into days.
  struct Parts {
    Day first;  ///< Whole days are [first, last]; none if last < first.
    Day last;
    std::vector<TimeRange> cuts;  ///< Parts of days.
  };
  /// Remembers its answers: counts and durations ask for the same ranges.
  Result<Parts> parts_of(TimeRange range);
  Result<Parts> cut(TimeRange range);
  Result<bool> any_fact(TimeRange range);
  Status add_cut(TimeRange cut, const std::function<void(const Fact&)>& take);

  store::DerivedReader* reader_;
  const Policy* policy_;
  const metrics::Definition* definition_;
  FactScope scope_;
  std::vector<SummaryPlace> places_;
  std::vector<std::pair<TimeRange, Parts>> known_parts_;
};

}  // namespace fairlead::engine
