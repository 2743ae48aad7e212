// Promise R1: kill -9 at any point under load loses no acknowledged delivery and counts none twice.
//
// 64 clients post deployments, each under a key of its own, and keep what was acknowledged. The server is killed at
// random points (FAIRLEAD_KILLS of them) and started again; clients repeat whatever got no answer, with the same key.
// On PostgreSQL the database is now and then away when the server is killed. At the end every acknowledged deployment
// must be there exactly once, in the API and in the export, posting everything once more must change nothing, and what
// is derived must be what a rebuild gives.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

#include "store/testing/postgres_server.h"
#include "system/harness/clients.h"
#include "system/harness/environment.h"
#include "system/harness/on_each_store.h"

namespace fairlead::system_test {
namespace {

constexpr int kClients = 64;
constexpr std::size_t kAcksBetweenKillsMax = 300;
/// One in so many acknowledged posts is repeated at once.
constexpr std::uint64_t kRepeatOneIn = 8;
constexpr int kKillWhileStartingOneIn = 6;
/// Each so many-th kill.
constexpr std::uint64_t kDatabaseAwayEvery = 4;
constexpr int kStartMs = 300;
constexpr Milliseconds kAcksPatience{10'000};
/// A spool answers much faster than everything behind it, and what was acknowledged is posted once more at the end.
constexpr Milliseconds kRestOnPostgres{50};

class Kill : public OnEachStore {
 protected:
  void prove();

  /// For the server.
  virtual std::vector<std::string> more_arguments() const { return {}; }
  /// Whether deliveries are refused while the database is away.
  virtual bool refuses_without_database() const { return false; }

 private:
  void kill_while_starting();
  void kill_under_load(Scene& scene, bool database_away);
  void take_database_away(Scene& scene);
  std::size_t some_acks() { return random_() % kAcksBetweenKillsMax; }
  std::multiset<std::string> exported_ids() const;
  void check(const std::set<Posted>& acknowledged);

  // On PostgreSQL a start takes several times as long.
  const std::uint64_t kills_ = number_from_environment("FAIRLEAD_KILLS", on_postgres() ? 12 : 50);
  const std::uint64_t seed_ = random_seed();
  std::mt19937_64 random_{seed_};
  const std::string operator_ = new_token("operator");
};

/// Before anybody has spoken to it, perhaps before it has opened its files.
void Kill::kill_while_starting() {
  Process process(serve_command(data(), on_store(more_arguments())), serve_options());
  process.wait(Milliseconds(random_() % kStartMs));
  process.signal(SIGKILL);
}

void Kill::kill_under_load(Scene& scene, bool database_away) {
  Server server = serve(more_arguments());
  scene.is_up(0, server.port());
  scene.await_more(some_acks(), kAcksPatience);
  if (database_away) take_database_away(scene);
  server.kill();
  scene.is_down(0);
  if (database_away) store::PostgresServer::shared().start();
}

/// With a spool the server goes on taking deliveries.
void Kill::take_database_away(Scene& scene) {
  store::PostgresServer::shared().stop();
  if (!refuses_without_database()) scene.await_more(some_acks(), kAcksPatience);
}

/// The ids of the clients' deployments in an export, which is one JSON object a line.
std::multiset<std::string> Kill::exported_ids() const {
  const Finished result = command({"export", "--format", "json"});
  EXPECT_EQ(result.code, 0) << result.err;
  std::multiset<std::string> ids;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(R"({"entity":{)")) continue;
    static constexpr std::string_view kId = "\"id\":\"";
    const auto at = line.find(kId) + kId.size();
    const std::string id = line.substr(at, line.find('"', at) - at);
    if (!id.starts_with("probe-")) ids.insert(id);
  }
  return ids;
}

void Kill::check(const std::set<Posted>& acknowledged) {
  Server server = serve(more_arguments());
  ApiClient api(server.port(), operator_);
  api.await_empty_spool();
  EXPECT_THAT(accepted_when_posted_again(acknowledged, {server.port()}, operator_), testing::IsEmpty())
      << "acknowledged and gone, or not recognised";
  api.await_everything(store().lanes());
  // At most one post per client was under way when the last server died: stored perhaps, but not acknowledged.
  const std::multiset<std::string> stored = listed_ids(api, kClients);
  EXPECT_TRUE(std::ranges::includes(stored, ids_of(acknowledged)));
  EXPECT_EQ(std::set<std::string>(stored.begin(), stored.end()).size(), stored.size()) << "listed twice";
  EXPECT_LE(stored.size(), acknowledged.size() + kClients);
  std::size_t counted = 0;
  for (int client = 0; client < kClients; ++client) {
    const auto report =
        api.get_json(fmt::format("/api/v1/metrics/delivery?service=service-{}&from=2026-01-01&to=2027-01-01", client));
    counted += report.at("metrics").at("deployment_frequency").at("n").to_number<std::size_t>();
  }
  EXPECT_EQ(counted, stored.size());
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(exported_ids(), stored);
  const Finished verified = command({"verify"});
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_THAT(verified.out, testing::HasSubstr("equal to a rebuild"));
}

void Kill::prove() {
  SCOPED_TRACE(fmt::format("FAIRLEAD_SEED={}", seed_));
  Scene scene;
  {
    ClientsOptions options{.count = kClients};
    if (on_postgres()) {
      options.rest = kRestOnPostgres;
    } else {
      options.repeat_one_in = kRepeatOneIn;  // While a database is away, nobody knows what it holds.
    }
    options.may_be_refused = refuses_without_database();
    const Clients clients(scene, operator_, seed_, options);
    for (std::uint64_t i = 0; i < kills_; ++i) {
      const bool database_away = on_postgres() && i % kDatabaseAwayEvery == 1;
      if (!database_away && random_() % kKillWhileStartingOneIn == 0) {
        kill_while_starting();
      } else {
        kill_under_load(scene, database_away);
      }
    }
  }
  EXPECT_THAT(scene.problems(), testing::IsEmpty());
  const std::vector<Posted> all = scene.all_acknowledged();
  const std::set<Posted> acknowledged(all.begin(), all.end());
  EXPECT_EQ(acknowledged.size(), all.size()) << "a client counted one of its own posts twice";
  ASSERT_GT(acknowledged.size(), kills_) << "the load was too small to prove anything";
  std::printf("%lu kills, %zu acknowledged, seed %lu\n", kills_, acknowledged.size(), seed_);
  check(acknowledged);
}

TEST_P(Kill, no_acknowledged_delivery_is_lost_and_none_counts_twice) {
  prove();
}

/// What was acknowledged is in the database then, and while that is away nothing is.
class KillWithoutSpool : public Kill {
 protected:
  KillWithoutSpool() { std::ofstream(file("fairlead.yaml")) << "spool:\n  max_bytes: 0MiB\n"; }

  std::vector<std::string> more_arguments() const override { return {"--config", file("fairlead.yaml").string()}; }
  bool refuses_without_database() const override { return true; }
};

TEST_P(KillWithoutSpool, no_acknowledged_delivery_is_lost_and_none_counts_twice) {
  prove();
}

INSTANTIATE_TEST_SUITE_P(On, Kill, kEachStore, store_name);
INSTANTIATE_TEST_SUITE_P(On, KillWithoutSpool, kPostgresAlone, store_name);

}  // namespace
}  // namespace fairlead::system_test
