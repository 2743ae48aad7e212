#include <charconv>
#include <chrono>
#include <cmath>

#include "base/time.h"

namespace fairlead {
namespace {

constexpr std::size_t kTextBytesMax = 64;
constexpr std::int64_t kAmountMax = 1'000'000;
constexpr std::string_view kUnits = "smhdwMy";

std::chrono::year_month_day calendar(Day day) {
  return std::chrono::sys_days{std::chrono::days{day.number}};
}

Day day_number(std::chrono::year_month_day date) {
  return {static_cast<std::int32_t>(std::chrono::sys_days{date}.time_since_epoch().count())};
}

/// The same day of another month, or that month's last one: 31 March minus one month is the end of February.
Day add_months(Day day, std::int64_t months) {
  using std::chrono::year_month_day;
  auto date = calendar(day) + std::chrono::months{months};
  if (!date.ok()) date = year_month_day{date.year() / date.month() / std::chrono::last};
  return day_number(date);
}

/// Seconds, minutes and hours are exact lengths; from days on the clock's time in the zone stays the same.
Instant shift(Instant at, std::int64_t amount, char unit, const TimeZone& zone) {
  if (unit == 's') return at + Duration::seconds(amount);
  if (unit == 'm') return at + Duration::seconds(amount * 60);
  if (unit == 'h') return at + Duration::hours(amount);
  const Instant local = at + zone.offset_at(at);
  const Day day = TimeZone::utc().day_of(local);
  const Duration since_midnight = local - TimeZone::utc().start_of(day);
  switch (unit) {
    case 'd':
      return zone.at_local({static_cast<std::int32_t>(day.number + amount)}, since_midnight);
    case 'w':
      return zone.at_local({static_cast<std::int32_t>(day.number + amount * 7)}, since_midnight);
    case 'M':
      return zone.at_local(add_months(day, amount), since_midnight);
    default:
      return zone.at_local(add_months(day, amount * 12), since_midnight);
  }
}

/// Weeks begin on Monday.
Instant round_down(Instant at, char unit, const TimeZone& zone) {
  const auto within = [&](std::int64_t length_ms) {
    const std::int64_t local_ms = (at + zone.offset_at(at)).ms;
    return Duration::millis((local_ms % length_ms + length_ms) % length_ms);
  };
  if (unit == 's') return at - within(1000);
  if (unit == 'm') return at - within(60'000);
  if (unit == 'h') return at - within(3'600'000);
  const Day day = zone.day_of(at);
  const auto date = calendar(day);
  switch (unit) {
    case 'd':
      return zone.start_of(day);
    case 'w':
      return zone.start_of(
          {static_cast<std::int32_t>(day.number - static_cast<int>(std::chrono::weekday{date}.iso_encoding()) + 1)});
    case 'M':
      return zone.start_of(day_number(date.year() / date.month() / 1));
    default:
      return zone.start_of(day_number(date.year() / 1 / 1));
  }
}

/// `now` and any number of steps: `-7d`, `+2h`, `/d`. Nothing where the text breaks that grammar.
std::optional<Instant> relative_time(std::string_view text, Instant now, const TimeZone& zone) {
  if (!text.starts_with("now")) return std::nullopt;
  text.remove_prefix(3);
  Instant at = now;
  while (!text.empty()) {
    const char operation = text.front();
    text.remove_prefix(1);
    std::int64_t amount = 0;
    if (operation == '-' || operation == '+') {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
      if (error != std::errc{} || amount < 0 || amount > kAmountMax || text.front() == '-') return std::nullopt;
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    } else if (operation != '/') {
      return std::nullopt;
    }
    if (text.empty() || kUnits.find(text.front()) == std::string_view::npos) return std::nullopt;
    const char unit = text.front();
    text.remove_prefix(1);
    // No step may leave the years that a calendar can name; 8,000 years are more than anybody asks for.
    if (unit == 'y' && amount > 8'000) return std::nullopt;
    if (unit == 'M' && amount > 96'000) return std::nullopt;
    at = operation == '/' ? round_down(at, unit, zone) : shift(at, operation == '-' ? -amount : amount, unit, zone);
    if (!in_calendar(at)) return std::nullopt;
  }
  return at;
}

std::optional<double> number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.-") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<Instant> parse_range_end(std::string_view text, Instant now, const TimeZone& zone) {
  if (text.size() <= kTextBytesMax) {
    if (const auto at = relative_time(text, now, zone)) return *at;
    if (const auto day = parse_day(text)) return zone.start_of(*day);
    if (const auto epoch = number(text)) return time_from_epoch(*epoch);
    if (const auto at = parse_time(text)) return *at;
  }
  return fail(ErrorCode::kInvalid,
              "'{}' is no time; write 2026-01-05T10:00:00Z, 2026-01-05, epoch seconds, or now, now-7d, now/d",
              text.substr(0, kTextBytesMax));
}

}  // namespace fairlead
