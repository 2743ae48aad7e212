#include "api/openapi.h"

#include <gtest/gtest.h>

#include <set>

#include "api/testing/api_world.h"
#include "api/testing/schema_validator.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

/// Every `$ref` in `value`, with the place where it stands.
void collect_references(const json::value& value, std::vector<std::string>& out) {
  if (value.is_array()) {
    for (const json::value& item : value.as_array()) collect_references(item, out);
  }
  if (!value.is_object()) return;
  for (const auto& member : value.as_object()) {
    if (member.key() == "$ref") out.emplace_back(member.value().as_string());
    collect_references(member.value(), out);
  }
}

class OpenapiTest : public testing::Test {
 protected:
  OpenapiTest() : document(world.get("/openapi.json").json()) {}

  /// The schema of an answer, or null where it is no JSON.
  const json::value* schema_of(const std::string& pattern, const std::string& method, const Answer& answer) {
    const json::object& responses = document.at("paths").at(pattern).at(method).at("responses").as_object();
    const json::value* response = responses.if_contains(std::to_string(answer.status));
    EXPECT_NE(response, nullptr) << method << " " << pattern << " answers " << answer.status << ", undocumented";
    if (response == nullptr) return nullptr;
    const std::string media = answer.header("Content-Type").substr(0, answer.header("Content-Type").find(';'));
    const json::value* content = response->as_object().if_contains("content");
    const json::value* of_media = content != nullptr ? content->as_object().if_contains(media) : nullptr;
    EXPECT_NE(of_media, nullptr) << pattern << " answers " << media << ", undocumented";
    return of_media != nullptr ? &of_media->at("schema") : nullptr;
  }

  void expect_fits(const std::string& pattern, const std::string& method, const Answer& answer) {
    SCOPED_TRACE(method + " " + pattern);
    if (answer.status == 204) return;
    const json::value* schema = schema_of(pattern, method, answer);
    if (schema == nullptr || !answer.header("Content-Type").ends_with("json")) return;
    for (const std::string& complaint : SchemaValidator(document).check(*schema, answer.json())) {
      ADD_FAILURE() << complaint << "\n" << answer.body.substr(0, 2000);
    }
  }

  void fill() {
    world.post_events(R"([
      {"type":"commit","repository":"github.com/acme/api","sha":"a1","parents":[],"authored_at":"2026-01-28T08:00:00Z",
       "committed_at":"2026-01-28T08:00:00Z","author":"ann","message":"one"},
      {"type":"commit","repository":"github.com/acme/api","sha":"b2","parents":["a1"],
       "authored_at":"2026-01-29T08:00:00Z","committed_at":"2026-01-29T08:00:00Z","author":"ann","message":"two"},
      {"type":"change","repository":"github.com/acme/api","number":7,"title":"Two","author":"ann",
       "opened_at":"2026-01-29T08:30:00Z","merged_at":"2026-01-29T10:00:00Z","merge_sha":"b2","labels":["x"],
       "reviews":[{"at":"2026-01-29T09:00:00Z","by":"bob","state":"approved"}],
       "commits":[{"sha":"b2","authored_at":"2026-01-29T08:00:00Z","message":"two"}]},
      {"type":"run","id":"r1","pipeline":"ci","repository":"github.com/acme/api","service":"api","branch":"main",
       "sha":"b2","status":"success","attempt":1,"started_at":"2026-01-29T10:01:00Z",
       "finished_at":"2026-01-29T10:05:00Z"},
      {"type":"task","run_id":"r1","id":"t1","name":"build","order":1,"status":"failed","failure":"code",
       "started_at":"2026-01-29T10:01:00Z","finished_at":"2026-01-29T10:02:00Z"},
      {"type":"deployment","id":"d1","service":"api","environment":"production","status":"success","version":"1",
       "repository":"github.com/acme/api","sha":"a1","started_at":"2026-01-28T09:58:00Z",
       "finished_at":"2026-01-28T10:00:00Z"},
      {"type":"deployment","id":"d2","service":"api","environment":"production","status":"success","version":"2",
       "repository":"github.com/acme/api","sha":"b2","run_id":"r1","kind":"normal","deployer":"ann",
       "started_at":"2026-01-29T11:58:00Z","finished_at":"2026-01-29T12:00:00Z"},
      {"type":"deployment","id":"d3","service":"api","environment":"staging","status":"running",
       "started_at":"2026-01-29T12:58:00Z"},
      {"type":"incident","id":"i1","service":"api","environment":"production","severity":"high","title":"down",
       "opened_at":"2026-01-29T13:00:00Z","resolved_at":"2026-01-29T14:00:00Z","deployment_id":"d2"},
      {"type":"alert","fingerprint":"f1","name":"errors","severity":"critical","service":"api",
       "environment":"production","status":"firing","starts_at":"2026-01-29T13:00:00Z","labels":{"job":"api"}},
      {"type":"canary","id":"c1","service":"api","environment":"production","version":"2","stable_version":"1",
       "phase":"Progressing","weight":10,"step":1,"steps":5,"updated_at":"2026-01-29T11:59:00Z"}
    ])");
  }

  static ApiOptions with_team() {
    ApiOptions options;
    options.teams = {{TeamName("platform"), {ServiceName("api")}}};
    return options;
  }

  ApiWorld world{with_team()};
  const json::value document;
};

