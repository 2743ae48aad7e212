#include "engine/report/period.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace fairlead::engine {
namespace {

constexpr std::int32_t kDaysPerWeek = 7;
constexpr std::int32_t kMondayBeforeEpoch = -3;  // 1970-01-01 was a Thursday

/// The first day after `day` on which a part begins.
Day next_start(Day day, Interval interval) {
  switch (interval) {
    case Interval::kDay:
      return {day.number + 1};
    case Interval::kWeek:
      return monday_of(week_of(day) + 1);
    case Interval::kMonth:
      break;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day.number}}};
  const auto next = date.year() / date.month() / 1 + std::chrono::months{1};
  return {static_cast<std::int32_t>(std::chrono::sys_days{next}.time_since_epoch().count())};
}

bool too_many(const Period& whole, Interval interval) {
  return starts_inside(whole, interval).size() >= kSeriesPartsMax;
}

Status check_count(const Period& whole, Interval interval) {
  if (!too_many(whole, interval)) return {};
  for (const Interval wider : {Interval::kWeek, Interval::kMonth}) {
    if (wider <= interval || too_many(whole, wider)) continue;
    return fail(ErrorCode::kInvalid, "interval={} cuts the range into more than {} parts: take interval={}",
                to_string(interval), kSeriesPartsMax, to_string(wider));
  }
  return fail(ErrorCode::kInvalid, "interval={} cuts the range into more than {} parts: ask for a shorter range",
              to_string(interval), kSeriesPartsMax);
}

/// `days_back` moves every start; what comes to lie outside of the range is moved to its end.
std::vector<Period> cut(TimeRange range, std::span<const Day> starts, std::int32_t days_back, const TimeZone& zone) {
  std::vector<Period> parts;
  parts.reserve(starts.size() + 1);
  Instant from = range.from;
  for (const Day start : starts) {
    const Instant to = std::clamp(zone.start_of({start.number - days_back}), from, range.to);
    parts.push_back(Period::of({from, to}, zone));
    from = to;
  }
  parts.push_back(Period::of({from, range.to}, zone));
  return parts;
}

/// As near to the length of the range as leaves every start inside of the range before it, where that is possible.
std::int32_t days_back(const Period& before, std::span<const Day> starts, Duration length) {
  const auto nearest = static_cast<std::int32_t>(std::llround(length.as_seconds() / Duration::days(1).as_seconds()));
  if (starts.empty() || before.empty()) return nearest;
  // The first instant of `before` is a cut of its own; the first start must come after its day.
  const std::int32_t at_most = starts.front().number - before.first.number - 1;
  const std::int32_t at_least = starts.back().number - before.last.number;
  return at_least <= at_most ? std::clamp(nearest, at_least, at_most) : nearest;
}

}  // namespace

Period Period::of(TimeRange range, const TimeZone& zone) {
  Period period;
  period.range = range;
  period.first = zone.day_of(range.from);
  if (period.empty()) {
    period.last = {period.first.number - 1};
    return period;
  }
  period.last = zone.day_of(range.to - Duration::millis(1));
  period.whole_days = zone.start_of(period.first) == range.from && zone.start_of({period.last.number + 1}) == range.to;
  return period;
}

Result<ReportPeriods> ReportPeriods::of(const ReportQuery& query, const TimeZone& zone) {
  ReportPeriods periods;
  periods.whole = Period::of(query.range, zone);
  const Duration length = periods.whole.empty() ? Duration{} : query.range.length();
  periods.before = Period::of({query.range.from - length, query.range.from}, zone);
  if (!query.interval) return periods;
  RETURN_IF_ERROR(check_count(periods.whole, *query.interval));
  const std::vector<Day> starts = starts_inside(periods.whole, *query.interval);
  periods.parts = cut(query.range, starts, 0, zone);
  periods.parts_before = cut(periods.before.range, starts, days_back(periods.before, starts, length), zone);
  return periods;
}

std::vector<Day> starts_inside(const Period& whole, Interval interval) {
  std::vector<Day> starts;
  for (Day day = next_start(whole.first, interval); day <= whole.last; day = next_start(day, interval)) {
    starts.push_back(day);
    if (starts.size() > kSeriesPartsMax) break;
  }
  return starts;
}

std::int32_t week_of(Day day) {
  const std::int32_t since_monday = day.number - kMondayBeforeEpoch;
  return since_monday >= 0 ? since_monday / kDaysPerWeek : -((-since_monday + kDaysPerWeek - 1) / kDaysPerWeek);
}

Day monday_of(std::int32_t week) {
  return {week * kDaysPerWeek + kMondayBeforeEpoch};
}

}  // namespace fairlead::engine
