// What the world is made for: the engine's own reports, computed from its deliveries, tell each service's story.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>

#include "engine/engine.h"
#include "engine/testing/settled.h"
#include "simulate/character.h"
#include "simulate/feed.h"
#include "store/memory/memory_store.h"

namespace fairlead::simulate {
namespace {

using engine::testing::must;

constexpr int kLongMs = 120'000;  // never reached in a run that passes

constexpr std::array kFive = {"deployment_frequency", "change_lead_time", "change_fail_rate",
                              "failed_deployment_recovery_time", "deployment_rework_rate"};

/// A world that was founded at some moment, told to an engine.
class Founded {
 public:
  explicit Founded(Instant at)
      : at_(at),
        clock_(at),
        engine_(must(engine::Engine::start({store::make_memory_journal(), store::make_memory_derived()}, {}, clock_))) {
    Feed feed(World::kDemoSeed, at, *engine_);
    const auto last = must(feed.tell(at));
    CHECK(last.has_value());
    std::promise<bool> linked;
    engine_->when_projected(*last, kLongMs, [&](bool reached) { linked.set_value(reached); });
    CHECK(linked.get_future().get());
  }

  std::map<std::string, MetricValue> report(TimeRange range, std::string_view service = {}, bool simulated = true) {
    ReportQuery query;
    if (!service.empty()) query.services = {ServiceName{service}};
    query.range = range;
    query.as_of = at_;
    query.simulated = simulated;
    const auto reader = must(engine_->read());
    std::map<std::string, MetricValue> by_name;
    for (MetricValue& metric : must(engine_->reporter().report(*reader, query)).metrics) {
      by_name[metric.metric.text] = metric;
    }
    return by_name;
  }

  double value(TimeRange range, std::string_view service, const std::string& metric) {
    const MetricValue number = report(range, service).at(metric);
    EXPECT_TRUE(number.value.has_value()) << service << " " << metric << ": " << number.unknown;
    return number.value.value_or(0);
  }

  TimeRange all() const { return {at_ - World::kPast, at_}; }
  TimeRange before() const { return {at_ - World::kPast, at_ - kLately}; }
  TimeRange recent() const { return {at_ - kLately, at_}; }
  TimeRange week() const { return {at_ - Duration::days(7), at_}; }
  engine::Engine& engine() { return *engine_; }

