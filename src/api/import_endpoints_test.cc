#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/api_world.h"
#include "api/testing/schema_validator.h"

namespace fairlead::api {
namespace {

using ::testing::HasSubstr;

class ImportEndpoints : public ::testing::Test {
 protected:
  Answer begin(const std::string& body = R"({"url":"https://github.com/acme/api"})") {
    return world.local(http::Method::kPost, "/api/v1/imports", body);
  }
  void expect_fits(const char* schema, const Answer& answer) {
    const auto document = world.get("/openapi.json").json();
    const auto complaints =
        SchemaValidator(document).check(document.at("components").at("schemas").at(schema), answer.json());
    for (const std::string& complaint : complaints) ADD_FAILURE() << complaint;
  }
  std::vector<std::string> audited() {
    std::vector<std::string> out;
    const auto rows = world.engine->journal().audit(100).value();
    for (const auto& row : rows) out.push_back(row.action + " " + row.subject);
    return out;
  }

  ApiWorld world;
};

TEST_F(ImportEndpoints, starting_one_says_where_to_look_and_is_audited) {
  const Answer started = begin();
  EXPECT_EQ(started.status, 202);
  expect_fits("Import", started);
  EXPECT_EQ(started.header("Location"), "/api/v1/imports/i0");
  EXPECT_THAT(audited(), ::testing::Contains("import.start https://github.com/acme/api"));
  const Answer found = world.get("/api/v1/imports/i0");
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(found.json().at("state"), "queued");
  EXPECT_TRUE(found.json().at("phase").is_null());
}

TEST_F(ImportEndpoints, the_same_address_again_is_the_same_import) {
  begin();
  const std::size_t rows = audited().size();
  const Answer again = begin();
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.json().at("id"), "i0");
  EXPECT_EQ(audited().size(), rows);
}

TEST_F(ImportEndpoints, every_member_is_what_the_document_says) {
  begin();
  Import& import = world.imports.imports[0];
  for (const auto& [state, word] : {std::pair{ImportState::kRunning, "running"},
                                    {ImportState::kSucceeded, "succeeded"},
                                    {ImportState::kFailed, "failed"},
                                    {ImportState::kCancelled, "cancelled"}}) {
    import.state = state;
    import.commits_total = 3;
    import.remarks = {"<b>"};
    import.repository = "github.com/acme/api";
    import.service = "acme/api";
    import.first_release_at = import.last_release_at = import.started_at = import.finished_at = world.clock.now();
    import.error = state == ImportState::kFailed ? "no" : "";
    const Answer answer = world.get("/api/v1/imports/i0");
    expect_fits("Import", answer);
    EXPECT_EQ(answer.json().at("state"), word);
    EXPECT_EQ(answer.json().at("phase").is_null(), state != ImportState::kRunning);
    EXPECT_EQ(answer.json().at("error").is_null(), state != ImportState::kFailed);
    expect_fits("ImportList", world.get("/api/v1/imports"));
  }
}

TEST_F(ImportEndpoints, a_refusal_is_the_answer_and_a_full_queue_says_when_to_come_back) {
  for (const auto& [code, status] :
       {std::pair{ErrorCode::kInvalid, 400}, {ErrorCode::kForbidden, 403}, {ErrorCode::kUnavailable, 503}}) {
    world.imports.refusal = Error{code, "because"};
    const Answer refused = begin();
    EXPECT_EQ(refused.status, status);
    EXPECT_THAT(refused.body, HasSubstr("because"));
    EXPECT_EQ(refused.header("Retry-After"), status == 503 ? "10" : "");
  }
  EXPECT_TRUE(audited().empty());
}

TEST_F(ImportEndpoints, a_body_of_anything_else_is_refused) {
  for (const char* const body : {"", "[]", "{}", R"({"url":1})", R"({"url":"https://a/b","tags":"x"})"}) {
    EXPECT_EQ(begin(body).status, 400) << body;
  }
  EXPECT_EQ(world.get("/api/v1/imports?limit=1").status, 400);
}

TEST_F(ImportEndpoints, cancelling_is_audited_and_one_that_has_ended_stays_as_it_is) {
  begin();
  const Answer cancelled = world.local(http::Method::kDelete, "/api/v1/imports/i0");
  EXPECT_EQ(cancelled.status, 200);
  EXPECT_EQ(cancelled.json().at("state"), "cancelled");
  EXPECT_THAT(audited(), ::testing::Contains("import.cancel https://github.com/acme/api"));
  world.imports.imports[0].state = ImportState::kSucceeded;
  EXPECT_EQ(world.local(http::Method::kDelete, "/api/v1/imports/i0").json().at("state"), "succeeded");
  EXPECT_EQ(world.local(http::Method::kDelete, "/api/v1/imports/none").status, 404);
  EXPECT_EQ(world.get("/api/v1/imports/none").status, 404);
}

}  // namespace
}  // namespace fairlead::api
