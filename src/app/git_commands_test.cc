// `import git` and `report git` as users type them, on a repository of the test's own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "app/testing/child.h"
#include "engine/testing/wait_until.h"
#include "git/testing/scratch_repository.h"
#include "store/testing/postgres_server.h"

namespace fairlead::app {
namespace {

using git::testing::ScratchRepository;
using testing::fairlead;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempFolder;

/// Three releases a day apart, two commits in each of the later ones.
void release_three_times(const ScratchRepository& repository) {
  std::string tip = repository.commit({}, "first", 1'700'000'000);
  for (int i = 0; i < 3; ++i) {
    const std::int64_t day = 1'700'000'000 + i * 86'400;
    tip = repository.commit({tip}, "<script>alert(" + std::to_string(i) + ")</script>", day + 100);
    tip = repository.commit({tip}, "plain", day + 200);
    repository.git({"tag", "-a", "-m", "x", "v1." + std::to_string(i), tip}, day + 3'700);
  }
  repository.git({"update-ref", "refs/heads/master", tip});
}

std::string contents(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

class GitCommands : public ::testing::Test {
 protected:
  std::string path(const char* name) const { return (folder_.path() / name).string(); }
  Finished import_into(const char* data, std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"import", "git", repository_.path().string(), "--data", path(data)};
    all.insert(all.end(), more.begin(), more.end());
    return fairlead(all);
  }
  Finished report(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"report", "git", repository_.path().string(), "--html", path("r.html")};
    all.insert(all.end(), more.begin(), more.end());
    return fairlead(all);
  }

  ScratchRepository repository_;
  TempFolder folder_;
};

TEST_F(GitCommands, an_import_says_what_it_read_and_then_that_nothing_is_new) {
  release_three_times(repository_);
  const Finished first = import_into("data");
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("7 commits and 3 releases read\n"));
  EXPECT_THAT(import_into("data").out, HasSubstr("7 commits and 3 releases read: nothing new\n"));
  EXPECT_EQ(fairlead({"verify", "--data", path("data")}).code, 0);
}

TEST_F(GitCommands, new_commits_are_all_that_a_later_import_adds) {
  release_three_times(repository_);
  ASSERT_EQ(import_into("data").code, 0);
  const std::string tip = repository_.commit({repository_.git({"rev-parse", "master"})}, "later", 1'700'400'000);
  repository_.git({"tag", "v2.0", tip});
  const Finished second = import_into("data");
  EXPECT_THAT(second.out, HasSubstr("8 commits and 4 releases read\n"));
  EXPECT_THAT(fairlead({"export", "--data", path("data")}).out, HasSubstr("v2.0"));
}

TEST_F(GitCommands, an_import_goes_to_the_database_that_is_named_and_nowhere_else) {
  release_three_times(repository_);
  const std::string store = store::PostgresServer::shared().new_database();
  const Finished first = import_into("data", {"--store", store});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("7 commits and 3 releases read\n"));
  EXPECT_FALSE(std::filesystem::exists(path("data")));
  EXPECT_THAT(import_into("other", {"--store", store}).out, HasSubstr("3 releases read: nothing new\n"));
  EXPECT_THAT(fairlead({"verify", "--data", path("data"), "--store", store}).out, HasSubstr("equal to a rebuild"));
  EXPECT_THAT(fairlead({"export", "--data", path("data"), "--store", store}).out, HasSubstr("v1.2"));
}

TEST_F(GitCommands, an_import_beside_replicas_leaves_deriving_to_them) {
  release_three_times(repository_);
  const std::string store = store::PostgresServer::shared().new_database();
  const std::string token =
      fairlead({"token", "create", "--role", "viewer", "--data", path("data"), "--store", store}).out;
  const testing::RunningServer server(path("data"), {"--store", store});
  const Finished imported = import_into("other", {"--store", store});
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(imported.out, HasSubstr("the replicas on this database derive the numbers from it now\n"));
  engine::testing::wait_until([&] {
    return server.request("GET", "/api/v1/deployments", token.substr(0, token.find('\n'))).body.find("v1.2") !=
           std::string::npos;
  });
}

TEST_F(GitCommands, which_tags_are_releases_can_be_said) {
  release_three_times(repository_);
  EXPECT_THAT(import_into("a", {"--tags", "^v1\\.[01]$"}).out, HasSubstr("2 releases"));
  EXPECT_THAT(import_into("b", {"--tags", "^release-"}).out, HasSubstr("no tag is a release by ^release-"));
  const Finished wrong = import_into("c", {"--tags", "("});
  EXPECT_NE(wrong.code, 0);
  EXPECT_THAT(wrong.err, HasSubstr("no regular expression"));
  EXPECT_THAT(import_into("d", {"--tags", std::string(257, 'a')}).err, HasSubstr("1 to 256"));
}

TEST_F(GitCommands, an_empty_repository_is_no_failure) {
  const Finished result = import_into("data");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("0 commits and 0 releases"));
}

TEST_F(GitCommands, what_is_no_repository_is_refused) {
  const Finished result = fairlead({"import", "git", folder_.path().string(), "--data", path("data")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("is no git repository"));
}

TEST_F(GitCommands, addresses_that_are_attacks_are_refused_before_anything_is_made) {
  for (const char* const address :
       {"ext::sh -c 'touch sprung'", "EXT::sh", "file:///etc", "git://host/a", "ssh://-oProxyCommand=x/a",
        "https://user:password@host/a", "https://host/a\r\nb", "http://127.0.0.1/a", "https://2130706433/a"}) {
    const Finished result = fairlead({"import", "git", "--data", path("data"), "--", address});
    EXPECT_EQ(result.code, 1) << address;
    EXPECT_THAT(result.err, Not(HasSubstr("password@"))) << address;
    EXPECT_FALSE(std::filesystem::exists(path("data"))) << address;
  }
  for (const char* const path_text : {"--upload-pack=x", "-oProxyCommand=x", "git@host:a"}) {
    EXPECT_THAT(fairlead({"import", "git", "--data", path("data"), "--", path_text}).err,
                HasSubstr("is no git repository"))
        << path_text;
  }
}

TEST_F(GitCommands, a_host_inside_of_this_network_is_not_fetched_from) {
  for (const char* const address : {"https://127.0.0.1/a", "https://[::1]/a", "https://[::ffff:7f00:1]/a",
                                    "https://localhost/a", "https://169.254.169.254/latest"}) {
    const Finished result = fairlead({"import", "git", address, "--data", path("data")});
    EXPECT_EQ(result.code, 1) << address;
    EXPECT_THAT(result.err, HasSubstr("is inside of this network")) << address;
  }
}

TEST_F(GitCommands, a_report_is_one_page_with_the_last_year_of_releases) {
  release_three_times(repository_);
  const Finished result = report();
  ASSERT_EQ(result.code, 0) << result.err;
  const std::string html = contents(path("r.html"));
  EXPECT_THAT(html, HasSubstr("3 releases in 365 days; half of the commits reached users within 59.2 minutes."));
  EXPECT_THAT(html, HasSubstr("<td>v1.2</td>"));
  EXPECT_THAT(html, HasSubstr("left out: 1 × baseline deployment"));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(2)"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
}

// A release at 03:00 UTC of the first day of a month belongs, in New York, to the month before.
TEST_F(GitCommands, a_report_speaks_of_days_and_months_of_the_reporting_zone) {
  constexpr std::int64_t kFirstOfFebruary = 1'769'914'800;  // 2026-02-01T03:00:00Z
  const std::string first = repository_.commit({}, "first", kFirstOfFebruary - 86'400 * 20);
  const std::string second = repository_.commit({first}, "second", kFirstOfFebruary - 86'400 * 10);
  repository_.git({"tag", "-a", "-m", "x", "v1.0", first}, kFirstOfFebruary - 86'400 * 15);
  repository_.git({"tag", "-a", "-m", "x", "v1.1", second}, kFirstOfFebruary);
  std::ofstream(path("zone.yaml")) << "time_zone: America/New_York\n";
  const Finished result = report({"--from", "2026-01-01", "--to", "2026-02-01", "--config", path("zone.yaml")});
  ASSERT_EQ(result.code, 0) << result.err;
  const std::string html = contents(path("r.html"));
  EXPECT_THAT(html, HasSubstr("2026-01-01 to 2026-02-01 (America/New_York)"));
  EXPECT_THAT(html, HasSubstr("2026-01: 2"));
  EXPECT_THAT(html, Not(HasSubstr("2025-12")));
  EXPECT_THAT(html, Not(HasSubstr("2026-02: ")));
  EXPECT_THAT(html, HasSubstr("<tr><td>2026-01-31</td><td>v1.1</td>"));
}

TEST_F(GitCommands, a_report_of_a_shallow_clone_says_so) {
  release_three_times(repository_);
  const std::string clone = path("clone");
  repository_.git({"clone", "-q", "--depth", "1", "file://" + repository_.path().string(), clone});
  ASSERT_EQ(fairlead({"report", "git", clone, "--html", path("r.html")}).code, 0);
  EXPECT_THAT(contents(path("r.html")), HasSubstr("This clone is shallow"));
}

TEST_F(GitCommands, a_report_fails_where_it_cannot_be_true) {
  release_three_times(repository_);
  EXPECT_EQ(report({"--from", "2030-01-01", "--to", "2029-01-01"}).code, 1);
  EXPECT_EQ(report({"--from", "soon"}).code, 1);
  EXPECT_EQ(fairlead({"report", "git", repository_.path().string(), "--html", path("no/such/r.html")}).code, 1);
  EXPECT_EQ(fairlead({"report", "git", repository_.path().string()}).code, 2);
}

}  // namespace
}  // namespace fairlead::app
