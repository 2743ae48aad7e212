#include "base/time.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace fairlead {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr double kEpochMillisecondsAbove = 1e11;

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

constexpr std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  return a % b + (a % b < 0 ? b : 0);
}

/// Takes a text apart from the left; a failed step leaves it where it was.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_any(std::string_view wanted) {
    if (rest_.empty() || wanted.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  /// The first three digits of a fraction; the finer ones are passed over. Nothing without at least one digit.
  std::optional<int> fraction_ms() {
    int value = 0;
    std::size_t count = 0;
    while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
      if (count < 3) value = value * 10 + (rest_[count] - '0');
      ++count;
    }
    if (count == 0) return std::nullopt;
    for (std::size_t i = count; i < 3; ++i) value *= 10;
    rest_.remove_prefix(count);
    return value;
  }

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> scan_days(Scanner& in) {
  const auto year = in.digits(4);
  if (!year || *year == 0 || !in.take('-')) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.take('-')) return std::nullopt;
  const auto day = in.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

struct TimeOfDay {
  std::int64_t ms = 0;
  bool leap_second = false;
};

std::optional<TimeOfDay> scan_time_of_day(Scanner& in) {
  const auto hour = in.digits(2);
  if (!hour || *hour > 23 || !in.take(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59 || !in.take(':')) return std::nullopt;
  const auto second = in.digits(2);
  if (!second || *second > 60) return std::nullopt;
  TimeOfDay time{((*hour * 60 + *minute) * 60 + *second) * 1000LL, *second == 60};
  if (in.take('.')) {
    const auto fraction = in.fraction_ms();
    if (!fraction) return std::nullopt;
    time.ms += *fraction;
  }
  return time;
}

/// `Z`, `UTC`, `+02:00`, `+0200`, each after an optional space.
std::optional<std::int64_t> scan_offset_ms(Scanner& in) {
  in.take(' ');
  if (in.take_any("Zz") || in.take_word("UTC")) return 0;
  const bool west = in.take('-');
  if (!west && !in.take('+')) return std::nullopt;
  const auto hours = in.digits(2);
  if (!hours || *hours > 23) return std::nullopt;
  in.take(':');
  const auto minutes = in.digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::int64_t ms = (*hours * 60 + *minutes) * 60'000LL;
  return west ? -ms : ms;
}

std::optional<Instant> scan_time(Scanner& in) {
  const auto days = scan_days(in);
  if (!days || !in.take_any("Tt ")) return std::nullopt;
  const auto time = scan_time_of_day(in);
  if (!time) return std::nullopt;
  const auto offset_ms = scan_offset_ms(in);
  if (!offset_ms || !in.at_end()) return std::nullopt;
  const Instant at{*days * kDayMs + time->ms - *offset_ms};
  // Leap seconds are inserted at the end of a UTC day. Our time line has no room for them: they become the first
  // second of the next day.
  if (time->leap_second && floor_mod(at.ms, kDayMs) >= 1000) return std::nullopt;
  return in_calendar(at) ? std::optional(at) : std::nullopt;
}

/// The calendar repeats every 400 years, and std::chrono's years end at 32767: reducing to one cycle keeps every
/// Instant printable.
void append_date(std::string& out, std::int64_t days) {
  constexpr std::int64_t kCycleDays = 146'097;
  const std::int64_t cycle = floor_div(days, kCycleDays);
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(floor_mod(days, kCycleDays))}}};
  const std::int64_t year = cycle * 400 + static_cast<int>(date.year());
  const auto month = static_cast<unsigned>(date.month());
  const auto day = static_cast<unsigned>(date.day());
  if (year >= 0 && year <= 9999) {
    fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}", year, month, day);
  } else {
    fmt::format_to(std::back_inserter(out), "{:+05}-{:02}-{:02}", year, month, day);
  }
}

}  // namespace

Result<Instant> parse_time(std::string_view text) {
  Scanner in(text);
  if (const auto at = scan_time(in)) return *at;
  return fail(ErrorCode::kInvalid, "'{}' is no time; write it as 2026-01-05T10:00:00Z", text.substr(0, 64));
}

Result<Instant> time_from_epoch(double number) {
  if (!std::isfinite(number)) return fail(ErrorCode::kInvalid, "an epoch time must be a finite number");
  // A fraction of seconds is rarely exact in binary; half a microsecond keeps .123 from becoming .122.
  const double ms = std::abs(number) > kEpochMillisecondsAbove ? number : number * 1000.0 + 0.0005;
  const double whole = std::floor(ms);
  if (whole < static_cast<double>(kCalendarFrom.ms) || whole >= static_cast<double>(kCalendarTo.ms)) {
    return fail(ErrorCode::kInvalid, "the epoch time {} is outside the years 0001 to 9999", number);
  }
  return Instant{static_cast<std::int64_t>(whole)};
}

std::string format_time(Instant at) {
  std::string out;
  out.reserve(24);
  append_date(out, floor_div(at.ms, kDayMs));
  const std::int64_t ms = floor_mod(at.ms, kDayMs);
  const std::int64_t seconds = ms / 1000;
  fmt::format_to(std::back_inserter(out), "T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (ms % 1000 != 0) fmt::format_to(std::back_inserter(out), ".{:03}", ms % 1000);
  out.push_back('Z');
  return out;
}

std::string format_day(Day day) {
  std::string out;
  append_date(out, day.number);
  return out;
}

Result<Day> parse_day(std::string_view text) {
  Scanner in(text);
  const auto days = scan_days(in);
  if (!days || !in.at_end()) {
    return fail(ErrorCode::kInvalid, "'{}' is no day; write it as 2026-01-05", text.substr(0, 64));
  }
  return Day{static_cast<std::int32_t>(*days)};
}

}  // namespace fairlead
