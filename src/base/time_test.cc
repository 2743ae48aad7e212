#include "base/time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace fairlead {
namespace {

Instant at(std::string_view text) {
  const auto parsed = parse_time(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Instant{});
}

TimeZone zone(std::string_view name) {
  const auto found = TimeZone::named(name);
  EXPECT_TRUE(found) << name;
  return found.value_or(TimeZone::utc());
}

struct Spelling {
  std::string_view text;
  std::string_view canonical;
};

TEST(Time, every_spelling_of_the_formats_reads_as_the_same_instant) {
  constexpr Spelling kSpellings[] = {
      {"2026-01-05T10:00:00Z", "2026-01-05T10:00:00Z"},
      {"2026-01-05t10:00:00z", "2026-01-05T10:00:00Z"},
      {"2026-01-05 10:00:00Z", "2026-01-05T10:00:00Z"},
      {"2026-01-05T10:00:00.1Z", "2026-01-05T10:00:00.100Z"},
      {"2026-01-05T10:00:00.123456789123456789123Z", "2026-01-05T10:00:00.123Z"},
      {"2026-01-05T10:00:00.9999Z", "2026-01-05T10:00:00.999Z"},
      {"2026-01-05T10:00:00+02:00", "2026-01-05T08:00:00Z"},
      {"2026-01-05T10:00:00-11:30", "2026-01-05T21:30:00Z"},
      {"2026-01-05T10:00:00-00:00", "2026-01-05T10:00:00Z"},
      {"2016-08-12 15:23:28 UTC", "2016-08-12T15:23:28Z"},
      {"2021-04-28 21:50:00 +0200", "2021-04-28T19:50:00Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
      {"1015-11-05T14:17:28Z", "1015-11-05T14:17:28Z"},
      {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
      // A leap second has no place of its own on our time line.
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
      {"2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500Z"},
      {"2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00Z"},
  };
  for (const auto& [text, canonical] : kSpellings) EXPECT_EQ(format_time(at(text)), canonical) << text;
}

TEST(Time, what_is_no_time_is_refused) {
  constexpr std::string_view kRefused[] = {
      "",
      "now",
      "2026-01-05",
      "2026-01-05T10:00:00",
      "2026-01-05T10:00Z",
      "2026-01-05T10:00:00Zx",
      "2026-01-05T10:00:00 ",
      "2026-01-05T10:00:00.Z",
      "2026-01-05T10:00:00,5Z",
      "2026-1-05T10:00:00Z",
      "2026-13-05T10:00:00Z",
      "2026-00-05T10:00:00Z",
      "2026-02-29T10:00:00Z",
      "2026-01-32T10:00:00Z",
      "2026-01-05T24:00:00Z",
      "2026-01-05T10:60:00Z",
      "2026-01-05T10:00:61Z",
      "2026-01-05T10:00:60Z",
      "2016-12-31T23:59:60+01:00",
      "2026-01-05T10:00:00+24:00",
      "2026-01-05T10:00:00+01:60",
      "2026-01-05T10:00:00+1",
      "0000-01-01T00:00:00Z",
      "0001-01-01T00:00:00+00:01",
      "9999-12-31T23:59:59-00:01",
      "-2026-01-05T10:00:00Z",
      "12026-01-05T10:00:00Z",
      "２026-01-05T10:00:00Z",
      std::string_view("2026-01-05T10:00:00\0Z", 21),
  };
  for (const std::string_view text : kRefused) {
    const auto parsed = parse_time(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
  }
}

TEST(Time, a_long_wrong_text_does_not_fill_the_message) {
  EXPECT_LT(parse_time(std::string(1'000'000, 'x')).error().message.size(), 200u);
  EXPECT_LT(parse_range_end(std::string(1'000'000, 'x'), {}, TimeZone::utc()).error().message.size(), 300u);
}

TEST(Time, formatted_instants_read_back_as_themselves) {
  std::mt19937_64 random(20260105);
  std::uniform_int_distribution<std::int64_t> any(kCalendarFrom.ms, kCalendarTo.ms - 1);
  for (int i = 0; i < 20'000; ++i) {
    const Instant instant{any(random)};
    ASSERT_EQ(at(format_time(instant)), instant) << format_time(instant);
  }
}

TEST(Time, every_instant_has_a_text_even_outside_the_calendar) {
  EXPECT_EQ(format_time(kCalendarTo), "+10000-01-01T00:00:00Z");
  EXPECT_EQ(format_time(kCalendarFrom - Duration::millis(1)), "0000-12-31T23:59:59.999Z");
  EXPECT_EQ(format_time({std::numeric_limits<std::int64_t>::max()}), "+292278994-08-17T07:12:55.807Z");
  EXPECT_EQ(format_time({std::numeric_limits<std::int64_t>::min()}), "-292275055-05-16T16:47:04.192Z");
}

TEST(Time, epoch_numbers_above_1e11_are_milliseconds) {
  EXPECT_EQ(time_from_epoch(1767607200), at("2026-01-05T10:00:00Z"));
  EXPECT_EQ(time_from_epoch(1767607200123), at("2026-01-05T10:00:00.123Z"));
  EXPECT_EQ(time_from_epoch(1767607200.123), at("2026-01-05T10:00:00.123Z"));
  EXPECT_EQ(time_from_epoch(100'000'000'000), at("5138-11-16T09:46:40Z"));
  EXPECT_EQ(time_from_epoch(100'000'000'001), at("1973-03-03T09:46:40.001Z"));
  EXPECT_EQ(time_from_epoch(-1), at("1969-12-31T23:59:59Z"));
  EXPECT_EQ(time_from_epoch(-0.5), at("1969-12-31T23:59:59.500Z"));
}

TEST(Time, epoch_numbers_outside_the_calendar_are_refused) {
  for (const double number : {1e15, -1e15, 1e300, -1e300, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(time_from_epoch(number)) << number;
  }
}

TEST(Time, plausible_times_are_half_open) {
  EXPECT_TRUE(plausible(at("1970-01-01T00:00:00Z")));
  EXPECT_FALSE(plausible(at("1969-12-31T23:59:59.999Z")));
  EXPECT_TRUE(plausible(at("2199-12-31T23:59:59.999Z")));
  EXPECT_FALSE(plausible(at("2200-01-01T00:00:00Z")));
}

TEST(Day, days_read_back_as_themselves) {
  for (const std::string_view text : {"0001-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "9999-12-31"}) {
    const auto day = parse_day(text);
    ASSERT_TRUE(day) << text;
    EXPECT_EQ(format_day(*day), text);
  }
  EXPECT_EQ(parse_day("1970-01-02"), Day{1});
  EXPECT_FALSE(parse_day("2026-02-29"));
  EXPECT_FALSE(parse_day("2026-01-05T"));
  EXPECT_FALSE(parse_day("2026-1-5"));
}

TEST(TimeZone, utc_needs_no_database_and_others_are_found_by_name) {
  EXPECT_EQ(zone("UTC").name(), "UTC");
  EXPECT_EQ(zone("Europe/Berlin").name(), "Europe/Berlin");
  for (const std::string_view name : {"", "Mars/Olympus", "../../etc/passwd", "/etc/localtime"}) {
    const auto found = TimeZone::named(name);
    ASSERT_FALSE(found) << name;
    EXPECT_THAT(found.error().message, testing::HasSubstr("Europe/Berlin"));
  }
}

TEST(TimeZone, days_begin_at_local_midnight) {
  const TimeZone berlin = zone("Europe/Berlin");
  EXPECT_EQ(berlin.start_of(*parse_day("2026-01-05")), at("2026-01-04T23:00:00Z"));
  EXPECT_EQ(berlin.start_of(*parse_day("2026-07-05")), at("2026-07-04T22:00:00Z"));
  EXPECT_EQ(format_day(berlin.day_of(at("2026-01-04T23:00:00Z"))), "2026-01-05");
  EXPECT_EQ(format_day(berlin.day_of(at("2026-01-04T22:59:59.999Z"))), "2026-01-04");
}

TEST(TimeZone, days_with_a_change_of_the_clock_are_shorter_or_longer) {
  const TimeZone berlin = zone("Europe/Berlin");
  const Day spring = *parse_day("2026-03-29");
  const Day autumn = *parse_day("2026-10-25");
  EXPECT_EQ(berlin.start_of({spring.number + 1}) - berlin.start_of(spring), Duration::hours(23));
  EXPECT_EQ(berlin.start_of({autumn.number + 1}) - berlin.start_of(autumn), Duration::hours(25));
}

TEST(TimeZone, a_skipped_midnight_gives_the_first_instant_that_exists) {
  // In Beirut clocks go from 00:00 to 01:00 on the last Sunday of March.
  EXPECT_EQ(zone("Asia/Beirut").start_of(*parse_day("2022-03-27")), at("2022-03-26T22:00:00Z"));
  // Samoa skipped 30 December 2011: that day is empty.
  const TimeZone apia = zone("Pacific/Apia");
  EXPECT_EQ(apia.start_of(*parse_day("2011-12-30")), apia.start_of(*parse_day("2011-12-31")));
}

TEST(TimeZone, local_times_that_clocks_show_twice_or_never_resolve) {
  const TimeZone berlin = zone("Europe/Berlin");
  EXPECT_EQ(berlin.at_local(*parse_day("2026-10-25"), Duration::seconds(9'000)), at("2026-10-25T00:30:00Z"));
  EXPECT_EQ(berlin.at_local(*parse_day("2026-03-29"), Duration::seconds(9'000)), at("2026-03-29T01:00:00Z"));
}

TEST(TimeZone, days_cut_time_into_half_open_ranges_in_every_zone) {
  // St John's went back across midnight (00:01 to 23:01) until 2006, Havana and Beirut change at midnight itself.
  for (const char* name : {"UTC", "Europe/Berlin", "America/St_Johns", "America/Havana", "Asia/Beirut", "Pacific/Apia",
                           "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo"}) {
    const TimeZone place = zone(name);
    std::mt19937_64 random(7);
    std::uniform_int_distribution<std::int64_t> any(at("1950-01-01T00:00:00Z").ms, at("2040-01-01T00:00:00Z").ms);
    for (int i = 0; i < 3'000; ++i) {
      const Instant instant{any(random)};
      const Day day = place.day_of(instant);
      ASSERT_LE(place.start_of(day), instant) << name << ' ' << format_time(instant);
      ASSERT_GT(place.start_of({day.number + 1}), instant) << name << ' ' << format_time(instant);
    }
  }
  const TimeZone st_johns = zone("America/St_Johns");
  EXPECT_EQ(format_day(st_johns.day_of(at("2006-10-29T02:30:30Z"))), "2006-10-29");
  EXPECT_EQ(format_day(st_johns.day_of(at("2006-10-29T02:45:00Z"))), "2006-10-29");  // clocks show 23:15 again
  EXPECT_EQ(format_day(st_johns.day_of(at("2006-10-29T02:29:59Z"))), "2006-10-28");
}

TEST(TimeZone, instants_outside_the_calendar_belong_to_its_first_or_last_day) {
  for (const char* name : {"UTC", "Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles"}) {
    const TimeZone place = zone(name);
    EXPECT_EQ(format_day(place.day_of({std::numeric_limits<std::int64_t>::max()})), "9999-12-31") << name;
    EXPECT_THAT(format_day(place.day_of({std::numeric_limits<std::int64_t>::min()})), "0001-01-01") << name;
  }
}

struct RangeEnd {
  std::string_view text;
  std::string_view expected;
};

TEST(RangeEnd, everything_that_users_type_is_understood) {
  const Instant now = at("2026-03-31T12:34:56.789Z");
  constexpr RangeEnd kEnds[] = {
      {"now", "2026-03-31T12:34:56.789Z"},
      {"now-30s", "2026-03-31T12:34:26.789Z"},
      {"now+30m", "2026-03-31T13:04:56.789Z"},
      {"now-2h", "2026-03-31T10:34:56.789Z"},
      {"now-7d", "2026-03-24T12:34:56.789Z"},
      {"now-1w", "2026-03-24T12:34:56.789Z"},
      {"now-1M", "2026-02-28T12:34:56.789Z"},
      {"now-1y", "2025-03-31T12:34:56.789Z"},
      {"now/s", "2026-03-31T12:34:56Z"},
      {"now/m", "2026-03-31T12:34:00Z"},
      {"now/h", "2026-03-31T12:00:00Z"},
      {"now/d", "2026-03-31T00:00:00Z"},
      {"now/w", "2026-03-30T00:00:00Z"},
      {"now/M", "2026-03-01T00:00:00Z"},
      {"now/y", "2026-01-01T00:00:00Z"},
      {"now-1M/M", "2026-02-01T00:00:00Z"},
      {"now/d-1d+6h", "2026-03-30T06:00:00Z"},
      {"2026-01-05", "2026-01-05T00:00:00Z"},
      {"2026-01-05T10:00:00+01:00", "2026-01-05T09:00:00Z"},
      {"1767607200", "2026-01-05T10:00:00Z"},
      {"1767607200123", "2026-01-05T10:00:00.123Z"},
      {"-86400", "1969-12-31T00:00:00Z"},
  };
  for (const auto& [text, expected] : kEnds) {
    const auto end = parse_range_end(text, now, TimeZone::utc());
    ASSERT_TRUE(end) << text;
    EXPECT_EQ(format_time(*end), expected) << text;
  }
}

TEST(RangeEnd, days_months_and_rounding_follow_the_zone) {
  const TimeZone berlin = zone("Europe/Berlin");
  const Instant now = at("2026-03-30T08:00:00Z");  // 10:00 in Berlin, the day after the clocks went forward
  constexpr RangeEnd kEnds[] = {
      {"now-2d", "2026-03-28T09:00:00Z"},  // still 10:00
      {"now-48h", "2026-03-28T08:00:00Z"}, {"now/d", "2026-03-29T22:00:00Z"}, {"now-1d/d", "2026-03-28T23:00:00Z"},
      {"now/w", "2026-03-29T22:00:00Z"},   {"now/M", "2026-02-28T23:00:00Z"}, {"2026-07-01", "2026-06-30T22:00:00Z"},
  };
  for (const auto& [text, expected] : kEnds) {
    const auto end = parse_range_end(text, now, berlin);
    ASSERT_TRUE(end) << text;
    EXPECT_EQ(format_time(*end), expected) << text;
  }
  EXPECT_EQ(parse_range_end("now/h", at("2026-03-30T08:40:00Z"), zone("Asia/Kathmandu")), at("2026-03-30T08:15:00Z"));
}

TEST(RangeEnd, what_the_grammar_does_not_know_is_refused) {
  for (const std::string_view text : {"",
                                      "nows",
                                      "now-",
                                      "now-7",
                                      "now-d",
                                      "now--7d",
                                      "now-+7d",
                                      "now-7D",
                                      "now/",
                                      "now/x",
                                      "now 7d",
                                      "now-1000001s",
                                      "now-99999999999999999999d",
                                      "now-8001y",
                                      "now-2027y",
                                      "now+8000y",
                                      "yesterday",
                                      "1e3",
                                      "0x10",
                                      "1.2.3",
                                      "-",
                                      "2026-01",
                                      "2026-01-05T10:00:00"}) {
    EXPECT_FALSE(parse_range_end(text, at("2026-03-31T12:34:56Z"), zone("Europe/Berlin"))) << text;
  }
}

}  // namespace
}  // namespace fairlead
