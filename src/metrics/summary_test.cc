#include "metrics/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace fairlead::metrics {
namespace {

const Definition& definition(std::string_view name) {
  return *(*find_profile("fairlead"))->find(MetricName{name});
}

Fact fact(std::optional<std::int64_t> value, std::string excluded = {}) {
  Fact f;
  f.value = value;
  f.excluded = std::move(excluded);
  return f;
}

TEST(Summary, a_rate_keeps_how_many_count_and_how_many_are_one) {
  const std::vector<Fact> facts = {fact(1), fact(0), fact(1), fact({}, "deployment_failed")};
  const DaySummary summary = summarize(definition(kChangeFailRate), facts);
  EXPECT_EQ(summary.count, 3);
  EXPECT_EQ(summary.ones, 2);
  EXPECT_THAT(summary.values, testing::IsEmpty());
  EXPECT_THAT(summary.excluded, testing::ElementsAre(testing::Pair("deployment_failed", 1)));
}

TEST(Summary, a_duration_keeps_its_values_in_order) {
  const std::vector<Fact> facts = {fact(30), fact(10), fact({}, "negative_leg"), fact(20)};
  const DaySummary summary = summarize(definition(kChangeLeadTime), facts);
  EXPECT_EQ(summary.count, 3);
  EXPECT_EQ(summary.ones, 0);
  EXPECT_THAT(summary.values, testing::ElementsAre(10, 20, 30));
}

TEST(Summary, the_order_of_facts_means_nothing) {
  std::mt19937_64 random(3);
  std::vector<Fact> facts = {fact(3), fact(1), fact(2), fact(2), fact({}, "a"), fact({}, "b"), fact({}, "a")};
  const DaySummary expected = summarize(definition(kChangeLeadTime), facts);
  for (int round = 0; round < 20; ++round) {
    std::ranges::shuffle(facts, random);
    EXPECT_EQ(summarize(definition(kChangeLeadTime), facts), expected);
  }
}

TEST(Summary, a_fact_is_in_its_own_place_and_in_the_roll_ups_where_it_counts) {
  Fact f = fact(1);
  f.metric = MetricName{kChangeLeadTime};
  f.service = ServiceName{"api"};
  f.environment = EnvironmentName{"prod-eu"};
  EXPECT_EQ(places_of(f).size(), 1U) << "not production";
  f.production = true;
  EXPECT_THAT(places_of(f), testing::UnorderedElementsAre(SummaryPlace{f.metric, f.service, f.environment, false},
                                                          SummaryPlace{f.metric, f.service, {}, false},
                                                          SummaryPlace{f.metric, {}, {}, false}));
  f.first_in_production = false;
  EXPECT_EQ(places_of(f).size(), 1U) << "shipped elsewhere first";
}

TEST(Registry, every_metric_says_what_it_is) {
  const auto profile = find_profile("fairlead");
  ASSERT_TRUE(profile.has_value());
  for (const Definition& d : (*profile)->definitions) {
    EXPECT_EQ((*profile)->find(MetricName{d.name}), &d) << d.name << " is there twice";
    EXPECT_TRUE(d.formula.ends_with('.')) << d.name;
    EXPECT_FALSE(d.known_by.empty()) << d.name;
    EXPECT_FALSE(d.unknown_without.empty()) << d.name;
    EXPECT_TRUE(d.part_of.empty() || (*profile)->find(MetricName{d.part_of}) != nullptr) << d.name;
    EXPECT_TRUE(d.better == "up" || d.better == "down") << d.name;
  }
}

TEST(Registry, an_unknown_profile_is_an_error_that_lists_the_known_ones) {
  const auto profile = find_profile("devlake-2031");
  ASSERT_FALSE(profile.has_value());
  EXPECT_EQ(profile.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(profile.error().message, testing::HasSubstr("fairlead"));
}

}  // namespace
}  // namespace fairlead::metrics
