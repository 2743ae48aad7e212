#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fairlead {

/// A length of time in whole milliseconds.
struct Duration {
  std::int64_t ms = 0;

  static constexpr Duration millis(std::int64_t n) { return {n}; }
  static constexpr Duration seconds(std::int64_t n) { return {n * 1000}; }
  static constexpr Duration hours(std::int64_t n) { return {n * 3'600'000}; }
  static constexpr Duration days(std::int64_t n) { return {n * 86'400'000}; }
  constexpr double as_seconds() const { return static_cast<double>(ms) / 1000.0; }

  friend constexpr auto operator<=>(Duration, Duration) = default;
};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. Finer fractions that a source sends are cut off.
struct Instant {
  std::int64_t ms = 0;

  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant at, Duration d) { return {at.ms + d.ms}; }
  friend constexpr Instant operator-(Instant at, Duration d) { return {at.ms - d.ms}; }
  friend constexpr Duration operator-(Instant a, Instant b) { return {a.ms - b.ms}; }
};

/// Times outside [1970-01-01, 2200-01-01) are implausible: own events carrying them are rejected, others are kept
/// and excluded from metrics with the reason `implausible_time`.
inline constexpr Instant kPlausibleFrom{0};
inline constexpr Instant kPlausibleTo{7'258'118'400'000};
constexpr bool plausible(Instant at) {
  return at >= kPlausibleFrom && at < kPlausibleTo;
}

/// Whether a calendar with years 0001 to 9999 can name the instant; no parser here gives another one.
inline constexpr Instant kCalendarFrom{-62'135'596'800'000};
inline constexpr Instant kCalendarTo{253'402'300'800'000};
constexpr bool in_calendar(Instant at) {
  return at >= kCalendarFrom && at < kCalendarTo;
}

/// Reads RFC 3339 (`2026-01-05T10:00:00.123Z`, any offset, `t`/space as separator, any number of fraction digits) and
/// the forms GitLab sends: `2016-08-12 15:23:28 UTC`, `2021-04-28 21:50:00 +0200`. Years 0001 to 9999.
Result<Instant> parse_time(std::string_view text);

/// Epoch seconds or milliseconds: an absolute value above 1e11 means milliseconds (design.md, Events).
Result<Instant> time_from_epoch(double number);

/// `2026-01-05T10:00:00Z`, with `.123` only where the milliseconds are not zero. Every Instant has such a text; years
/// outside 0000 to 9999 carry a sign (`+10000-01-01T…`), so that equal texts mean equal instants.
std::string format_time(Instant at);

/// A calendar day in some zone, counted from 1970-01-01 = 0.
struct Day {
  std::int32_t number = 0;
  friend constexpr auto operator<=>(Day, Day) = default;
};

/// `2026-01-05`.
std::string format_day(Day day);
Result<Day> parse_day(std::string_view text);

/// An IANA time zone of the system's database ("UTC", "Europe/Berlin"). Cheap to copy, immutable, thread-safe.
class TimeZone {
 public:
  static const TimeZone& utc();
  static Result<TimeZone> named(std::string_view name);

  const std::string& name() const { return name_; }
  Day day_of(Instant at) const;
  /// The first instant of the day. Where a DST change skips midnight, the first instant that exists. Days are cut
  /// exactly there: day_of(at) == d says the same as start_of(d) <= at && at < start_of(d + 1).
  Instant start_of(Day day) const;
  /// What clocks in the zone show beyond UTC.
  Duration offset_at(Instant at) const;
  /// When clocks in the zone show `since_midnight` on `day`: the earlier one where they show it twice, the first
  /// instant after the gap where they never do.
  Instant at_local(Day day, Duration since_midnight) const;

 private:
  TimeZone(std::string name, const void* zone) : name_(std::move(name)), zone_(zone) {}
  std::string name_;
  const void* zone_;  // const date::time_zone*, null for UTC (no database needed); lives as long as the process
};

/// Half open: [from, to).
struct TimeRange {
  Instant from;
  Instant to;
  friend constexpr bool operator==(TimeRange, TimeRange) = default;
  constexpr bool contains(Instant at) const { return at >= from && at < to; }
  constexpr Duration length() const { return to - from; }
};

/// One end of a range as users type it: RFC 3339, `2026-01-05` (the start of that day in `zone`), epoch seconds or
/// milliseconds, or the grammar `now`, `now-7d`, `now/d`, `now-1M/M` (units s m h d w M y; `/` rounds down in `zone`).
Result<Instant> parse_range_end(std::string_view text, Instant now, const TimeZone& zone);

}  // namespace fairlead
