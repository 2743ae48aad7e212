// Series: each part is what a report of that part alone says, whatever the zone and wherever the range begins.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/report/outcomes.h"
#include "engine/report/period.h"
#include "engine/report/reporter.h"
#include "engine/testing/dice.h"
#include "engine/testing/settled.h"
#include "metrics/registry.h"
#include "metrics/summary.h"
#include "store/memory/memory_store.h"

namespace fairlead::engine {
namespace {

using testing::Dice;
using testing::must;

Instant time_of(std::string_view text) {
  return must(parse_time(text));
}

/// Facts of every metric, between February and November 2026, stored with their summaries in Berlin's days.
class RandomFacts {
 public:
  explicit RandomFacts(std::uint64_t seed) : dice_(seed) {
    policy.zone = must(TimeZone::named("Europe/Berlin"));
    auto writer = must(derived_->write());
    std::map<std::pair<SummaryPlace, Day>, std::vector<Fact>> days;
    for (const metrics::Definition& definition : must(metrics::find_profile("fairlead"))->definitions) {
      for (int i = 0; i < 120; ++i) {
        const Fact fact = random_fact(definition, i);
        writer->replace_facts(fact.owner, std::vector{fact});
        for (const SummaryPlace& place : metrics::places_of(fact))
          days[{place, policy.zone.day_of(fact.at)}].push_back(fact);
      }
    }
    for (const auto& [where, facts] : days) {
      const auto& definition = *must(metrics::find_profile("fairlead"))->find(where.first.metric);
      writer->put_summary(where.first, where.second, metrics::summarize(definition, facts));
    }
    for (const char* service : {"shop", "desk"}) know(*writer, service);
    must(writer->commit());
    reader = must(derived_->read());
  }

  ReportQuery random_query() {
    ReportQuery query;
    // Midnights, hours and odd times, around both changes of the clock too.
    const Instant first = time_of("2026-02-10T00:00:00Z");
    query.range.from = first + Duration::hours(dice_.between(0, 200 * 24));
    query.range.to = query.range.from + Duration::hours(dice_.between(1, 70 * 24));
    if (dice_.chance(40)) query.range.from = policy.zone.start_of(policy.zone.day_of(query.range.from));
    if (dice_.chance(40)) query.range.to = query.range.to + Duration::millis(dice_.between(1, 3'600'000));
    query.as_of = query.range.to + Duration::hours(dice_.between(0, 30));
    if (dice_.chance(50)) query.services = {ServiceName("shop")};
    if (dice_.chance(30)) query.environments = {EnvironmentName("production")};
    query.interval = dice_.pick(std::vector{Interval::kDay, Interval::kWeek, Interval::kMonth});
    return query;
  }

  Policy policy;
  std::unique_ptr<store::DerivedReader> reader;

 private:
  Fact random_fact(const metrics::Definition& definition, int i) {
    Fact fact;
    fact.metric = MetricName{definition.name};
    fact.subject = EntityKey::of(EntityKind::kDeployment, Origin("test"), fmt::format("{} {}", definition.name, i));
    fact.owner = fact.subject;
    fact.service = ServiceName(dice_.chance(50) ? "shop" : "desk");
    fact.environment = EnvironmentName("production");
    fact.production = true;
    fact.at = time_of("2026-02-10T00:00:00Z") + Duration::millis(dice_.between(0, 280LL * 86'400'000));
    // Some exactly at a midnight of the zone and just before it.
    if (dice_.chance(25)) fact.at = policy.zone.start_of(policy.zone.day_of(fact.at)) - Duration::millis(i % 2);
    if (dice_.chance(10)) {
      fact.excluded = "no_commit_time";
    } else {
      fact.value = definition.kind == metrics::MetricKind::kDuration ? dice_.between(0, 90'000'000)
                   : definition.kind == metrics::MetricKind::kRate   ? dice_.between(0, 1)
                                                                     : 1;
    }
    return fact;
  }

