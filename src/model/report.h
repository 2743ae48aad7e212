#pragma once

// What the API, the page, Prometheus and exports show: computed once, rendered many times, so they cannot disagree.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/facts.h"

namespace fairlead {

/// How a series cuts its range: at the days, weeks (from Monday) or months of the reporting zone.
enum class Interval : std::uint8_t { kDay, kWeek, kMonth };
std::string_view to_string(Interval interval);
std::optional<Interval> interval_of(std::string_view name);

/// Which facts a report is about. Empty lists mean all services, and production environments.
struct ReportQuery {
  std::vector<ServiceName> services;
  std::vector<EnvironmentName> environments;
  TimeRange range;  ///< Half open, clipped to `as_of` by the caller.
  Instant as_of;
  std::string profile = "fairlead";
  bool simulated = false;            ///< Real numbers never include simulated rows, nor the reverse (invariant I11).
  std::vector<MetricName> metrics;   ///< Empty: all of the profile.
  std::optional<Interval> interval;  ///< Also the numbers of the parts of the range.
  friend bool operator==(const ReportQuery&, const ReportQuery&) = default;
};

struct ExclusionCount {
  std::string reason;
  std::int64_t count = 0;
  friend auto operator<=>(const ExclusionCount&, const ExclusionCount&) = default;
};

/// A number of a part of the range: what a report of this part alone says.
struct SeriesPart {
  TimeRange range;
  std::optional<double> value;
  std::string unknown;  ///< As in MetricValue.
  std::int64_t n = 0;
  friend bool operator==(const SeriesPart&, const SeriesPart&) = default;
};

/// One number with what it is made of. `value` is in `unit` (seconds for durations, ratio 0..1, per_day).
struct MetricValue {
  MetricName metric;
  std::string unit;    ///< `seconds`, `ratio`, `per_day`.
  std::string better;  ///< `up` or `down`.
  std::optional<double> value;
  std::string unknown;  ///< Why there is no value; empty when there is one.
  std::int64_t n = 0;   ///< Values, or the denominator.
  /// The share of the rows that could be judged: 1 when nothing was left out for lack of data.
  std::optional<double> coverage;
  std::vector<std::string> notes;  ///< `lower_bound: no incident source`, `histogram`, …
  std::optional<double> interval_low;
  std::optional<double> interval_high;
  std::optional<double> previous;  ///< The same length before.
  std::vector<ExclusionCount> exclusions;
  std::int64_t pending = 0;
  /// Further numbers of the same rows: `p90`, `deployment_days`, …
  std::map<std::string, std::optional<double>> also;
  /// The range part by part, and for each part its counterpart in the previous period. Empty without an interval.
  std::vector<SeriesPart> series;
  std::vector<SeriesPart> previous_series;
  /// Parts of the whole: the legs of lead time, each a metric of its own with its own rows.
  std::vector<MetricValue> legs;
  friend bool operator==(const MetricValue&, const MetricValue&) = default;
};

struct Report {
  ReportQuery query;
  std::string time_zone;
  std::vector<MetricValue> metrics;
  friend bool operator==(const Report&, const Report&) = default;
};

}  // namespace fairlead
