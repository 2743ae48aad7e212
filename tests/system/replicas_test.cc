// Promise R6, and R1 for a fleet: three replicas on one PostgreSQL lose no acknowledged delivery and count none twice,
// whatever is killed.
//
// 64 clients post deployments, each under a key of its own, to whichever replica answers, and keep what was
// acknowledged. Meanwhile replicas are killed (-9) and PostgreSQL is restarted, killed, or stands still for ten
// seconds. At the end every acknowledged deployment must be there exactly once, and the derived state must be what a
// single process makes of the same journal.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <set>

#include "engine/testing/settled.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/testing/postgres_server.h"
#include "system/harness/api_client.h"
#include "system/harness/clients.h"
#include "system/harness/environment.h"
#include "system/harness/server.h"
#include "system/harness/temp_folder.h"

namespace fairlead::system_test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReplicas = 3;
constexpr int kClients = 64;
constexpr int kAcksBetweenBlowsMax = 300;
constexpr Milliseconds kAcksPatience{20'000};
constexpr Milliseconds kStandstill{10'000};
/// A spool answers much faster than everything behind it, and what was acknowledged is posted once more at the end.
constexpr Milliseconds kClientRest{150};

class Fleet {
 public:
  explicit Fleet(Scene& scene) : scene_(scene), uri_(postgres_.new_database()) {
    for (std::size_t i = 0; i < kReplicas; ++i) start(i);
    operator_token_ = make_token(data(0), "operator");
  }

  store::PostgresServer& postgres() { return postgres_; }
  const std::string& uri() const { return uri_; }
  const std::string& token() const { return operator_token_; }
  std::uint16_t port(std::size_t i) const { return servers_.at(i)->port(); }
  std::vector<std::uint16_t> ports() const { return {port(0), port(1), port(2)}; }

  void start(std::size_t i) {
    servers_.at(i) = std::make_unique<Server>(data(i), std::vector<std::string>{"--store", uri_});
    scene_.is_up(i, servers_.at(i)->port());
  }
  void kill(std::size_t i) {
    scene_.is_down(i);
    servers_.at(i)->kill();
  }

  /// Nobody but the test ends one.
  void expect_that_all_run() {
    for (const auto& server : servers_) {
      EXPECT_EQ(server->process().wait(Milliseconds(0)), std::nullopt) << server->process().err();
    }
  }

  /// How long it takes from now until what is posted to a living replica counts everywhere: until somebody else does
  /// the work of one that was killed.
  double seconds_until_derived(std::size_t living, const std::string& id) {
    const auto start = Clock::now();
    ApiClient api(port(living), operator_token_);
    // A delivery lies in one lane and its service in one part; so many of both meet every replica's.
    std::vector<std::string> sequences;
    for (int i = 0; i < 64; ++i) {
      const std::string name = fmt::format("{}-{}", id, i);
      const auto posted = api.post_events(deployment_event(name, "service-" + name), "key-" + name);
      if (posted.status != 200) throw std::runtime_error(posted.body);
      sequences.push_back(posted.header("fairlead-sequence"));
    }
    for (const std::string& sequence : sequences) api.await_projection(sequence);
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

 private:
  std::filesystem::path data(std::size_t i) const { return folder_.path() / fmt::format("replica{}", i); }

  Scene& scene_;
  const TempFolder folder_;
  store::PostgresServer postgres_{{.durable = true}};
  const std::string uri_;
  std::string operator_token_;
  std::array<std::unique_ptr<Server>, kReplicas> servers_;
};

enum class Blow { kKillReplica, kRestartPostgres, kKillPostgres, kPausePostgres };

/// Each kind so often, in any order.
std::vector<Blow> blows(std::mt19937_64& random) {
  std::vector<Blow> all;
  const auto add = [&](const char* name, std::uint64_t usual, Blow blow) {
    all.insert(all.end(), number_from_environment(name, usual), blow);
  };
  add("FAIRLEAD_REPLICA_KILLS", 6, Blow::kKillReplica);
  add("FAIRLEAD_DATABASE_RESTARTS", 1, Blow::kRestartPostgres);
  add("FAIRLEAD_DATABASE_KILLS", 1, Blow::kKillPostgres);
  add("FAIRLEAD_DATABASE_PAUSES", 1, Blow::kPausePostgres);
  std::ranges::shuffle(all, random);
  return all;
}

void strike(Fleet& fleet, Scene& scene, Blow blow, std::mt19937_64& random) {
  switch (blow) {
    case Blow::kKillReplica: {
      const std::size_t victim = random() % kReplicas;
      fleet.kill(victim);
      scene.await_more(random() % kAcksBetweenBlowsMax, kAcksPatience);
      fleet.start(victim);
      break;
    }
    case Blow::kRestartPostgres:
      fleet.postgres().stop();
      scene.await_more(random() % kAcksBetweenBlowsMax, kAcksPatience);
      fleet.postgres().start();
      break;
    case Blow::kKillPostgres:
      fleet.postgres().kill();
      scene.await_more(random() % kAcksBetweenBlowsMax, kAcksPatience);
      fleet.postgres().start();
      break;
    case Blow::kPausePostgres:
      fleet.postgres().pause();
      scene.rest(kStandstill);
      fleet.postgres().resume();
      break;
  }
}

TEST(ReplicasUnderFire, lose_nothing_acknowledged_count_nothing_twice_and_derive_what_one_would) {
  const std::uint64_t seed = random_seed();
  SCOPED_TRACE(fmt::format("FAIRLEAD_SEED={}", seed));
  std::mt19937_64 random(seed);
  Scene scene(kReplicas);
  Fleet fleet(scene);
  const std::vector<Blow> all_blows = blows(random);
  {
    const Clients clients(scene, fleet.token(), seed, {.count = kClients, .rest = kClientRest, .may_be_refused = true});
    for (const Blow blow : all_blows) {
      scene.await_more(random() % kAcksBetweenBlowsMax, kAcksPatience);
      strike(fleet, scene, blow, random);
    }
    scene.await_more(kAcksBetweenBlowsMax, kAcksPatience);
  }
  std::printf("%zu blows are dealt\n", all_blows.size());
  fleet.expect_that_all_run();
  EXPECT_THAT(scene.problems(), testing::IsEmpty());
  const std::vector<Posted> acknowledged = scene.all_acknowledged();
  const std::set<Posted> distinct(acknowledged.begin(), acknowledged.end());
  EXPECT_EQ(distinct.size(), acknowledged.size());
  ASSERT_GT(distinct.size(), all_blows.size() * 10) << "the load was too small to prove anything";
  for (const std::uint16_t port : fleet.ports()) ApiClient(port, fleet.token()).await_empty_spool();
  std::printf("the spools are empty\n");

  EXPECT_THAT(accepted_when_posted_again(distinct, fleet.ports(), fleet.token()), testing::IsEmpty())
      << "acknowledged and gone, or not recognised";
  fleet.seconds_until_derived(2, "settled");
  ApiClient api(fleet.port(1), fleet.token());
  const std::multiset<std::string> stored = listed_ids(api, kClients);
  EXPECT_TRUE(std::ranges::includes(stored, ids_of(distinct)));
  EXPECT_EQ(std::set<std::string>(stored.begin(), stored.end()).size(), stored.size()) << "listed twice";
  EXPECT_LE(stored.size(), distinct.size() + kClients);

  const auto journal = engine::testing::must(store::open_postgres_journal(fleet.uri()));
  const auto derived = engine::testing::must(store::open_postgres_derived(fleet.uri()));
  const auto alone = store::make_memory_derived();
  engine::testing::must(engine::project_all(*journal, *alone, Policy{}, {}));
  EXPECT_EQ(engine::testing::first_difference(engine::testing::dump_of(*alone), engine::testing::dump_of(*derived)),
            "");
  std::printf("%zu blows, %zu acknowledged, seed %lu\n", all_blows.size(), distinct.size(), seed);
}

/// The promise is ten seconds; a machine that is busy with other tests is given more.
TEST(ReplicasUnderFire, the_work_of_a_killed_one_is_taken_over_within_seconds) {
  constexpr double kSecondsMax = 30;
  Scene scene(kReplicas);
  Fleet fleet(scene);
  std::printf("all alive: %.1f s\n", fleet.seconds_until_derived(0, "before"));
  fleet.kill(2);
  const double after_one = fleet.seconds_until_derived(0, "one-killed");
  fleet.kill(1);
  const double after_two = fleet.seconds_until_derived(0, "two-killed");
  std::printf("taken over: %.1f s, %.1f s\n", after_one, after_two);
  EXPECT_LT(after_one, kSecondsMax);
  EXPECT_LT(after_two, kSecondsMax);
}

}  // namespace
}  // namespace fairlead::system_test