  void know(store::DerivedWriter& writer, const char* service) {
    std::vector<KnownSince> known;
    for (const DataKind kind : {DataKind::kDeployments, DataKind::kCommits, DataKind::kChanges, DataKind::kIncidents,
                                DataKind::kClassification}) {
      // Within the range of many questions, so that parts before it are unknown.
      known.push_back({ServiceName(service), kind, time_of("2026-03-20T10:00:00Z"), false});
    }
    writer.replace_known_since(ServiceName(service), known);
  }

  Dice dice_;
  std::unique_ptr<store::Derived> derived_ = store::make_memory_derived();
};

/// The same number in a report of one part.
const MetricValue& number_of(const Report& report, const MetricName& metric) {
  for (const MetricValue& number : report.metrics) {
    if (number.metric == metric) return number;
    for (const MetricValue& leg : number.legs) {
      if (leg.metric == metric) return leg;
    }
  }
  CHECK(false);
  return report.metrics.front();
}

std::vector<MetricValue> with_legs(const Report& report) {
  std::vector<MetricValue> all = report.metrics;
  for (const MetricValue& number : report.metrics) all.insert(all.end(), number.legs.begin(), number.legs.end());
  return all;
}

/// `parts` lie without a gap over the range, each begins at a midnight, and each says what a report of it alone says.
void expect_parts(const RandomFacts& world, const ReportQuery& query, TimeRange range,
                  const std::vector<MetricValue>& numbers, std::vector<SeriesPart> MetricValue::*series) {
  const Reporter reporter(world.policy);
  const std::size_t count = (numbers.front().*series).size();
  Instant from = range.from;
  for (std::size_t i = 0; i < count; ++i) {
    const TimeRange part = (numbers.front().*series)[i].range;
    ASSERT_EQ(part.from, from);
    ASSERT_TRUE(i == 0 || part.from == range.from || part.from == range.to ||
                world.policy.zone.start_of(world.policy.zone.day_of(part.from)) == part.from);
    from = part.to;
    ReportQuery alone = query;
    alone.range = part;
    alone.interval.reset();
    const Report report = must(reporter.report(*world.reader, alone));
    for (const MetricValue& number : numbers) {
      const SeriesPart& actual = (number.*series)[i];
      const MetricValue& expected = number_of(report, number.metric);
      SCOPED_TRACE(fmt::format("{} of {} to {}", number.metric.text, format_time(part.from), format_time(part.to)));
      ASSERT_EQ(actual.range, part);
      ASSERT_EQ(actual.value, expected.value);
      ASSERT_EQ(actual.unknown, expected.unknown);
      ASSERT_EQ(actual.n, expected.n);
    }
  }
  ASSERT_EQ(from, range.to);
}

std::int64_t sum_of(const std::vector<SeriesPart>& parts) {
  std::int64_t sum = 0;
  for (const SeriesPart& part : parts) sum += part.n;
  return sum;
}

TEST(Series, each_part_is_what_a_report_of_it_alone_says) {
  std::size_t known = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    RandomFacts world(seed);
    for (int question = 0; question < 15; ++question) {
      const ReportQuery query = world.random_query();
      SCOPED_TRACE(fmt::format("seed {}: {} to {} by {}", seed, format_time(query.range.from),
                               format_time(query.range.to), to_string(*query.interval)));
      const std::vector<MetricValue> numbers = with_legs(must(Reporter(world.policy).report(*world.reader, query)));
      ASSERT_EQ(numbers.size(), 11U);
      expect_parts(world, query, query.range, numbers, &MetricValue::series);
      const TimeRange before{query.range.from - query.range.length(), query.range.from};
      expect_parts(world, query, before, numbers, &MetricValue::previous_series);
      for (const MetricValue& number : numbers) {
        ASSERT_EQ(number.series.size(), number.previous_series.size());
        ASSERT_EQ(sum_of(number.series), number.n) << number.metric.text;
        for (const SeriesPart& part : number.series) known += part.value ? 1 : 0;
      }
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(known, 1'000U) << "too little is known to prove anything";
}

TEST(Series, the_report_is_the_same_without_and_with_it) {
  RandomFacts world(9);
  for (int question = 0; question < 30; ++question) {
    ReportQuery query = world.random_query();
    Report with = must(Reporter(world.policy).report(*world.reader, query));
    query.interval.reset();
    const Report without = must(Reporter(world.policy).report(*world.reader, query));
    with.query.interval.reset();
    for (MetricValue& number : with.metrics) {
      for (MetricValue& leg : number.legs) leg.series = leg.previous_series = {};
      number.series = number.previous_series = {};
    }
    ASSERT_EQ(with, without);
  }
}

TEST(Outcomes, agree_with_the_metrics_part_by_part) {
  for (std::uint64_t seed = 20; seed <= 22; ++seed) {
    RandomFacts world(seed);
    for (int question = 0; question < 10; ++question) {
      const ReportQuery query = world.random_query();
      const auto outcomes = must(deployment_outcomes(*world.reader, world.policy, query));
      const Report report = must(Reporter(world.policy).report(*world.reader, query));
      const MetricValue& rate = number_of(report, MetricName(metrics::kDeploymentFailureRate));
      ASSERT_EQ(outcomes.size(), rate.series.size());
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        ASSERT_EQ(outcomes[i].range, rate.series[i].range);
        ASSERT_EQ(outcomes[i].success + outcomes[i].failed, rate.series[i].n);
        if (rate.series[i].value) {
          ASSERT_DOUBLE_EQ(static_cast<double>(outcomes[i].failed) / static_cast<double>(rate.series[i].n),
                           *rate.series[i].value);
        }
      }
    }
  }
}

std::vector<std::string> part_starts(std::string_view from, std::string_view to, Interval interval,
                                     std::vector<Period> ReportPeriods::*parts = &ReportPeriods::parts) {
  const TimeZone zone = must(TimeZone::named("Europe/Berlin"));
  ReportQuery query;
  query.range = {time_of(from), time_of(to)};
  query.interval = interval;
  const ReportPeriods periods = must(ReportPeriods::of(query, zone));
  std::vector<std::string> starts;
  for (const Period& part : periods.*parts) starts.push_back(format_time(part.range.from));
  return starts;
}

using ::testing::ElementsAre;

TEST(Series, is_cut_at_days_of_23_and_25_hours) {
  EXPECT_THAT(part_starts("2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z", Interval::kDay),
              ElementsAre("2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"));
  EXPECT_THAT(part_starts("2026-10-24T10:00:00Z", "2026-10-26T10:00:00Z", Interval::kDay),
              ElementsAre("2026-10-24T10:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"));
}

TEST(Series, weeks_begin_on_monday_and_months_on_their_first_day) {
  EXPECT_THAT(part_starts("2026-01-07T12:00:00Z", "2026-01-20T00:00:00Z", Interval::kWeek),
              ElementsAre("2026-01-07T12:00:00Z", "2026-01-11T23:00:00Z", "2026-01-18T23:00:00Z"));
  EXPECT_THAT(part_starts("2026-01-31T23:00:00Z", "2026-04-10T00:00:00Z", Interval::kMonth),
              ElementsAre("2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"));
}

TEST(Series, a_range_within_one_part_is_that_part) {
  EXPECT_THAT(part_starts("2026-01-07T12:00:00Z", "2026-01-07T13:00:00Z", Interval::kDay),
              ElementsAre("2026-01-07T12:00:00Z"));
}

TEST(Series, the_previous_parts_are_the_same_days_a_whole_number_of_days_earlier) {
  EXPECT_THAT(part_starts("2026-01-08T12:00:00Z", "2026-01-10T12:00:00Z", Interval::kDay, &ReportPeriods::parts_before),
              ElementsAre("2026-01-06T12:00:00Z", "2026-01-06T23:00:00Z", "2026-01-07T23:00:00Z"));
  // 3.4 days from a midnight: the first of the parts before is the longer one, none is empty.
  EXPECT_THAT(
      part_starts("2026-01-11T23:00:00Z", "2026-01-15T08:36:00Z", Interval::kDay, &ReportPeriods::parts_before),
      ElementsAre("2026-01-08T13:24:00Z", "2026-01-08T23:00:00Z", "2026-01-09T23:00:00Z", "2026-01-10T23:00:00Z"));
}

TEST(Series, the_number_of_parts_has_a_limit_that_names_the_interval_to_take) {
  ReportQuery query;
  query.interval = Interval::kDay;
  const auto try_days = [&](std::int64_t days) {
    query.range = {time_of("2020-01-01T00:00:00Z"), time_of("2020-01-01T00:00:00Z") + Duration::days(days)};
    return ReportPeriods::of(query, TimeZone::utc());
  };
  EXPECT_EQ(must(try_days(400)).parts.size(), kSeriesPartsMax);
  ASSERT_FALSE(try_days(401).has_value());
  EXPECT_EQ(try_days(401).error().code, ErrorCode::kInvalid);
  EXPECT_THAT(try_days(401).error().message, ::testing::HasSubstr("take interval=week"));
  EXPECT_THAT(try_days(401LL * 7).error().message, ::testing::HasSubstr("take interval=month"));
  query.range = {Instant{0}, time_of("2100-01-01T00:00:00Z")};
  EXPECT_THAT(ReportPeriods::of(query, TimeZone::utc()).error().message, ::testing::HasSubstr("a shorter range"));
}

/// Two weeks of days with `per_day` values each.
void expect_parts_of_many_values(std::int64_t per_day) {
  const auto derived = store::make_memory_derived();
  const Policy policy;
  const SummaryPlace everywhere{MetricName{metrics::kIncidentMttr}, {}, {}, false};
  const Day monday{20'458};
  {
    auto writer = must(derived->write());
    for (std::int32_t i = 0; i < 14; ++i) {
      DaySummary day;
      for (std::int64_t n = 0; n < per_day; ++n) day.values.push_back(n * (i + 1) * 1'000);
      day.count = per_day;
      writer->put_summary(everywhere, {monday.number + i}, day);
    }
    writer->replace_known_since(ServiceName("shop"),
                                std::vector{KnownSince{ServiceName("shop"), DataKind::kIncidents, Instant{0}, false}});
    must(writer->commit());
  }
  const auto reader = must(derived->read());
  ReportQuery query;
  query.metrics = {everywhere.metric};
  query.range = {policy.zone.start_of(monday), policy.zone.start_of({monday.number + 14})};
  query.as_of = query.range.to;
  for (const Interval interval : {Interval::kDay, Interval::kWeek}) {
    query.interval = interval;
    const Report report = must(Reporter(policy).report(*reader, query));
    ASSERT_EQ(report.metrics.size(), 1U);
    EXPECT_EQ(report.metrics[0].series.size(), interval == Interval::kDay ? 14U : 2U);
    for (const SeriesPart& part : report.metrics[0].series) {
      ReportQuery alone = query;
      alone.range = part.range;
      alone.interval.reset();
      const Report expected = must(Reporter(policy).report(*reader, alone));
      ASSERT_TRUE(part.value.has_value());
      EXPECT_EQ(part.value, expected.metrics[0].value) << format_time(part.range.from);
      EXPECT_EQ(part.n, interval == Interval::kDay ? per_day : 7 * per_day);
    }
  }
}

TEST(Series, holds_where_there_are_more_values_than_may_be_read_at_once) {
  // A day is exact, two go past what is read at once, a week is a histogram.
  expect_parts_of_many_values(60'000);
  // A week is exact, and what is read ahead ends within the next.
  expect_parts_of_many_values(12'000);
}

}  // namespace
}  // namespace fairlead::engine
