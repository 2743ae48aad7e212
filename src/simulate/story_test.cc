// What the world is made for: the engine's own reports, computed from its deliveries, tell each service's story.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "engine/engine.h"
#include "engine/testing/settled.h"
#include "simulate/character.h"
#include "simulate/feed.h"
#include "store/memory/memory_store.h"

namespace fairlead::simulate {
namespace {

using engine::testing::must;

constexpr std::uint64_t kSeed = World::kDemoSeed;
constexpr Instant kFounded{1'767'571'200'000};
constexpr int kLongMs = 120'000;  // never reached in a run that passes

constexpr std::array kFive = {"deployment_frequency", "change_lead_time", "change_fail_rate",
                              "failed_deployment_recovery_time", "deployment_rework_rate"};

class Story : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    clock_ = new ManualClock(kFounded);
    engine_ = must(engine::Engine::start({store::make_memory_journal(), store::make_memory_derived()}, {}, *clock_))
                  .release();
    tell_all();
  }
  static void TearDownTestSuite() {
    delete engine_;
    delete clock_;
  }

  static void tell_all() {
    Feed feed(kSeed, kFounded, *engine_);
    const auto last = must(feed.tell(kFounded));
    ASSERT_TRUE(last.has_value());
    std::promise<bool> linked;
    engine_->when_projected(*last, kLongMs, [&](bool reached) { linked.set_value(reached); });
    ASSERT_TRUE(linked.get_future().get());
  }

  static std::map<std::string, MetricValue> report(TimeRange range, const std::string& service = {},
                                                   bool simulated = true) {
    ReportQuery query;
    if (!service.empty()) query.services = {ServiceName{service}};
    query.range = range;
    query.as_of = kFounded;
    query.simulated = simulated;
    const auto reader = must(engine_->read());
    std::map<std::string, MetricValue> by_name;
    for (MetricValue& metric : must(engine_->reporter().report(*reader, query)).metrics) {
      by_name[metric.metric.text] = metric;
    }
    return by_name;
  }

  static double value(TimeRange range, const std::string& service, const std::string& metric) {
    const MetricValue number = report(range, service).at(metric);
    EXPECT_TRUE(number.value.has_value()) << service << " " << metric << ": " << number.unknown;
    return number.value.value_or(0);
  }

  static constexpr TimeRange kAll{kFounded - World::kPast, kFounded};
  static constexpr TimeRange kBefore{kFounded - World::kPast, kFounded - kLately};
  static constexpr TimeRange kRecent{kFounded - kLately, kFounded};

  static inline ManualClock* clock_ = nullptr;
  static inline engine::Engine* engine_ = nullptr;
};

TEST_F(Story, all_five_numbers_are_known_in_a_week_and_in_all_of_the_past) {
  for (const TimeRange range : {kAll, TimeRange{kFounded - Duration::days(7), kFounded}}) {
    const auto numbers = report(range);
    for (const char* name : kFive) {
      EXPECT_TRUE(numbers.at(name).value.has_value()) << name << ": " << numbers.at(name).unknown;
    }
  }
}

TEST_F(Story, every_service_has_all_five_over_its_past_as_far_as_something_failed) {
  for (const Character& character : characters()) {
    const auto numbers = report(kAll, std::string(character.service));
    for (const char* name : kFive) {
      if (numbers.at(name).unknown == "no_remedied_failure" && numbers.at("change_fail_rate").value == 0.0) continue;
      EXPECT_TRUE(numbers.at(name).value.has_value())
          << character.service << " " << name << ": " << numbers.at(name).unknown;
    }
  }
}

TEST_F(Story, real_reports_show_nothing_of_it) {
  for (const auto& [name, number] : report(kAll, {}, false)) {
    EXPECT_FALSE(number.value.has_value()) << name;
    EXPECT_EQ(number.n, 0) << name;
  }
}

TEST_F(Story, checkout_fails_much_more_often_lately) {
  const double before = value(kBefore, "checkout", "change_fail_rate");
  const double recent = value(kRecent, "checkout", "change_fail_rate");
  EXPECT_LT(before, 0.10);
  EXPECT_GT(recent, 0.20);
}

TEST_F(Story, notifications_is_on_the_way_up) {
  EXPECT_GT(value(kBefore, "notifications", "change_fail_rate"),
            2 * value(kRecent, "notifications", "change_fail_rate"));
}

TEST_F(Story, storefront_is_fast_and_stable) {
  for (const Character& other : characters()) {
    if (other.service == "storefront") continue;
    const std::string name(other.service);
    EXPECT_GT(value(kAll, "storefront", "deployment_frequency"), value(kAll, name, "deployment_frequency")) << name;
    EXPECT_LT(value(kAll, "storefront", "change_lead_time"), value(kAll, name, "change_lead_time")) << name;
  }
  EXPECT_LT(value(kAll, "storefront", "change_fail_rate"), 0.06);
}

TEST_F(Story, billing_waits_for_its_reviews_and_its_weekly_release) {
  EXPECT_GT(value(kAll, "billing", "change_lead_time"), 20 * value(kAll, "storefront", "change_lead_time"));
  const MetricValue lead = report(kAll, "billing").at("change_lead_time");
  std::map<std::string, double> legs;
  for (const MetricValue& leg : lead.legs) legs[leg.metric.text] = leg.value.value_or(0);
  EXPECT_GT(legs.at("change_lead_time_pickup") + legs.at("change_lead_time_review"),
            2 * legs.at("change_lead_time_coding"));
}

TEST_F(Story, recommendations_takes_back_within_minutes_what_it_breaks) {
  EXPECT_GT(value(kAll, "recommendations", "change_fail_rate"), 0.10);
  EXPECT_LT(value(kAll, "recommendations", "failed_deployment_recovery_time"),
            value(kAll, "mobile-api", "failed_deployment_recovery_time"));
}

TEST_F(Story, nothing_is_lost_on_the_way_to_the_numbers) {
  const auto outcomes = must(must(engine_->read())->outcome_counts());
  for (const auto& [outcome, count] : outcomes) {
    if (outcome != "accepted") EXPECT_EQ(count, 0) << outcome;
  }
  const MetricValue lead = report(kAll).at("change_lead_time");
  for (const ExclusionCount& left_out : lead.exclusions) EXPECT_EQ(left_out.reason, "baseline_deployment");
}

}  // namespace
}  // namespace fairlead::simulate
