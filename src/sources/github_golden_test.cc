// testdata/github/EVENT.CASE.json is a payload, EVENT.CASE.expect.txt what becomes of it; testdata/github/examples
// holds the same for the payloads of @octokit/webhooks-examples, which are no part of this repository.

#include <gtest/gtest.h>
#include <simdjson.h>

#include "sources/github.h"
#include "sources/testing/describe.h"
#include "sources/testing/golden.h"

namespace fairlead::sources {
namespace {

Interpretation interpret(const std::string& event, std::string body, const Policy& policy = {}) {
  Delivery delivery;
  delivery.source = SourceName{"github"};
  delivery.origin = Origin{"github.com"};
  delivery.received_at = *parse_time("2026-03-01T00:00:00Z");
  delivery.headers = {{"x-github-event", event}, {"content-type", "application/json"}};
  delivery.body = std::move(body);
  return github_source().interpret(delivery, policy);
}

class GithubGolden : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(GithubGolden, becomes_what_its_golden_says) {
  const std::string name = case_name(GetParam());
  const std::string event = name.substr(0, name.find('.'));
  expect_golden(testdata_dir() / "github" / (name + ".expect.txt"), describe(interpret(event, read_file(GetParam()))));
}

INSTANTIATE_TEST_SUITE_P(files, GithubGolden, testing::ValuesIn(testdata_files("github", ".json")),
                         [](const auto& file) { return test_name(case_name(file.param)); });

/// Payloads that people contributed from real hooks. The first of each event is a contradictory artefact of their
/// collection, so counting begins at the second.
class WebhookExamples : public testing::Test {
 protected:
  void SetUp() override {
    const char* named = std::getenv("FAIRLEAD_WEBHOOK_EXAMPLES");
    package_ = named != nullptr
                   ? std::filesystem::path(named)
                   : std::filesystem::path(FAIRLEAD_SOURCE_DIR) / "tests/npm/node_modules/@octokit/webhooks-examples";
    if (std::filesystem::exists(package_ / "api.github.com/index.json")) return;
    ASSERT_EQ(named, nullptr) << package_ << " is not there; npm ci in tests/npm brings it";
    GTEST_SKIP() << "the package @octokit/webhooks-examples is not installed; npm ci in tests/npm brings it";
  }

  struct Example {
    std::string event;
    std::string action;
    std::size_t index;
    std::string payload;

    std::string name() const { return event + (action.empty() ? "" : "." + action) + "." + std::to_string(index); }
  };

  std::vector<Example> examples(const std::string& product) const {
    std::vector<Example> out;
    simdjson::dom::parser parser;
    const simdjson::dom::array events = parser.load((package_ / product / "index.json").string());
    for (const simdjson::dom::element event : events) {
      const simdjson::dom::array payloads = event["examples"];
      std::size_t index = 0;
      for (const simdjson::dom::element payload : payloads) {
        std::string_view action;
        if (payload["action"].get(action) != simdjson::SUCCESS) action = {};
        const std::string_view name = event["name"];
        if (index > 0) out.push_back({std::string(name), std::string(action), index, simdjson::to_string(payload)});
        ++index;
      }
    }
    return out;
  }

  std::filesystem::path package_;
};

TEST_F(WebhookExamples, of_used_events_become_what_their_goldens_say_and_the_others_are_ignored) {
  std::size_t observed = 0;
  std::size_t count = 0;
  for (const Example& example : examples("api.github.com")) {
    SCOPED_TRACE(example.name());
    ++count;
    const Interpretation interpretation = interpret(example.event, example.payload);
    EXPECT_NE(interpretation.outcome, Interpretation::Outcome::kQuarantined) << interpretation.reason;
    EXPECT_TRUE(interpretation.unknown_values.empty()) << interpretation.unknown_values.front();
    if (interpretation.reason == "the event " + example.event + " is not used") continue;
    ++observed;
    expect_golden(testdata_dir() / "github/examples" / (example.name() + ".expect.txt"), describe(interpretation));
  }
  EXPECT_EQ(count, 271u) << "of version 7.6.1 of the package";
  EXPECT_EQ(observed, testdata_files("github/examples", ".expect.txt").size()) << "a golden has lost its payload";
}

TEST_F(WebhookExamples, that_are_labelled_as_incidents_become_incidents) {
  Policy policy;
  policy.incident_labels = {"bug"};
  std::size_t incidents = 0;
  for (const Example& example : examples("api.github.com")) {
    if (example.event != "issues") continue;
    const Interpretation interpretation = interpret(example.event, example.payload, policy);
    EXPECT_NE(interpretation.outcome, Interpretation::Outcome::kQuarantined) << example.name();
    incidents += interpretation.observations.size();
  }
  EXPECT_EQ(incidents, 24u);
}

TEST_F(WebhookExamples, of_enterprise_servers_are_never_quarantined) {
  for (const std::string version : {"ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"}) {
    for (const Example& example : examples(version)) {
      const Interpretation interpretation = interpret(example.event, example.payload);
      EXPECT_NE(interpretation.outcome, Interpretation::Outcome::kQuarantined)
          << version << " " << example.name() << ": " << interpretation.reason;
    }
  }
}

}  // namespace
}  // namespace fairlead::sources
