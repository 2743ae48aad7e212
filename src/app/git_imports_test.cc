// Imports in the background, against git's own server for plain files, in this process and in the real program.

#include "app/git_imports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <csignal>
#include <fstream>
#include <thread>

#include "app/testing/child.h"
#include "git/testing/dumb_server.h"
#include "git/testing/scratch_repository.h"
#include "store/memory/memory_store.h"

namespace fairlead::app {
namespace {

using api::Import;
using api::ImportState;
using git::testing::DumbServer;
using git::testing::ScratchRepository;
using ::testing::HasSubstr;

/// Two releases, three commits.
void release_twice(const ScratchRepository& repository) {
  const std::string one = repository.commit({}, "one", 1'700'000'000);
  const std::string two = repository.commit({one}, "two", 1'700'000'100);
  const std::string three = repository.commit({two}, "three", 1'700'000'200);
  repository.git({"update-ref", "refs/heads/master", three});
  repository.git({"tag", "-a", "-m", "x", "v1.0", one}, 1'700'001'000);
  repository.git({"tag", "-a", "-m", "x", "v1.1", three}, 1'700'002'000);
  repository.git({"update-server-info"});
}

class GitImportsTest : public ::testing::Test {
 protected:
  GitImportsTest() : served_(folder_.path() / "www") {
    release_twice(repository_);
    std::filesystem::create_directories(folder_.path() / "www" / "acme");
    std::filesystem::create_symlink(repository_.path() / ".git", folder_.path() / "www" / "acme" / "api.git");
    config_.data = folder_.path() / "data";
    config_.git = {.schemes = {"http"}, .hosts_allowed = {"127.0.0.1"}};
    engine_ = engine::Engine::start({store::make_memory_journal(), store::make_memory_derived()}, {}, clock_).value();
  }

  std::string url(const std::string& path = "/acme/api.git") const {
    return fmt::format("http://127.0.0.1:{}{}", served_.port(), path);
  }
  /// The import once it has ended.
  static Import ended(const GitImports& imports, const std::string& id) {
    while (true) {
      Import import = imports.find(id).value();
      if (import.ended()) return import;
      std::this_thread::yield();
    }
  }
  Import carried_out(GitImports& imports, const std::string& address) const {
    return ended(imports, imports.start(address).value().import.id);
  }
  std::size_t deployments() const {
    store::EntityQuery query;
    query.kind = EntityKind::kDeployment;
    query.limit = 100;
    return engine_->read().value()->entities(query).value().rows.size();
  }

  const ScratchRepository repository_;
  const testing::TempFolder folder_;
  DumbServer served_;
  const SystemClock clock_;
  SystemRandom random_;
  Config config_;
  std::unique_ptr<engine::Engine> engine_;
};

TEST_F(GitImportsTest, an_import_ends_when_reports_show_everything_and_says_what_it_did) {
  GitImports imports(*engine_, config_, clock_, random_);
  const Import import = carried_out(imports, url());
  EXPECT_EQ(import.state, ImportState::kSucceeded) << import.error;
  EXPECT_EQ(import.commits_total, 3u);
  EXPECT_EQ(import.commits, 3u);
  EXPECT_EQ(import.releases, 2u);
  EXPECT_EQ(import.events, 5u);
  EXPECT_FALSE(import.nothing_new);
  EXPECT_EQ(import.repository, "127.0.0.1/acme/api");
  EXPECT_EQ(import.service, "acme/api");
  EXPECT_EQ(import.first_release_at, Instant{1'700'001'000'000});
  EXPECT_EQ(import.last_release_at, Instant{1'700'002'000'000});
  EXPECT_TRUE(import.remarks.empty());
  EXPECT_TRUE(import.started_at && import.finished_at);
  EXPECT_EQ(deployments(), 2u);
}

TEST_F(GitImportsTest, a_second_import_adds_nothing) {
  GitImports imports(*engine_, config_, clock_, random_);
  ASSERT_EQ(carried_out(imports, url()).state, ImportState::kSucceeded);
  const auto appended = engine_->stats().appended;
  EXPECT_TRUE(carried_out(imports, url()).nothing_new);
  EXPECT_EQ(engine_->stats().appended, appended);
  EXPECT_EQ(imports.list().size(), 2u);
}

TEST_F(GitImportsTest, without_a_release_tag_it_says_how_to_name_them) {
  for (const char* const tag : {"v1.0", "v1.1"}) repository_.git({"tag", "-d", tag});
  repository_.git({"update-server-info"});
  GitImports imports(*engine_, config_, clock_, random_);
  const Import import = carried_out(imports, url());
  EXPECT_EQ(import.state, ImportState::kSucceeded);
  EXPECT_THAT(import.remarks, ::testing::ElementsAre(HasSubstr("no tag is a release")));
  EXPECT_FALSE(import.first_release_at);
}

TEST_F(GitImportsTest, what_is_no_address_or_an_attack_is_refused_at_once) {
  GitImports imports(*engine_, config_, clock_, random_);
  for (const char* const text :
       {"", "/etc", "../x", "git@host:a", "--upload-pack=x", "-oProxyCommand=x", "http://user:password@127.0.0.1/a",
        "http://127.0.0.1/a\r\nb", "http://127.1/a", "http://2130706433/a"}) {
    const auto refused = imports.start(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalid) << text;
    EXPECT_THAT(refused.error().message, ::testing::Not(HasSubstr("password@")));
  }
  EXPECT_THAT(imports.start("/srv/project").error().message, HasSubstr("fairlead import git PATH"));
  for (const char* const text : {"ext::sh -c id", "EXT::sh", "file:///etc", "git://host/a", "ssh://host/a"}) {
    EXPECT_FALSE(imports.start(text)) << text;
  }
  EXPECT_EQ(imports.start("ssh://host/a").error().code, ErrorCode::kForbidden);
  EXPECT_TRUE(imports.list().empty());
}

TEST_F(GitImportsTest, a_host_inside_of_this_network_is_not_asked_unless_it_is_allowed) {
  config_.git.hosts_allowed.clear();
  GitImports imports(*engine_, config_, clock_, random_);
  const Import import = carried_out(imports, url());
  EXPECT_EQ(import.state, ImportState::kFailed);
  EXPECT_THAT(import.error, HasSubstr("inside of this network"));
  EXPECT_TRUE(served_.requests().empty());
}

TEST_F(GitImportsTest, a_failure_says_what_to_look_at_and_the_next_one_runs) {
  GitImports imports(*engine_, config_, clock_, random_);
  const Import import = carried_out(imports, url("/nothing.git"));
  EXPECT_EQ(import.state, ImportState::kFailed);
  EXPECT_THAT(import.error, HasSubstr("check the address"));
  EXPECT_EQ(carried_out(imports, url()).state, ImportState::kSucceeded);
}

TEST_F(GitImportsTest, one_runs_few_wait_and_the_same_address_only_once) {
  served_.hold();
  GitImports imports(*engine_, config_, clock_, random_);
  const auto first = imports.start(url()).value();
  served_.await_request();
  EXPECT_EQ(imports.find(first.import.id)->state, ImportState::kRunning);
  const auto same = imports.start(url()).value();
  EXPECT_FALSE(same.is_new);
  EXPECT_EQ(same.import.id, first.import.id);
  for (std::size_t i = 0; i < GitImports::kWaitingMax; ++i) {
    EXPECT_EQ(imports.start(url(fmt::format("/{}.git", i)))->import.state, ImportState::kQueued);
  }
  EXPECT_EQ(imports.start(url("/more.git")).error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(imports.start(url("/0.git"))->is_new);
  // One that waits makes room at once.
  EXPECT_EQ(imports.cancel(imports.list()[0].id)->state, ImportState::kCancelled);
  EXPECT_TRUE(imports.start(url("/more.git")));
  served_.let_go();
  EXPECT_EQ(ended(imports, first.import.id).state, ImportState::kSucceeded);
}

TEST_F(GitImportsTest, a_cancelled_one_ends_with_its_git_and_later_starts_anew) {
  served_.hold();
  GitImports imports(*engine_, config_, clock_, random_);
  const auto started = imports.start(url()).value();
  served_.await_request();
  ASSERT_TRUE(imports.cancel(started.import.id));
  const Import import = ended(imports, started.import.id);
  EXPECT_EQ(import.state, ImportState::kCancelled);
  EXPECT_EQ(import.error, "");
  served_.let_go();
  EXPECT_EQ(imports.cancel(started.import.id)->state, ImportState::kCancelled);
  EXPECT_EQ(carried_out(imports, url()).state, ImportState::kSucceeded);
  EXPECT_EQ(deployments(), 2u);
  EXPECT_EQ(imports.cancel("0123").error().code, ErrorCode::kNotFound);
}

TEST_F(GitImportsTest, a_stop_ends_the_running_one_and_takes_no_more) {
  served_.hold();
  {
    GitImports imports(*engine_, config_, clock_, random_);
    const auto running = imports.start(url()).value();
    const auto queued = imports.start(url("/other.git")).value();
    served_.await_request();
    imports.stop();
    EXPECT_EQ(imports.find(running.import.id)->state, ImportState::kCancelled);
    EXPECT_EQ(imports.find(queued.import.id)->state, ImportState::kQueued);
    EXPECT_EQ(imports.start(url()).error().code, ErrorCode::kUnavailable);
  }
  served_.let_go();
  GitImports imports(*engine_, config_, clock_, random_);
  EXPECT_EQ(carried_out(imports, url()).state, ImportState::kSucceeded);
}

TEST_F(GitImportsTest, of_those_that_have_ended_the_latest_are_kept) {
  served_.hold();
  GitImports imports(*engine_, config_, clock_, random_);
  ASSERT_TRUE(imports.start(url()));
  served_.await_request();
  std::string last;
  for (std::size_t i = 0; i < GitImports::kKeptMax + 5; ++i) {
    last = imports.start(url(fmt::format("/{}.git", i)))->import.id;
    ASSERT_TRUE(imports.cancel(last));
  }
  EXPECT_LE(imports.list().size(), GitImports::kKeptMax + 2);
  EXPECT_EQ(imports.list().front().id, last);
  EXPECT_EQ(imports.list().back().url, url());
  served_.let_go();
}

/// The whole program, told over HTTP.
class ImportOverHttp : public GitImportsTest {
 protected:
  ImportOverHttp() { std::ofstream(config_file()) << "git: {hosts_allowed: [127.0.0.1], schemes: [http]}\n"; }
  std::string config_file() const { return (folder_.path() / "fairlead.yaml").string(); }
  std::filesystem::path data() const { return folder_.path() / "served"; }
  void start() {
    if (token_.empty()) {
      token_ = testing::fairlead({"token", "create", "--data", data().string(), "--role", "admin"}).out;
      while (token_.ends_with('\n')) token_.pop_back();
    }
    server_.emplace(data(), std::vector<std::string>{"--config", config_file()});
  }
  boost::json::object call(const std::string& method, const std::string& target, int status,
                           const std::string& body = {}) {
    const auto answer = server_->request(method, target, token_, body);
    EXPECT_EQ(answer.status, status) << answer.body;
    return boost::json::parse(answer.body).as_object();
  }
  std::string begin(int status = 202) {
    return std::string(
        call("POST", "/api/v1/imports", status, fmt::format(R"({{"url":"{}"}})", url())).at("id").as_string());
  }
  boost::json::object ended(const std::string& id) {
    boost::json::object import;
    do {
      import = call("GET", "/api/v1/imports/" + id, 200);
    } while (import.at("state") == "queued" || import.at("state") == "running");
    return import;
  }

  std::string token_;
  std::optional<testing::RunningServer> server_;
};

TEST_F(ImportOverHttp, brings_a_history_in_that_reports_show_and_a_command_finds_nothing_new_in) {
  start();
  const auto import = ended(begin());
  EXPECT_EQ(import.at("state"), "succeeded") << import.at("error");
  EXPECT_EQ(call("GET", "/api/v1/deployments", 200).at("items").as_array().size(), 2u);
  EXPECT_EQ(ended(begin()).at("nothing_new"), true);
  const auto again = testing::fairlead({"import", "git", url(), "--data", data().string(), "--config", config_file()});
  EXPECT_THAT(again.out, HasSubstr("nothing new")) << again.err;
  EXPECT_EQ(call("GET", "/api/v1/imports", 200).at("items").as_array().size(), 2u);
}

TEST_F(ImportOverHttp, a_stop_of_the_server_ends_it_and_the_next_one_is_whole) {
  start();
  served_.hold();
  begin();
  served_.await_request();
  EXPECT_EQ(server_->stop(SIGTERM), 0);
  served_.let_go();
  start();
  EXPECT_TRUE(call("GET", "/api/v1/imports", 200).at("items").as_array().empty());
  EXPECT_EQ(ended(begin()).at("state"), "succeeded");
  EXPECT_EQ(call("GET", "/api/v1/deployments", 200).at("items").as_array().size(), 2u);
}

TEST_F(ImportOverHttp, is_cancelled) {
  start();
  served_.hold();
  const std::string id = begin();
  served_.await_request();
  EXPECT_EQ(begin(200), id);
  call("DELETE", "/api/v1/imports/" + id, 200);
  EXPECT_EQ(ended(id).at("state"), "cancelled");
  served_.let_go();
}

}  // namespace
}  // namespace fairlead::app
