#pragma once

#include "base/time.h"

namespace fairlead::simulate {

/// When people work: whoever starts a demo, at whatever hour, comes in the middle of a working day, so days are counted
/// from the moment of the founding. Weekends are those of the calendar. The team is spread over time zones, so its day
/// is long.
class Calendar {
 public:
  static constexpr Duration kDay = Duration::hours(24);
  static constexpr Duration kMorning = Duration::hours(6);   ///< From the start of a day's work to the founding.
  static constexpr Duration kWorkday = Duration::hours(14);  ///< The rest of the day is quiet.

  explicit Calendar(Instant founded_at) : first_morning_(founded_at - kMorning) {}

  std::int64_t day_of(Instant at) const {
    const std::int64_t since = (at - first_morning_).ms;
    return since / kDay.ms - (since % kDay.ms < 0 ? 1 : 0);
  }
  Instant morning_of(std::int64_t day) const { return first_morning_ + Duration::millis(day * kDay.ms); }
  /// In [0, 7) from Monday, as calendars have it at the founding's time of day.
  std::int64_t weekday(std::int64_t day) const {
    constexpr std::int64_t kMondayBefore1970 = 3;
    const std::int64_t since_1970 = (morning_of(day) + kMorning).ms / kDay.ms;
    return (since_1970 + kMondayBefore1970) % 7;
  }
  /// Saturdays and Sundays, but not the day of the founding: somebody looks.
  bool free(std::int64_t day) const { return day != 0 && weekday(day) >= 5; }

  bool at_work(Instant at) const {
    const std::int64_t day = day_of(at);
    return !free(day) && at - morning_of(day) < kWorkday;
  }
  /// `at` itself where people work then, else the next morning of a working day.
  Instant next_work(Instant at) const {
    if (at_work(at)) return at;
    std::int64_t day = day_of(at) + 1;
    while (free(day)) ++day;
    return morning_of(day);
  }

 private:
  Instant first_morning_;
};

}  // namespace fairlead::simulate