 private:
  const Instant at_;
  ManualClock clock_;
  std::unique_ptr<engine::Engine> engine_;
};

constexpr Instant kMonday{1'767'571'200'000};

/// On a Monday; the tests share it.
class Story : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { world_ = std::make_unique<Founded>(kMonday); }
  static void TearDownTestSuite() { world_.reset(); }
  static inline std::unique_ptr<Founded> world_;
};

TEST_F(Story, all_five_numbers_are_known_in_a_week_and_in_all_of_the_past) {
  for (const TimeRange range : {world_->all(), world_->week()}) {
    const auto numbers = world_->report(range);
    for (const char* name : kFive) {
      EXPECT_TRUE(numbers.at(name).value.has_value()) << name << ": " << numbers.at(name).unknown;
    }
  }
}

TEST_F(Story, every_service_has_all_five_over_its_past_as_far_as_something_failed) {
  for (const Character& character : characters()) {
    const auto numbers = world_->report(world_->all(), character.service);
    for (const char* name : kFive) {
      if (numbers.at(name).unknown == "no_remedied_failure" && numbers.at("change_fail_rate").value == 0.0) continue;
      EXPECT_TRUE(numbers.at(name).value.has_value())
          << character.service << " " << name << ": " << numbers.at(name).unknown;
    }
  }
}

TEST_F(Story, real_reports_show_nothing_of_it) {
  for (const auto& [name, number] : world_->report(world_->all(), {}, false)) {
    EXPECT_FALSE(number.value.has_value()) << name;
    EXPECT_EQ(number.n, 0) << name;
  }
}

TEST_F(Story, checkout_fails_much_more_often_lately) {
  const double before = world_->value(world_->before(), "checkout", "change_fail_rate");
  const double recent = world_->value(world_->recent(), "checkout", "change_fail_rate");
  EXPECT_LT(before, 0.10);
  EXPECT_GT(recent, 0.20);
}

TEST_F(Story, notifications_is_on_the_way_up) {
  EXPECT_GT(world_->value(world_->before(), "notifications", "change_fail_rate"),
            2 * world_->value(world_->recent(), "notifications", "change_fail_rate"));
}

TEST_F(Story, storefront_is_fast_and_stable) {
  for (const Character& other : characters()) {
    if (other.service == "storefront") continue;
    const std::string_view name = other.service;
    EXPECT_GT(world_->value(world_->all(), "storefront", "deployment_frequency"),
              world_->value(world_->all(), name, "deployment_frequency"))
        << name;
    EXPECT_LT(world_->value(world_->all(), "storefront", "change_lead_time"),
              world_->value(world_->all(), name, "change_lead_time"))
        << name;
  }
  EXPECT_LT(world_->value(world_->all(), "storefront", "change_fail_rate"), 0.06);
}

TEST_F(Story, billing_waits_for_its_reviews_and_its_weekly_release) {
  EXPECT_GT(world_->value(world_->all(), "billing", "change_lead_time"),
            20 * world_->value(world_->all(), "storefront", "change_lead_time"));
  const MetricValue lead = world_->report(world_->all(), "billing").at("change_lead_time");
  std::map<std::string, double> legs;
  for (const MetricValue& leg : lead.legs) legs[leg.metric.text] = leg.value.value_or(0);
  EXPECT_GT(legs.at("change_lead_time_pickup") + legs.at("change_lead_time_review"),
            2 * legs.at("change_lead_time_coding"));
}

TEST_F(Story, recommendations_takes_back_within_minutes_what_it_breaks) {
  EXPECT_GT(world_->value(world_->all(), "recommendations", "change_fail_rate"), 0.10);
  EXPECT_LT(world_->value(world_->all(), "recommendations", "failed_deployment_recovery_time"),
            world_->value(world_->all(), "mobile-api", "failed_deployment_recovery_time"));
}

TEST_F(Story, nothing_is_lost_on_the_way_to_the_numbers) {
  const auto outcomes = must(must(world_->engine().read())->outcome_counts());
  for (const auto& [outcome, count] : outcomes) {
    if (outcome != "accepted") EXPECT_EQ(count, 0) << outcome;
  }
  const MetricValue lead = world_->report(world_->all()).at("change_lead_time");
  for (const ExclusionCount& left_out : lead.exclusions) EXPECT_EQ(left_out.reason, "baseline_deployment");
}

/// Weekends lie elsewhere in the past of each weekday, so everything else falls differently, too.
class StoryOfAnyDay : public ::testing::TestWithParam<int> {};

TEST_P(StoryOfAnyDay, is_the_same_in_its_main_lines) {
  Founded world(kMonday + Duration::days(GetParam()));
  for (const TimeRange range : {world.all(), world.week()}) {
    const auto numbers = world.report(range);
    for (const char* name : kFive) EXPECT_TRUE(numbers.at(name).value.has_value()) << name;
    EXPECT_GT(numbers.at("deployment_failure_rate").value.value_or(0), 0);
  }
  EXPECT_LT(world.value(world.before(), "checkout", "change_fail_rate"), 0.10);
  EXPECT_GT(world.value(world.recent(), "checkout", "change_fail_rate"), 0.20);
  EXPECT_GT(world.value(world.before(), "notifications", "change_fail_rate"),
            2 * world.value(world.recent(), "notifications", "change_fail_rate"));
  EXPECT_LT(world.value(world.all(), "storefront", "change_fail_rate"), 0.06);
  EXPECT_GT(world.value(world.all(), "billing", "change_lead_time"),
            20 * world.value(world.all(), "storefront", "change_lead_time"));
}

INSTANTIATE_TEST_SUITE_P(Weekdays, StoryOfAnyDay, ::testing::Values(2, 5));

}  // namespace
}  // namespace fairlead::simulate
