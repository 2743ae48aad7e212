#include <date/tz.h>

#include <algorithm>
#include <chrono>

#include "base/time.h"

namespace fairlead {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int32_t kDayMin = -719'162;   // 0001-01-01
constexpr std::int32_t kDayMax = 2'932'896;  // 9999-12-31

/// Zones are only asked about years 0001 to 9999; instants beyond stand for the nearest one.
Instant nearest_in_calendar(Instant at) {
  return std::clamp(at, kCalendarFrom, kCalendarTo - Duration::millis(1));
}

const date::time_zone& database_zone(const void* zone) {
  return *static_cast<const date::time_zone*>(zone);
}

date::sys_seconds whole_seconds(Instant at) {
  return date::floor<std::chrono::seconds>(
      date::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds{nearest_in_calendar(at).ms}));
}

std::int64_t milliseconds(std::chrono::seconds seconds) {
  return std::chrono::milliseconds{seconds}.count();
}

Day day_containing(std::int64_t local_ms) {
  const std::int64_t days = local_ms / kDayMs - (local_ms % kDayMs < 0 ? 1 : 0);
  return {static_cast<std::int32_t>(std::clamp<std::int64_t>(days, kDayMin, kDayMax))};
}

}  // namespace

const TimeZone& TimeZone::utc() {
  static const TimeZone zone("UTC", nullptr);
  return zone;
}

Result<TimeZone> TimeZone::named(std::string_view name) {
  // UTC is the default and must not cost the loading of the database.
  if (name == "UTC" || name == "Etc/UTC") return utc();
  try {
    return TimeZone(std::string(name), date::locate_zone(std::string(name)));
  } catch (const std::exception&) {
    return fail(ErrorCode::kInvalid, "'{}' is no time zone that this system knows; write a name like Europe/Berlin",
                name.substr(0, 64));
  }
}

Duration TimeZone::offset_at(Instant at) const {
  if (!zone_) return {};
  return {milliseconds(database_zone(zone_).get_info(whole_seconds(at)).offset)};
}

Instant TimeZone::at_local(Day day, Duration since_midnight) const {
  const std::int64_t local_ms = day.number * kDayMs + since_midnight.ms;
  if (!zone_) return {local_ms};
  const date::local_seconds local{std::chrono::seconds{whole_seconds({local_ms}).time_since_epoch()}};
  const date::local_info info = database_zone(zone_).get_info(local);
  if (info.result == date::local_info::nonexistent) {
    return {milliseconds(info.first.end.time_since_epoch())};
  }
  return {local_ms - milliseconds(info.first.offset)};
}

Instant TimeZone::start_of(Day day) const {
  return at_local(day, {});
}

Day TimeZone::day_of(Instant at) const {
  const Day day = day_containing((nearest_in_calendar(at) + offset_at(at)).ms);
  if (!zone_ || day.number == kDayMax) return day;
  // Where clocks go back across midnight, the old day's last minutes come again after the new day has begun. They
  // belong to the new day, so that days stay half-open ranges.
  const Day next{day.number + 1};
  return start_of(next) <= at ? next : day;
}

}  // namespace fairlead
