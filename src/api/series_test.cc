// Reports part by part.

#include <gtest/gtest.h>

#include "api/testing/api_world.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

/// Two successes on the 28th, one failure on the 30th, and one success in staging.
constexpr std::string_view kThreeDays = R"([
  {"type":"deployment","id":"d1","service":"api","environment":"production","status":"success",
   "finished_at":"2026-01-28T10:00:00Z"},
  {"type":"deployment","id":"d2","service":"api","environment":"production","status":"success",
   "finished_at":"2026-01-28T23:59:59.999Z"},
  {"type":"deployment","id":"d3","service":"web","environment":"production","status":"failed",
   "finished_at":"2026-01-30T00:00:00Z"},
  {"type":"deployment","id":"d4","service":"web","environment":"staging","status":"success",
   "finished_at":"2026-01-29T00:00:00Z"}
])";

TEST(Series, stand_beside_each_number_and_each_leg_only_where_asked_for) {
  ApiWorld world;
  world.post_events(std::string(kThreeDays));
  const std::string range = "/api/v1/metrics/delivery?from=2026-01-27&to=2026-01-31";
  const json::value without = world.get(range).json();
  EXPECT_FALSE(without.as_object().contains("interval"));
  EXPECT_FALSE(without.at("metrics").at("deployment_frequency").as_object().contains("series"));

  const json::value report = world.get(range + "&interval=day").json();
  EXPECT_EQ(report.at("interval"), "day");
  for (const auto& metric : report.at("metrics").as_object()) {
    EXPECT_EQ(metric.value().at("series").as_array().size(), 4U) << metric.key();
    EXPECT_EQ(metric.value().at("previous_series").as_array().size(), 4U) << metric.key();
  }
  const json::value& lead_time = report.at("metrics").at("change_lead_time");
  EXPECT_EQ(lead_time.at("legs").at("change_lead_time_review").at("series").as_array().size(), 4U);
}

TEST(Series, say_what_is_known_of_each_part_and_why_the_others_are_not) {
  ApiWorld world;
  world.post_events(std::string(kThreeDays));
  const json::value report = world.get("/api/v1/metrics/delivery?from=2026-01-27&to=2026-01-31&interval=day").json();
  const json::value& frequency = report.at("metrics").at("deployment_frequency").at("series");
  const json::value& before = frequency.at(0);
  EXPECT_EQ(before.at("from"), "2026-01-27T00:00:00Z");
  EXPECT_EQ(before.at("to"), "2026-01-28T00:00:00Z");
  EXPECT_TRUE(before.at("value").is_null()) << "nobody sent a deployment by then: unknown, not zero";
  EXPECT_EQ(before.at("unknown"), "no_deployment_source");
  EXPECT_EQ(frequency.at(1).at("value"), 2.0);
  EXPECT_EQ(frequency.at(1).at("n"), 2);
  EXPECT_FALSE(frequency.at(1).as_object().contains("unknown"));
  EXPECT_EQ(frequency.at(2).at("value"), 0.0) << "known and silent: zero";
  const json::value& failures = report.at("metrics").at("deployment_failure_rate").at("series");
  EXPECT_EQ(failures.at(1).at("value"), 0.0);
  EXPECT_EQ(failures.at(2).at("unknown"), "no_deployment");
  EXPECT_EQ(failures.at(3).at("value"), 1.0);
}

TEST(Series, another_interval_or_too_many_parts_are_refused_with_what_to_write) {
  ApiWorld world;
  const auto refused = [&](const std::string& query, const std::string& word) {
    const Answer answer = world.get("/api/v1/metrics/delivery?" + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_NE(answer.body.find(word), std::string::npos) << query << ": " << answer.body;
  };
  refused("interval=hour", "write day, week or month");
  refused("interval=day&from=2024-01-01", "take interval=week");
  refused("interval=week&from=2010-01-01", "take interval=month");
  EXPECT_EQ(world.get("/api/v1/metrics/delivery?interval=month&from=2010-01-01").status, 200);
}

TEST(Series, as_csv_have_one_line_per_number_and_part) {
  ApiWorld world;
  world.post_events(std::string(kThreeDays));
  const Answer csv = world.get(
      "/api/v1/metrics/delivery?from=2026-01-27&to=2026-01-31&interval=day&metric=deployment_frequency&format=csv");
  EXPECT_EQ(csv.body,
            "metric,from,to,value,unit,n,unknown\r\n"
            "deployment_frequency,2026-01-27T00:00:00Z,2026-01-28T00:00:00Z,,per_day,0,no_deployment_source\r\n"
            "deployment_frequency,2026-01-28T00:00:00Z,2026-01-29T00:00:00Z,2.0,per_day,2,\r\n"
            "deployment_frequency,2026-01-29T00:00:00Z,2026-01-30T00:00:00Z,0.0,per_day,0,\r\n"
            "deployment_frequency,2026-01-30T00:00:00Z,2026-01-31T00:00:00Z,0.0,per_day,0,\r\n");
}

TEST(Outcomes, are_counted_by_day_in_production_unless_another_environment_is_named) {
  ApiWorld world;
  world.post_events(std::string(kThreeDays));
  world.post_events(R"([
    {"type":"deployment","id":"d5","service":"api","environment":"production","status":"cancelled",
     "finished_at":"2026-01-30T12:00:00Z"},
    {"type":"deployment","id":"d6","service":"api","environment":"production","status":"running",
     "started_at":"2026-01-30T13:00:00Z"}
  ])");
  const auto counts = [&](const std::string& query) {
    const Answer answer = world.get("/api/v1/deployments/outcomes?from=2026-01-27&to=2026-01-31" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::string text;
    const json::value list = answer.json();
    for (const json::value& part : list.at("items").as_array()) {
      if (part.at("success").is_null()) {
        EXPECT_EQ(part.at("unknown"), "no_deployment_source");
        text += "? ";
        continue;
      }
      text += fmt::format("{}/{}/{} ", part.at("success").as_int64(), part.at("failed").as_int64(),
                          part.at("cancelled").as_int64());
    }
    return text;
  };
  EXPECT_EQ(counts(""), "? 2/0/0 0/0/0 0/1/1 ");
  EXPECT_EQ(counts("&interval=week"), "2/1/1 ");
  EXPECT_EQ(counts("&service=web"), "? ? 0/0/0 0/1/0 ");
  EXPECT_EQ(counts("&environment=staging"), "? 0/0/0 1/0/0 0/0/0 ");
  EXPECT_EQ(counts("&simulated=true"), "? ? ? ? ");
}

TEST(Outcomes, as_csv_have_one_line_per_part) {
  ApiWorld world;
  world.post_events(std::string(kThreeDays));
  EXPECT_EQ(world.get("/api/v1/deployments/outcomes?from=2026-01-27&to=2026-01-29&format=csv").body,
            "from,to,success,failed,cancelled,skipped,unknown\r\n"
            "2026-01-27T00:00:00Z,2026-01-28T00:00:00Z,,,,,no_deployment_source\r\n"
            "2026-01-28T00:00:00Z,2026-01-29T00:00:00Z,2,0,0,0,\r\n");
}

}  // namespace
}  // namespace fairlead::api
