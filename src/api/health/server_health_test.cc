#include "api/health/server_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "api/testing/api_world.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

std::map<std::string, json::object> findings_of(ApiWorld& world) {
  const Answer answer = world.get("/api/v1/admin/health", world.token(store::Role::kOperator));
  EXPECT_EQ(answer.status, 200) << answer.body;
  std::map<std::string, json::object> found;
  const json::value body = answer.json();
  for (const json::value& item : body.at("findings").as_array()) {
    found[std::string(item.at("check").as_string())] = item.as_object();
  }
  return found;
}

TEST(ServerHealth, a_healthy_server_says_so_with_figures) {
  ApiOptions options;
  options.data_folder = std::filesystem::temp_directory_path();
  options.settings = {Finding::ok("settings", "nothing is weak")};
  ApiWorld world(std::move(options));
  world.post_events(deployment_event("d1", "10:00:00"));
  world.get("/api/v1/sources");
  const auto found = findings_of(world);
  for (const char* check :
       {"store", "ingest_queue", "projection", "derivation", "clock", "sources.events", "settings"}) {
    ASSERT_TRUE(found.contains(check)) << check;
    EXPECT_EQ(found.at(check).at("state"), "ok") << check << ": " << found.at(check).at("seen");
  }
  for (const char* check : {"disk", "descriptors", "memory"}) EXPECT_TRUE(found.contains(check)) << check;
  EXPECT_THAT(std::string(found.at("store").at("seen").as_string()), HasSubstr("1 delivery in 1 lane;"));
}

TEST(ServerHealth, is_for_operators) {
  ApiWorld world;
  EXPECT_EQ(world.get("/api/v1/admin/health", world.token(store::Role::kViewer)).status, 403);
  EXPECT_EQ(world.get("/api/v1/admin/health", world.token(store::Role::kIngest)).status, 403);
  EXPECT_EQ(world.get("/api/v1/admin/health", world.token(store::Role::kAdmin)).status, 200);
  EXPECT_EQ(world.get("/api/v1/admin/health?x=1", world.token(store::Role::kOperator)).status, 400);
}

TEST(ServerHealth, a_failed_sync_is_failing_and_comes_first) {
  ApiWorld world;
  world.journal->fail_with(Error{ErrorCode::kIo, "sync failed"}, true);
  world.post_events(deployment_event("d1", "10:00:00"));
  const json::value body = world.get("/api/v1/admin/health").json();
  EXPECT_EQ(body.at("status"), "failing");
  EXPECT_EQ(body.at("findings").at(0).at("check"), "store");
  EXPECT_THAT(std::string(body.at("findings").at(0).at("action").as_string()), HasSubstr("restart"));
}

TEST(ServerHealth, sources_tell_of_hooks_that_are_silent_or_knock_wrongly) {
  ApiOptions options;
  options.hooks = {{"github", "", {"a long enough secret"}}};
  ApiWorld world(std::move(options));
  EXPECT_THAT(std::string(findings_of(world).at("sources.github").at("seen").as_string()),
              HasSubstr("nothing ever came to 1 hook; requests with a wrong signature since the start: 0"));
  Call wrong{http::Method::kPost, "/hooks/github", {{"x-hub-signature-256", "sha256=00"}}, "{}"};
  EXPECT_EQ(world.call(wrong).status, 401);
  EXPECT_THAT(std::string(findings_of(world).at("sources.github").at("seen").as_string()),
              HasSubstr("since the start: 1"));
}

TEST(ServerHealth, a_delivery_from_the_future_tells_of_a_clock_that_went_back) {
  ApiWorld world;
  world.post_events(deployment_event("d1", "10:00:00"));
  world.get("/api/v1/sources");
  EXPECT_EQ(findings_of(world).at("clock").at("state"), "ok");
  world.clock.advance(Duration::days(-365));
  EXPECT_EQ(findings_of(world).at("clock").at("state"), "warning");
}

}  // namespace
}  // namespace fairlead::api
