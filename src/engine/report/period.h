#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/report.h"

namespace fairlead::engine {

/// Parts of a series: a year of days, with room.
inline constexpr std::size_t kSeriesPartsMax = 400;

/// A range with the days that it falls into: the zone is asked once, for all metrics.
struct Period {
  TimeRange range;
  Day first;
  Day last;                ///< Of the last instant; before `first` where the range is empty.
  bool whole_days = true;  ///< The range is exactly these days.

  static Period of(TimeRange range, const TimeZone& zone);
  bool empty() const { return range.from >= range.to; }
};

/// What a report is asked about, and the parts of its series; no parts where no interval is asked for.
struct ReportPeriods {
  Period whole;
  Period before;  ///< The same length before.
  std::vector<Period> parts;
  /// One for each of `parts`, cut at the starts of days, too: moved back by as many whole days as come nearest to the
  /// length of the range. What lies outside of `before` is cut off, so the first or last of them may be empty.
  std::vector<Period> parts_before;

  /// kInvalid where the interval gives more than kSeriesPartsMax parts; the message says what to take.
  static Result<ReportPeriods> of(const ReportQuery& query, const TimeZone& zone);
};

/// The days inside of the range (not its first) on which a part begins: the first day of a month, a Monday, each. Ends
/// after one more than kSeriesPartsMax.
std::vector<Day> starts_inside(const Period& whole, Interval interval);

/// Weeks begin on Monday; they are counted from the one of 1970-01-01.
std::int32_t week_of(Day day);
Day monday_of(std::int32_t week);

}  // namespace fairlead::engine
