// The main job on real input: the history of a git repository, sent over HTTP by examples/git-history/send or brought
// in by `fairlead import git`, must give what git itself says. On a generated repository, or on the one that
// FAIRLEAD_REPOSITORY names.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>

#include "system/harness/api_client.h"
#include "system/harness/environment.h"
#include "system/harness/on_each_store.h"
#include "system/history/expectation.h"
#include "system/history/git_repository.h"

namespace fairlead::system_test {
namespace {

constexpr const char* kAllTime = "from=1970-01-01&to=now&service=project";

/// The repository under test: a given one is borrowed as it is (a clone that shares its objects), so that nothing is
/// written into it.
GitRepository repository_under_test(const std::filesystem::path& folder, std::uint64_t generated_from) {
  const char* given = std::getenv("FAIRLEAD_REPOSITORY");
  if (!given || !*given) return generate_history(folder / "project", generated_from);
  const GitRepository source(given);
  source.git({"clone", "-q", "--bare", "--shared", given, (folder / "project").string()});
  GitRepository borrowed(folder / "project");
  borrowed.git({"commit-graph", "write", "--reachable"});
  return borrowed;
}

std::int64_t epoch_of(std::string_view rfc3339) {
  std::tm parts{};
  strptime(std::string(rfc3339).c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return timegm(&parts);
}

enum class Way { kSend, kImportWithoutServer, kImportIntoServer };

class History : public ::testing::TestWithParam<std::tuple<StoreKind, Way>>, protected StoreUnderTest {
 protected:
  History() : StoreUnderTest(std::get<StoreKind>(GetParam())) {}

  static Way way() { return std::get<Way>(GetParam()); }

  /// By the way of this test; the server runs afterwards.
  void bring_in() {
    if (way() == Way::kImportWithoutServer) {
      server_.reset();
      import();
      if (!HasFatalFailure()) start();
      return;
    }
    if (!server_) start();
    if (way() == Way::kSend) send();
    if (way() == Way::kImportIntoServer) import();
  }

  void start() {
    token_ = new_token("operator");
    server_ = std::make_unique<Server>(serve());
    api_ = std::make_unique<ApiClient>(server_->port(), token_);
  }

  void import() {
    const Finished result = run(on_store({fairlead_binary(), "import", "git", repository_.path().string(), "--service",
                                          "project", "--data", data().string()}),
                                Milliseconds(900'000));
    ASSERT_EQ(result.code, 0) << result.err;
    imported_ = result.out;
  }

  void send() {
    const Finished result = run({FAIRLEAD_SOURCE_DIR "/examples/git-history/send", "--url", server_->url(), "--token",
                                 token_, "--service", "project", repository_.path().string()},
                                Milliseconds(900'000));
    ASSERT_EQ(result.code, 0) << result.err;
    // Everything that this token sent is projected when this is answered.
    api_->get_json("/api/v1/deployments?limit=1");
  }

  /// By (finish, key): the order in which a stream's deployments are linked.
  std::vector<boost::json::object> deployments() {
    auto items = api_->list("/api/v1/deployments?service=project");
    std::ranges::sort(items, {}, [](const boost::json::object& item) {
      return std::pair(std::string(item.at("finished_at").as_string()), std::string(item.at("key").as_string()));
    });
    return items;
  }

  boost::json::object metric(const std::string& name) {
    return api_->get_json(fmt::format("/api/v1/metrics/delivery?{}", kAllTime)).at("metrics").at(name).as_object();
  }

  std::vector<boost::json::object> rows_of(const std::string& name) {
    return api_->list(fmt::format("/api/v1/metrics/delivery/{}/explain?{}", name, kAllTime));
  }

  const std::uint64_t seed_ = random_seed();
  const GitRepository repository_ = repository_under_test(folder(), seed_);
  std::string token_;
  std::string imported_;  ///< What the last import said.
  std::unique_ptr<Server> server_;
  std::unique_ptr<ApiClient> api_;
};

std::vector<Release> releases_of(const std::vector<boost::json::object>& deployments) {
  std::vector<Release> releases;
  for (const auto& item : deployments) {
    releases.push_back({std::string(item.at("version").as_string()),
                        std::string(item.at("commits").at(0).at("sha").as_string()),
                        epoch_of(item.at("finished_at").as_string())});
  }
  return releases;
}

TEST_P(History, numbers_agree_with_git) {
  SCOPED_TRACE(fmt::format("FAIRLEAD_SEED={}", seed_));
  ASSERT_NO_FATAL_FAILURE(bring_in());
  const auto items = deployments();
  const std::vector<Release> releases = releases_of(items);
  ASSERT_GT(releases.size(), 10u);
  const HistoryExpectation expected = expect_history(repository_, releases);

  std::size_t commits = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::set<std::string> shipped;
    const std::string key(items[i].at("key").as_string());
    for (const auto& item : api_->list(fmt::format("/api/v1/deployments/{}/commits", key))) {
      shipped.emplace(item.at("sha").as_string());
    }
    ASSERT_EQ(shipped, expected.shipped[i]) << releases[i].tag;
    commits += shipped.size();
  }

  const auto lead = metric("change_lead_time");
  EXPECT_EQ(lead.at("n").to_number<std::size_t>(), expected.lead_times.size());
  EXPECT_NEAR(lead.at("value").to_number<double>(), median(expected.lead_times), 0.001);
  EXPECT_EQ(metric("deployment_frequency").at("n").to_number<std::size_t>(), releases.size());
  const auto failures = metric("change_fail_rate");
  EXPECT_EQ(failures.at("n").to_number<std::size_t>(), releases.size());
  EXPECT_NEAR(failures.at("value").to_number<double>(),
              static_cast<double>(expected.failed.size()) / static_cast<double>(releases.size()), 1e-9);

  // The rows behind the numbers are the same commits and the same releases.
  std::multiset<std::string> listed;
  for (const auto& row : rows_of("change_lead_time")) {
    if (!row.at("value").is_null()) listed.emplace(row.at("subject").at("id").as_string());
  }
  EXPECT_EQ(listed.size(), expected.lead_times.size());
  for (const std::set<std::string>& shipped : expected.shipped) {
    for (const std::string& sha : shipped) EXPECT_LE(listed.count(sha), 1u);
  }
  std::set<std::string> failed;
  for (const auto& row : rows_of("change_fail_rate")) {
    if (row.at("value").is_number() && row.at("value").to_number<int>() == 1) {
      failed.emplace(row.at("subject").at("version").as_string());
    }
  }
  EXPECT_EQ(failed, expected.failed);
  fmt::print("{} releases, {} shipped commits, {} lead times (median {:.1f} d), {} failed releases, seed {}\n",
             releases.size(), commits, expected.lead_times.size(), median(expected.lead_times) / 86'400,
             expected.failed.size(), seed_);
}

TEST_P(History, again_it_changes_nothing) {
  if (std::getenv("FAIRLEAD_REPOSITORY")) GTEST_SKIP() << "shown on the generated repository";
  ASSERT_NO_FATAL_FAILURE(bring_in());
  const std::string before =
      api_->get(fmt::format("/api/v1/metrics/delivery/change_lead_time/explain?{}", kAllTime)).body;
  const auto deliveries = api_->list("/api/v1/deployments").size();
  ASSERT_NO_FATAL_FAILURE(bring_in());
  const auto items = [](const std::string& body) { return body.substr(body.find("\"items\"")); };
  const std::string after =
      api_->get(fmt::format("/api/v1/metrics/delivery/change_lead_time/explain?{}", kAllTime)).body;
  EXPECT_EQ(items(after), items(before));
  if (way() != Way::kSend) {
    EXPECT_THAT(imported_, ::testing::HasSubstr("nothing new"));
  }
  EXPECT_EQ(api_->list("/api/v1/deployments").size(), deliveries);
}

// What one way brought in is known on the other: the same history is the same deliveries.
TEST_P(History, a_running_server_knows_what_was_imported_before) {
  if (std::getenv("FAIRLEAD_REPOSITORY")) GTEST_SKIP() << "shown on the generated repository";
  if (way() != Way::kImportWithoutServer) GTEST_SKIP() << "needs no other way";
  ASSERT_NO_FATAL_FAILURE(bring_in());
  EXPECT_THAT(imported_, ::testing::Not(::testing::HasSubstr("nothing new")));
  ASSERT_NO_FATAL_FAILURE(import());
  EXPECT_THAT(imported_, ::testing::HasSubstr("nothing new"));
}

std::string name_of(Way way) {
  switch (way) {
    case Way::kSend:
      return "sent";
    case Way::kImportWithoutServer:
      return "imported_without_a_server";
    case Way::kImportIntoServer:
      return "imported_into_a_server";
  }
  return "unknown";
}

std::string case_name(const ::testing::TestParamInfo<std::tuple<StoreKind, Way>>& info) {
  return name_of(std::get<StoreKind>(info.param)) + "_" + name_of(std::get<Way>(info.param));
}

INSTANTIATE_TEST_SUITE_P(On, History,
                         ::testing::Combine(kEachStore, ::testing::Values(Way::kSend, Way::kImportWithoutServer,
                                                                          Way::kImportIntoServer)),
                         case_name);

}  // namespace
}  // namespace fairlead::system_test
