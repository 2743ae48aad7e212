#include <gtest/gtest.h>

#include "api/testing/api_world.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

TEST(Teams, are_those_of_the_configuration_with_their_services) {
  ApiOptions options;
  options.teams = {{TeamName("storefront"), {ServiceName("shop"), ServiceName("search")}},
                   {TeamName("platform"), {ServiceName("api")}}};
  ApiWorld world(options);
  EXPECT_EQ(world.get("/api/v1/teams").json(), json::parse(R"({"items":[
    {"team":"platform","services":["api"]},{"team":"storefront","services":["shop","search"]}],"next_cursor":null})"));
}

TEST(Teams, are_none_without_a_configuration) {
  ApiWorld world;
  EXPECT_TRUE(world.get("/api/v1/teams").json().at("items").as_array().empty());
}

TEST(Teams, one_that_is_unknown_is_refused_by_its_name) {
  ApiOptions options;
  options.teams = {{TeamName("platform"), {ServiceName("api")}}};
  ApiWorld world(options);
  EXPECT_EQ(world.get("/api/v1/deployments?team=platform").status, 200);
  for (const char* path : {"/api/v1/metrics/delivery", "/api/v1/deployments", "/api/v1/environments/matrix"}) {
    const Answer answer = world.get(std::string(path) + "?team=platform,nobody");
    EXPECT_EQ(answer.status, 400) << path;
    EXPECT_NE(answer.body.find("unknown team 'nobody'"), std::string::npos) << answer.body;
  }
}

}  // namespace
}  // namespace fairlead::api