TEST_F(OpenapiTest, every_route_is_documented_with_its_role_and_nothing_else_is) {
  std::set<std::string> routes;
  for (const auto& route : world.router.routes()) {
    const std::string method = lower(std::string(http::to_string(route->method)));
    routes.insert(method + " " + route->pattern);
    const json::value* path = document.at("paths").as_object().if_contains(route->pattern);
    ASSERT_NE(path, nullptr) << route->pattern;
    const json::value* operation = path->as_object().if_contains(method);
    ASSERT_NE(operation, nullptr) << method << " " << route->pattern;
    EXPECT_EQ(operation->at("x-role"), json::value(http::to_string(route->access))) << route->pattern;
    EXPECT_EQ(operation->as_object().contains("security"), route->access < http::Access::kIngest) << route->pattern;
  }
  std::set<std::string> documented;
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      documented.insert(std::string(operation.key()) + " " + std::string(path.key()));
    }
  }
  EXPECT_EQ(routes, documented);
}

TEST_F(OpenapiTest, every_reference_leads_somewhere_and_operation_ids_are_unique) {
  std::vector<std::string> references;
  collect_references(document, references);
  EXPECT_GT(references.size(), 50u);
  for (const std::string& reference : references) {
    boost::system::error_code error;
    EXPECT_NE(document.find_pointer(reference.substr(1), error), nullptr) << reference;
  }
  std::set<std::string_view> ids;
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      EXPECT_TRUE(ids.insert(operation.value().at("operationId").as_string()).second);
    }
  }
}

