// `fairlead demo`: what a visitor gets within the first minute, and what nobody gets from elsewhere.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "store/testing/postgres_server.h"
#include "system/harness/api_client.h"
#include "system/harness/on_each_store.h"

namespace fairlead::system_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Milliseconds kPatience{180'000};

/// A running `fairlead demo` with a temporary folder of its own kind: everything that it leaves lies in `scratch`.
class Demo {
 public:
  explicit Demo(const fs::path& scratch, const std::vector<std::string>& more = {}) {
    std::vector<std::string> command = {fairlead_binary(), "demo", "--listen", "127.0.0.1:0"};
    command.insert(command.end(), more.begin(), more.end());
    ProcessOptions options = serve_options();
    options.environment.push_back("TMPDIR=" + scratch.string());
    process_ = std::make_unique<Process>(command, options);
    const auto listening = [](const std::string& out) { return out.find("listening on http://") != std::string::npos; };
    if (!process_->wait_for_out(listening, kPatience)) throw std::runtime_error("no demo: " + process_->err());
    const std::string out = process_->out();
    const std::size_t line = out.find("listening on http://");
    port_ = static_cast<std::uint16_t>(std::stoi(out.substr(out.find(':', line + 20) + 1)));
  }

  std::uint16_t port() const { return port_; }
  std::string out() const { return process_->out(); }
  int stop() {
    process_->signal(SIGTERM);
    const auto code = process_->wait(Milliseconds(10'000));
    if (!code) throw std::runtime_error("the demo still runs after ten seconds");
    return *code;
  }

 private:
  std::unique_ptr<Process> process_;
  std::uint16_t port_ = 0;
};

/// A world whose past is told already. It is founded once, because telling it takes a database its time.
class ToldWorld {
 public:
  ToldWorld() { EXPECT_EQ(Demo(folder_.path(), {"--data", data().string(), "--store", store_.address()}).stop(), 0); }

  /// Leaves what a demo has left that was stopped.
  void put_into(const TestStore& store, const fs::path& folder) const {
    store.become_a_copy_of(store_);
    fs::create_directory(folder);
    fs::copy_file(data() / "demo-world", folder / "demo-world");
  }

 private:
  fs::path data() const { return folder_.path() / "data"; }

  const TempFolder folder_;
  const TestStore store_{StoreKind::kPostgres};
};

class DemoTest : public OnEachStore {
 protected:
  /// The options of a demo whose world may have been founded before.
  std::vector<std::string> on_a_world(const std::vector<std::string>& more = {}) const {
    if (on_postgres()) {
      static const ToldWorld told;
      told.put_into(store(), data());
    }
    return on_data(more);
  }
  std::vector<std::string> on_data(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--data", data().string()});
    return on_store(more);
  }
};

boost::json::value json_of(const HttpResponse& response) {
  EXPECT_EQ(response.status, 200) << response.body;
  return boost::json::parse(response.body);
}

boost::json::value get(const Demo& demo, const std::string& target) {
  return json_of(Connection(demo.port()).request("GET", target));
}

TEST_P(DemoTest, all_five_numbers_are_known_at_once_and_said_to_be_simulated) {
  Demo demo(folder(), on_store({}));
  EXPECT_THAT(demo.out(), HasSubstr("simulated"));
  for (const char* from : {"now-7d", "now-30d", "now-90d"}) {
    const auto report = get(demo, fmt::format("/api/v1/metrics/delivery?from={}", from));
    EXPECT_TRUE(report.at("simulated").as_bool());
    for (const char* name : {"deployment_frequency", "change_lead_time", "change_fail_rate",
                             "failed_deployment_recovery_time", "deployment_rework_rate"}) {
      EXPECT_FALSE(report.at("metrics").at(name).at("value").is_null()) << from << " " << name;
    }
  }
  const auto real = get(demo, "/api/v1/metrics/delivery?from=now-90d&simulated=false");
  EXPECT_FALSE(real.at("simulated").as_bool());
  EXPECT_EQ(real.at("metrics").at("deployment_frequency").at("n"), 0);
  EXPECT_EQ(demo.stop(), 0);
}

TEST_P(DemoTest, a_visitor_finds_an_open_incident_and_hears_runs_go_on) {
  Demo demo(folder(), on_a_world());
  const auto incidents = get(demo, "/api/v1/incidents?limit=5");
  const auto& items = incidents.at("items").as_array();
  EXPECT_TRUE(std::ranges::any_of(items, [](const auto& item) {
    return item.as_object().if_contains("resolved_at") == nullptr || item.at("resolved_at").is_null();
  }));
  Connection stream(demo.port(), kPatience);
  stream.send(request_text("GET", "/api/v1/stream", {"Accept: text/event-stream"}, {}));
  EXPECT_EQ(stream.receive(true).status, 200);
  EXPECT_THAT(stream.receive_until("\"kind\":\"task\""), HasSubstr("event: delivery"));
  EXPECT_EQ(demo.stop(), 0);
}

TEST_P(DemoTest, a_second_start_on_the_same_folder_goes_on_and_doubles_nothing) {
  const std::string count = "/api/v1/metrics/delivery?from=now-90d&to=now-1d&metric=deployment_frequency";
  const std::string entities = "/api/v1/deployments?environment=production&to=now-1d&sort=at&limit=1000";
  boost::json::value before;
  {
    Demo demo(folder(), on_a_world());
    before = get(demo, entities).at("items");
    ASSERT_EQ(before.as_array().size(), 1000u);
    EXPECT_EQ(demo.stop(), 0);
  }
  Demo again(folder(), on_data());
  EXPECT_EQ(get(again, entities).at("items"), before);
  EXPECT_GT(get(again, count).at("metrics").at("deployment_frequency").at("n").to_number<int>(), 1'000);
  // Only what happened since; the past has 9,000 deliveries.
  const std::string metrics = Connection(again.port()).request("GET", "/metrics").body;
  const std::size_t stored = metrics.find("\nfairlead_ingest_stored_total ");
  ASSERT_NE(stored, std::string::npos);
  EXPECT_LT(std::stoi(metrics.substr(stored + 30)), 500);
  EXPECT_EQ(again.stop(), 0);
}

TEST_P(DemoTest, a_visitor_may_write_and_a_page_of_elsewhere_may_nothing) {
  Demo demo(folder(), on_a_world());
  const auto post = [&](const std::vector<std::string>& headers) {
    return Connection(demo.port()).request("POST", "/api/v1/events", headers, deployment_event("mine"));
  };
  EXPECT_EQ(post({"Content-Type: application/json"}).status, 200);
  EXPECT_EQ(post({"Content-Type: application/json", "Origin: https://elsewhere.example"}).status, 403);
  EXPECT_EQ(demo.stop(), 0);
}

TEST_P(DemoTest, a_name_that_leads_here_from_elsewhere_is_refused) {
  Demo demo(folder(), on_a_world());
  Connection connection(demo.port());
  connection.send("GET /api/v1/deployments HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n");
  EXPECT_EQ(connection.receive().status, 401);
  EXPECT_EQ(demo.stop(), 0);
}

TEST_P(DemoTest, who_listens_for_others_lets_them_look_only) {
  Demo demo(folder(), on_a_world({"--listen", "0.0.0.0:0"}));
  EXPECT_FALSE(get(demo, "/api/v1/metrics/delivery").at("metrics").as_object().empty());
  EXPECT_EQ(Connection(demo.port())
                .request("POST", "/api/v1/events", {"Content-Type: application/json"}, deployment_event("mine"))
                .status,
            401);
  EXPECT_EQ(demo.stop(), 0);
}

TEST_P(DemoTest, a_store_with_real_data_is_refused) {
  {
    Server server = serve();
    ApiClient api(server.port(), new_token("ingest"));
    ASSERT_EQ(api.post_events(deployment_event("d1")).status, 200);
    ASSERT_EQ(server.stop(), 0);
  }
  const Finished refused = command({"demo", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(refused.code, 1);
  const std::string place = on_postgres() ? store::PostgresServer::database_of(store().address()) : data().string();
  EXPECT_THAT(refused.err, HasSubstr(place));
  EXPECT_THAT(refused.err, HasSubstr(on_postgres() ? "database of its own" : "folder of its own"));
  EXPECT_THAT(refused.out, Not(HasSubstr("listening on")));
}

TEST_P(DemoTest, a_damaged_memory_of_the_founding_is_named) {
  { EXPECT_EQ(Demo(folder(), on_a_world()).stop(), 0); }
  std::ofstream(data() / "demo-world") << "yesterday\n";
  const Finished refused = command({"demo", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("demo-world"));
}

INSTANTIATE_TEST_SUITE_P(On, DemoTest, kEachStore, store_name);

class DemoOnFiles : public DemoTest {};

TEST_P(DemoOnFiles, its_temporary_folder_goes_with_it) {
  {
    Demo demo(folder());
    EXPECT_FALSE(fs::is_empty(folder()));
    EXPECT_EQ(demo.stop(), 0);
  }
  EXPECT_TRUE(fs::is_empty(folder()));
}

INSTANTIATE_TEST_SUITE_P(On, DemoOnFiles, kSqliteAlone, store_name);

}  // namespace
}  // namespace fairlead::system_test
