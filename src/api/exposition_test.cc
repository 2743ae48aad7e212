#include "api/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "api/testing/api_world.h"
#include "api/testing/exposition_parser.h"

namespace fairlead::api {
namespace {

ExpositionParser scrape(ApiWorld& world) {
  const Answer answer = world.call({http::Method::kGet, "/metrics"});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  ExpositionParser parser;
  EXPECT_THAT(parser.parse(answer.body), testing::IsEmpty()) << answer.body;
  return parser;
}

/// Waits until everything that was posted is in the reports, however busy the machine is: a read waits two seconds.
void settle(ApiWorld& world) {
  constexpr int kTimeoutMs = 120'000;
  std::promise<bool> settled;
  const auto last = world.engine->journal().last_sequence(0);
  ASSERT_TRUE(last);
  world.engine->when_projected({0, *last}, kTimeoutMs, [&](bool done) { settled.set_value(done); });
  EXPECT_TRUE(settled.get_future().get());
}

TEST(Exposition, is_well_formed_when_nothing_happened_yet) {
  ApiWorld world;
  const ExpositionParser metrics = scrape(world);
  EXPECT_EQ(metrics.value("fairlead_build_info", {{"version", "0.1.0"}}), 1);
  EXPECT_EQ(metrics.value("fairlead_deliveries_total", {{"outcome", "accepted"}}), 0);
  EXPECT_GT(metrics.value("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(metrics.value("process_open_fds"), 2);
  EXPECT_GT(metrics.value("process_start_time_seconds"), 1.5e9);
}

TEST(Exposition, counts_what_came_and_what_became_of_it) {
  ApiOptions options;
  options.hooks = {{"github", "", {"s"}}};
  ApiWorld world(options);
  world.post_events(deployment_event("d1", "10:00:00"));
  world.post_events(deployment_event("d1", "10:00:00"));
  world.call({http::Method::kPost, "/hooks/github", {}, "{}"});
  world.call({http::Method::kPost, "/hooks/nobody", {}, "{}"});
  world.call({http::Method::kGet, "/api/v1/runs", {{"authorization", "Bearer wrong"}}, {}, {}, "10.0.0.1"});
  settle(world);
  const ExpositionParser metrics = scrape(world);
  EXPECT_EQ(metrics.value("fairlead_deliveries_total", {{"outcome", "accepted"}}), 1);
  EXPECT_EQ(metrics.value("fairlead_ingest_stored_total"), 1);
  EXPECT_EQ(metrics.value("fairlead_ingest_duplicates_total"), 1);
  EXPECT_EQ(metrics.value("fairlead_hook_signature_failures_total", {{"source", "github"}}), 1);
  EXPECT_EQ(metrics.value("fairlead_hook_signature_failures_total", {{"source", "unknown"}}), 1);
  EXPECT_EQ(metrics.value("fairlead_token_failures_total"), 1);
  EXPECT_EQ(metrics.value("fairlead_projection_lag_rows"), 0);
}

TEST(Exposition, shows_what_waits_in_the_spool_where_there_is_one) {
  ApiWorld world;
  EXPECT_EQ(scrape(world).type_of("fairlead_spool_rows"), "");
  store::SpoolStats spool;
  spool.rows = 3;
  spool.bytes = 4'000;
  spool.oldest = world.clock.now() - Duration::seconds(90);
  spool.set_aside = 2;
  spool.store_away = true;
  world.journal->show_spool(spool);
  const ExpositionParser metrics = scrape(world);
  EXPECT_EQ(metrics.value("fairlead_spool_rows"), 3);
  EXPECT_EQ(metrics.value("fairlead_spool_bytes"), 4'000);
  EXPECT_EQ(metrics.value("fairlead_spool_oldest_age_seconds"), 90);
  EXPECT_EQ(metrics.value("fairlead_spool_set_aside_total"), 2);
  EXPECT_EQ(metrics.value("fairlead_spool_store_away"), 1);
  EXPECT_EQ(metrics.value("fairlead_spool_refusing"), 0);
  // A clock that was set back makes no age negative.
  spool.oldest = world.clock.now() + Duration::hours(24);
  world.journal->show_spool(spool);
  EXPECT_EQ(scrape(world).value("fairlead_spool_oldest_age_seconds"), 0);
}

TEST(Exposition, shows_the_same_numbers_as_the_api_and_none_for_unknown) {
  ApiWorld world;
  world.post_events(deployment_event("d1", "10:00:00"));
  settle(world);
  const ExpositionParser metrics = scrape(world);
  const std::map<std::string, std::string> pair{{"environment", "production"}, {"service", "api"}};
  const auto report = world.get("/api/v1/metrics/delivery?service=api&environment=production").json();
  EXPECT_DOUBLE_EQ(metrics.value("fairlead_deployment_frequency_per_day", pair),
                   report.at("metrics").at("deployment_frequency").at("value").to_number<double>());
  ASSERT_TRUE(report.at("metrics").at("change_lead_time").at("value").is_null());
  EXPECT_TRUE(std::isnan(metrics.value("fairlead_change_lead_time_seconds", pair)));
  EXPECT_EQ(metrics.type_of("fairlead_change_lead_time_seconds"), "");
}

TEST(Exposition, computes_reports_at_most_every_ten_seconds) {
  ApiWorld world;
  const std::map<std::string, std::string> pair{{"environment", "production"}, {"service", "api"}};
  EXPECT_TRUE(std::isnan(scrape(world).value("fairlead_deployment_frequency_per_day", pair)));
  world.post_events(deployment_event("d1", "10:00:00"));
  settle(world);
  EXPECT_TRUE(std::isnan(scrape(world).value("fairlead_deployment_frequency_per_day", pair)));
  world.clock.advance(Exposition::kReportAge);
  EXPECT_FALSE(std::isnan(scrape(world).value("fairlead_deployment_frequency_per_day", pair)));
}

TEST(Exposition, series_of_services_are_bounded_and_the_rest_is_counted) {
  ApiWorld world;
  std::string events;
  for (std::size_t i = 0; i <= Exposition::kPairsMax; ++i) {
    events +=
        fmt::format(R"({{"type":"deployment","id":"{}","service":"s{}","environment":"production","status":"success",)"
                    R"("finished_at":"2026-01-30T10:00:00Z"}})"
                    "\n",
                    i, i);
  }
  world.post_events(events, {}, {{"content-type", "application/x-ndjson"}});
  settle(world);
  const ExpositionParser metrics = scrape(world);
  std::size_t count = 0;
  for (const auto& series : metrics.series()) count += series.name == "fairlead_deployment_frequency_per_day" ? 1 : 0;
  EXPECT_EQ(count, Exposition::kPairsMax);
  EXPECT_EQ(metrics.value("fairlead_metric_pairs_omitted"), 1);
}

TEST(Exposition, names_that_need_escaping_stay_well_formed) {
  ApiWorld world;
  world.post_events(
      R"({"type":"deployment","id":"1","service":"a\"b\\c","environment":"production","status":"success",)"
      R"("finished_at":"2026-01-30T10:00:00Z"})");
  settle(world);
  const ExpositionParser metrics = scrape(world);
  const std::map<std::string, std::string> pair{{"environment", "production"}, {"service", "a\"b\\c"}};
  EXPECT_FALSE(std::isnan(metrics.value("fairlead_deployment_frequency_per_day", pair)));
}

TEST(Exposition, needs_a_viewer_where_the_configuration_says_so) {
  ApiOptions options;
  options.metrics = MetricsAccess::kToken;
  ApiWorld world(options);
  EXPECT_EQ(world.call({http::Method::kGet, "/metrics"}).status, 401);
  EXPECT_EQ(world.get("/metrics", world.token(store::Role::kIngest)).status, 403);
  EXPECT_EQ(world.get("/metrics", world.token(store::Role::kViewer)).status, 200);
}

TEST(RequestDurations, are_a_histogram_by_route_method_and_status) {
  ApiWorld world;
  const http::Route* events = nullptr;
  for (const auto& route : world.router.routes()) {
    if (route->pattern == "/api/v1/events") events = route.get();
  }
  const http::Observer observe = world.api->observer();
  observe(events, {}, 200, 0.0004);
  observe(events, {}, 200, 0.0005);
  observe(events, {}, 200, 0.003);
  observe(events, {}, 200, 99);
  observe(events, {}, 418, 0.001);
  observe(nullptr, {}, 404, 0.001);
  const ExpositionParser metrics = scrape(world);
  const std::string name = "fairlead_http_request_duration_seconds";
  const auto labels = [](const char* status, const char* le) {
    std::map<std::string, std::string> made{{"method", "POST"}, {"route", "/api/v1/events"}, {"status", status}};
    if (*le != '\0') made["le"] = le;
    return made;
  };
  EXPECT_EQ(metrics.value(name + "_bucket", labels("200", "0.0005")), 2);
  EXPECT_EQ(metrics.value(name + "_bucket", labels("200", "0.005")), 3);
  EXPECT_EQ(metrics.value(name + "_bucket", labels("200", "10")), 3);
  EXPECT_EQ(metrics.value(name + "_bucket", labels("200", "+Inf")), 4);
  EXPECT_EQ(metrics.value(name + "_count", labels("200", "")), 4);
  EXPECT_NEAR(metrics.value(name + "_sum", labels("200", "")), 99.0039, 1e-6);
  EXPECT_EQ(metrics.value(name + "_count", labels("other", "")), 1);
  EXPECT_EQ(metrics.value(name + "_count", {{"method", "any"}, {"route", "none"}, {"status", "404"}}), 1);
}

TEST(ExpositionParser, complains_about_what_prometheus_would_not_take) {
  const std::string head = "# HELP a_total x\n# TYPE a_total counter\n";
  EXPECT_THAT(ExpositionParser().parse(head + "a_total{b=\"c\"} 1\n"), testing::IsEmpty());
  for (const std::string& wrong :
       {head + "a_total 1", head + "a_total one\n", head + "a_total 1\na_total 2\n", head + "b_total 1\n",
        head + "a_total{b=c} 1\n", head + "a_total{b=\"c} 1\n", head + "a_total{b=\"\\x\"} 1\n", head + "a_total -1\n",
        head + "a_total{1b=\"c\"} 1\n", head + head, std::string("a 1\n"),
        std::string("# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n"),
        std::string("# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 1\n")}) {
    EXPECT_FALSE(ExpositionParser().parse(wrong).empty()) << wrong;
  }
}

}  // namespace
}  // namespace fairlead::api