TEST_F(OpenapiTest, real_answers_of_every_get_fit_their_schemas) {
  fill();
  const std::string deployment = EntityKey::of(EntityKind::kDeployment, Origin("events"), "d2").hex();
  const std::string run = EntityKey::of(EntityKind::kRun, Origin("events"), "r1").hex();
  world.token(store::Role::kViewer);
  world.local(http::Method::kPost, "/api/v1/users", R"({"name":"ann","role":"admin","password":"correct horse"})");
  world.local(http::Method::kPost, "/api/v1/imports", R"({"url":"https://github.com/acme/api"})");
  for (const auto& route : world.router.routes()) {
    if (route->method != http::Method::kGet || route->pattern == "/api/v1/stream" ||
        route->pattern == "/api/v1/admin/export" || route->pattern == "/api/v1/admin/backup") {
      continue;  // streams: they have tests of their own
    }
    std::string target = route->pattern;
    const auto fill_in = [&target](std::string_view name, const std::string& value) {
      if (const std::size_t at = target.find(name); at != std::string::npos) target.replace(at, name.size(), value);
    };
    fill_in("{metric}", "change_fail_rate");
    fill_in("{id}", "i0");
    fill_in("{key}", route->pattern.find("/runs/") != std::string::npos ? run : deployment);
    const Answer answer = world.get(target);
    EXPECT_EQ(answer.status, 200) << target << ": " << answer.body;
    expect_fits(route->pattern, "get", answer);
    if (route->pattern.find("/api/v1/") == 0 && target.find("admin") == std::string::npos) {
      const json::value body = answer.json();
      if (const json::value* items = body.as_object().if_contains("items")) {
        EXPECT_FALSE(items->as_array().empty()) << "an empty list proves nothing: " << target;
      }
    }
  }
}

TEST_F(OpenapiTest, real_series_fit_their_schemas) {
  fill();
  const Answer report = world.get("/api/v1/metrics/delivery?interval=day");
  ASSERT_EQ(report.status, 200) << report.body;
  EXPECT_EQ(report.json().at("metrics").at("change_lead_time").at("series").as_array().size(), 8U);
  expect_fits("/api/v1/metrics/delivery", "get", report);
}

TEST_F(OpenapiTest, real_refusals_and_answers_of_writes_fit_their_schemas) {
  expect_fits("/api/v1/events", "post", world.post_events(deployment_event("d1", "10:00:00")));
  expect_fits("/api/v1/events", "post", world.post_events("{"));
  expect_fits("/api/v1/events", "post", world.post_events(R"({"type":"x"})"));
  expect_fits("/hooks/{source}", "post", world.call({http::Method::kPost, "/hooks/github", {}, "{}"}));
  expect_fits("/api/v1/tokens", "post",
              world.local(http::Method::kPost, "/api/v1/tokens", R"({"name":"a","role":"viewer"})"));
  expect_fits("/api/v1/tokens", "post", world.local(http::Method::kPost, "/api/v1/tokens", R"({"name":"a"})"));
  expect_fits("/api/v1/tokens/{id}", "delete", world.local(http::Method::kDelete, "/api/v1/tokens/none"));
  expect_fits("/api/v1/users/{name}", "delete", world.local(http::Method::kDelete, "/api/v1/users/nobody"));
  expect_fits("/api/v1/admin/verify", "post", world.local(http::Method::kPost, "/api/v1/admin/verify"));
  expect_fits("/api/v1/runs", "get", world.get("/api/v1/runs?nonsense=1"));
  expect_fits("/api/v1/runs/{key}", "get", world.get("/api/v1/runs/none"));
  expect_fits("/api/v1/metrics/delivery/{metric}/explain", "get", world.get("/api/v1/metrics/delivery/none/explain"));
  expect_fits("/api/v1/runs", "get", world.call({http::Method::kGet, "/api/v1/runs"}));
}

TEST_F(OpenapiTest, the_document_names_the_base_path_and_the_version) {
  ApiOptions options;
  options.base_path = "/fairlead";
  options.version = "9.8.7";
  ApiWorld elsewhere(options);
  const json::value its = elsewhere.get("/openapi.json").json();
  EXPECT_EQ(its.at("openapi"), "3.1.0");
  EXPECT_EQ(its.at("servers").at(0).at("url"), "/fairlead");
  EXPECT_EQ(its.at("info").at("version"), "9.8.7");
}

TEST(SchemaValidator, complains_about_what_does_not_fit) {
  const json::value schema = json::parse(R"({"type":"object","required":["a"],"additionalProperties":false,
    "properties":{"a":{"type":"integer","minimum":1},"b":{"enum":["x"]},"c":{"type":"array","items":{"type":"string"},
    "maxItems":1},"d":{"anyOf":[{"type":"null"},{"type":"string"}]}}})");
  const SchemaValidator validator(schema);
  EXPECT_TRUE(validator.check(schema, json::parse(R"({"a":1,"b":"x","c":["y"],"d":null})")).empty());
  for (const char* wrong : {R"([])", R"({})", R"({"a":0})", R"({"a":1.5})", R"({"a":1,"b":"y"})", R"({"a":1,"c":[1]})",
                            R"({"a":1,"c":["y","z"]})", R"({"a":1,"d":1})", R"({"a":1,"e":1})"}) {
    EXPECT_FALSE(validator.check(schema, json::parse(wrong)).empty()) << wrong;
  }
  EXPECT_FALSE(validator.check(json::parse(R"({"pattern":"x"})"), json::value("x")).empty());
}

}  // namespace
}  // namespace fairlead::api
