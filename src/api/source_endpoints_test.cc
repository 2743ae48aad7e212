// What tools sent, and what became of it.

#include <gtest/gtest.h>

#include <map>

#include "api/testing/api_world.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

/// A signed delivery of no interest to a hook whose secret is `s`.
void ping(ApiWorld& world) {
  const std::string body = R"({"zen":"x","hook_id":1})";
  world.call(
      {http::Method::kPost,
       "/hooks/github",
       {{"x-github-event", "ping"}, {"x-github-delivery", "p"}, {"x-hub-signature-256", github_signature("s", body)}},
       body});
}

TEST(Deliveries, page_newest_first_with_outcome_and_reason) {
  ApiOptions options;
  options.hooks = {{"github", "", {"s"}}};
  ApiWorld world(options);
  world.post_events(deployment_event("d1", "10:00:00"));
  ping(world);
  const json::value first = world.get("/api/v1/deliveries?limit=1", {}, {{"fairlead-after", "2"}}).json();
  EXPECT_EQ(first.at("items").at(0).at("sequence"), 2);
  EXPECT_EQ(first.at("items").at(0).at("source"), "github");
  EXPECT_EQ(first.at("items").at(0).at("outcome"), "ignored");
  EXPECT_EQ(first.at("next_cursor"), "2");
  const json::value second = world.get("/api/v1/deliveries?limit=1&cursor=2").json();
  EXPECT_EQ(second.at("items").at(0).at("sequence"), 1);
  EXPECT_EQ(second.at("items").at(0).at("outcome"), "accepted");
  EXPECT_EQ(second.at("items").at(0).at("observations"), 1);
  EXPECT_TRUE(second.at("next_cursor").is_null());
}

TEST(Sources, show_hooks_counts_and_signature_failures_and_no_secret) {
  ApiOptions options;
  options.hooks = {{"github", "", {"very-secret-canary"}}, {"github", "acme", {}}};
  ApiWorld world(options);
  world.call({http::Method::kPost, "/hooks/github", {{"x-github-event", "ping"}}, "{}"});
  const Answer answer = world.get("/api/v1/sources");
  EXPECT_EQ(answer.body.find("very-secret-canary"), std::string::npos);
  bool found = false;
  const json::value list = answer.json();
  for (const json::value& source : list.at("items").as_array()) {
    if (source.at("name") != "github") continue;
    found = true;
    EXPECT_EQ(source.at("signature_failures"), 1);
    EXPECT_EQ(source.at("hooks").at(0).at("active_secrets"), 1);
    EXPECT_EQ(source.at("hooks").at(1).at("path"), "/hooks/github/acme");
    EXPECT_EQ(source.at("hooks").at(1).at("active_secrets"), 0);
    EXPECT_TRUE(source.at("last_delivered_at").is_null());
  }
  EXPECT_TRUE(found);
}

TEST(Sources, show_what_became_of_the_deliveries_of_each_and_the_latest) {
  ApiOptions options;
  options.hooks = {{"github", "", {"s"}}};
  options.base_path = "/fl";
  ApiWorld world(options);
  ping(world);
  for (int i = 0; i < 7; ++i) {
    world.clock.advance(Duration::seconds(1));
    world.post_events(deployment_event(fmt::format("d{}", i), "10:00:00"));
  }
  const json::value list = world.get("/api/v1/sources", {}, {{"fairlead-after", "8"}}).json();
  std::map<std::string, const json::value*> by_name;
  for (const json::value& source : list.at("items").as_array()) {
    by_name[std::string(source.at("name").as_string())] = &source;
  }
  const json::value& events = *by_name.at("events");
  EXPECT_EQ(events.at("accepted"), 7);
  EXPECT_EQ(events.at("ignored"), 0);
  EXPECT_EQ(events.at("last_delivered_at"), "2026-01-31T12:00:07Z");
  ASSERT_EQ(events.at("latest").as_array().size(), 5u);
  EXPECT_EQ(events.at("latest").at(0).at("id"), "8");
  EXPECT_EQ(events.at("latest").at(4).at("id"), "4");
  EXPECT_EQ(events.at("rows"), "/fl/api/v1/deliveries?source=events");
  const json::value& github = *by_name.at("github");
  EXPECT_EQ(github.at("title"), "GitHub");
  EXPECT_EQ(github.at("accepted"), 0);
  EXPECT_EQ(github.at("ignored"), 1);
  EXPECT_EQ(github.at("latest").at(0).at("outcome"), "ignored");
  EXPECT_NE(github.at("latest").at(0).at("reason"), "");
  EXPECT_EQ(github.at("latest").at(0).at("at"), "2026-01-31T12:00:00Z");
  EXPECT_EQ(list.at("outcomes").at("accepted"), 7);

  const json::value page = world.get("/api/v1/deliveries?source=events&limit=3").json();
  EXPECT_EQ(page.at("next_cursor"), "6");
  const json::value rest = world.get("/api/v1/deliveries?source=events&limit=9&cursor=6").json();
  EXPECT_EQ(rest.at("items").as_array().size(), 4u);
  EXPECT_TRUE(rest.at("next_cursor").is_null());
  EXPECT_EQ(world.get("/api/v1/deliveries?source=github").json().at("items").as_array().size(), 1u);
  EXPECT_TRUE(world.get("/api/v1/deliveries?source=none").json().at("items").as_array().empty());
}

TEST(Hooks, of_a_source_that_does_not_exist_stop_the_start) {
  ApiOptions options;
  options.hooks = {{"gihtub", "", {"s"}}};
  ManualClock clock;
  FixedRandom random(1);
  auto engine = engine::Engine::start({store::make_memory_journal(), store::make_memory_derived()}, Policy{}, clock);
  ASSERT_TRUE(engine);
  Api api(**engine, options, clock, random);
  const auto router = api.make_router();
  ASSERT_FALSE(router);
  EXPECT_EQ(router.error().code, ErrorCode::kInvalid);
  EXPECT_NE(router.error().message.find("gihtub"), std::string::npos);
  EXPECT_NE(router.error().message.find("github"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::api
