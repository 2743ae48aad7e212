// Replicas on one PostgreSQL database: what they derive together is what one would.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>
#include <thread>

#include "engine/engine.h"
#include "engine/testing/settled.h"
#include "engine/testing/wait_until.h"
#include "engine/testing/world.h"
#include "store/fleet.h"
#include "store/memory/memory_store.h"
#include "store/postgres/connection.h"
#include "store/postgres/postgres_store.h"
#include "store/testing/postgres_server.h"

namespace fairlead::engine {
namespace {

using testing::must;

constexpr int kPatienceMs = 120'000;

class Replicas : public ::testing::Test {
 protected:
  static constexpr std::size_t kReplicas = 3;

  void SetUp() override {
    world_ = testing::World::random(7, {.commits = 30, .deployments = 40, .incidents = 10});
    for (std::size_t i = 0; i < kReplicas; ++i) engines_.push_back(start(i));
  }

  std::unique_ptr<Engine> start(std::size_t number) { return start(number, world_.policy); }
  std::unique_ptr<Engine> start(std::size_t number, const Policy& policy) {
    store::Stores stores(must(store::open_postgres_journal(uri_)), must(store::open_postgres_derived(uri_)),
                         must(store::open_postgres_fleet(uri_, fmt::format("replica {}", number), "1")));
    return must(Engine::start(std::move(stores), policy, clock_));
  }

  /// Hands the deliveries to the replicas in turn; the last sequence of each lane.
  void submit(std::span<const Delivery> deliveries) {
    std::size_t turn = 0;
    for (const Delivery& delivery : deliveries) {
      std::promise<Result<store::Appended>> answer;
      engines_[turn++ % engines_.size()]->submit(
          delivery, [&](Result<store::Appended> appended) { answer.set_value(std::move(appended)); });
      const auto appended = must(answer.get_future().get());
      auto& last = last_[appended.position.lane];
      last = std::max(last, appended.position.sequence);
    }
  }

  /// Until this replica knows that all is projected and linked, whoever did it.
  void wait_for_all(Engine& engine) {
    for (const auto& [lane, sequence] : last_) {
      std::promise<bool> reached;
      engine.when_projected({lane, sequence}, kPatienceMs, [&](bool yes) { reached.set_value(yes); });
      ASSERT_TRUE(reached.get_future().get()) << "lane " << lane << " row " << sequence;
    }
  }

  void expect_what_one_would_derive() { expect_what_one_would_derive_under(world_.policy); }
  void expect_what_one_would_derive_under(const Policy& policy) {
    const auto journal = must(store::open_postgres_journal(uri_));
    const auto derived = must(store::open_postgres_derived(uri_));
    const auto alone = store::make_memory_derived();
    must(project_all(*journal, *alone, policy, {}));
    EXPECT_EQ(testing::first_difference(testing::dump_of(*alone), testing::dump_of(*derived)), "");
  }

  /// Until the parts are shared out among the living replicas, about evenly.
  void wait_for_leases() {
    const std::size_t least = store::Fleet::kParts / engines_.size() - 1;
    const auto has_its_share = [&](const auto& engine) { return engine->fleet()->leases().size() >= least; };
    testing::wait_until([&] { return std::ranges::all_of(engines_, has_its_share); });
  }

  const std::string uri_ = store::PostgresServer::shared().new_database();
  const SystemClock clock_;
  testing::World world_;
  std::vector<std::unique_ptr<Engine>> engines_;
  std::map<std::uint32_t, std::uint64_t> last_;
};

TEST_F(Replicas, derive_together_what_one_would) {
  submit(testing::orderly_deliveries(world_));
  for (const auto& engine : engines_) wait_for_all(*engine);
  expect_what_one_would_derive();
}

TEST_F(Replicas, share_the_work_and_take_over_what_a_stopped_one_had) {
  wait_for_leases();
  std::set<std::uint32_t> parts;
  for (const auto& engine : engines_) {
    for (const store::Lease& lease : engine->fleet()->leases()) {
      EXPECT_TRUE(parts.insert(lease.part).second) << "part " << lease.part << " has two holders";
    }
  }
  EXPECT_EQ(parts.size(), store::Fleet::kParts);
  const auto deliveries = testing::orderly_deliveries(world_);
  const std::size_t half = deliveries.size() / 2;
  submit(std::span(deliveries).first(half));
  engines_[1]->stop();
  engines_.erase(engines_.begin() + 1);
  submit(std::span(deliveries).subspan(half));
  for (const auto& engine : engines_) wait_for_all(*engine);
  wait_for_leases();
  expect_what_one_would_derive();
  EXPECT_EQ(must(engines_[0]->fleet()->replicas()).size(), 2u);
}

TEST_F(Replicas, tell_the_clients_of_all_the_same_news_under_the_same_ids) {
  std::vector<std::uint64_t> from;
  for (const auto& engine : engines_) from.push_back(engine->live().last_id());
  const std::uint64_t start = *std::ranges::max_element(from);
  submit(testing::orderly_deliveries(world_));
  for (const auto& engine : engines_) wait_for_all(*engine);
  std::vector<std::string> told;
  for (const auto& engine : engines_) {
    // Each hears by itself; what it has heard is a beginning of what the store holds.
    const auto last = must(engine->fleet()->last_news());
    testing::wait_until([&] { return engine->live().last_id() >= last; });
    std::string all;
    for (const LiveEvent& event : engine->live().after(start, 10).events) {
      all += fmt::format("{} {} {}\n", event.id, event.kind, event.json);
    }
    told.push_back(all);
  }
  EXPECT_FALSE(told[0].empty());
  EXPECT_EQ(told[1], told[0]);
  EXPECT_EQ(told[2], told[0]);
}

TEST_F(Replicas, publish_at_once_and_number_all_news_in_one_row) {
  constexpr int kRounds = 40;
  const std::uint64_t before = must(engines_[0]->fleet()->last_news());
  {
    std::vector<std::jthread> publishers;
    for (const auto& engine : engines_) {
      publishers.emplace_back([&engine] {
        for (int i = 0; i < kRounds; ++i) must(engine->fleet()->publish({{0, "a", "{}"}, {0, "b", "{}"}}));
      });
    }
  }
  const auto news = must(engines_[0]->fleet()->news_after(before, 10'000));
  ASSERT_GE(news.size(), kReplicas * kRounds * 2);
  for (std::size_t i = 0; i < news.size(); ++i) EXPECT_EQ(news[i].id, before + 1 + i);
}

TEST_F(Replicas, that_lost_a_lease_cannot_write_under_it) {
  wait_for_leases();
  const auto derived = must(store::open_postgres_derived(uri_));
  const store::Lease held = engines_[0]->fleet()->leases().front();
  EXPECT_TRUE(derived->write_under(std::vector{held}).has_value());
  const store::Lease stale{held.part, held.epoch - 1};
  const auto refused = derived->write_under(std::vector{held, stale});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
}

TEST_F(Replicas, that_live_let_nobody_write_beside_them_without_a_lease) {
  wait_for_leases();
  const auto journal = must(store::open_postgres_journal(uri_));
  const auto derived = must(store::open_postgres_derived(uri_));
  const Status beside = project_all(*journal, *derived, world_.policy, {});
  ASSERT_FALSE(beside.has_value());
  EXPECT_EQ(beside.error().code, ErrorCode::kConflict);
  for (const auto& engine : engines_) engine->stop();
  EXPECT_TRUE(project_all(*journal, *derived, world_.policy, {}).has_value());
}

/// A replica that stood still for longer than its leases last remembers what it had read before.
TEST_F(Replicas, that_seem_dead_lose_their_leases_to_who_writes_alone) {
  wait_for_leases();
  const store::Lease held = engines_[0]->fleet()->leases().front();
  for (const auto& engine : engines_) engine->stop();
  const auto connection = must(store::postgres::PostgresConnection::open(uri_, {}));
  must(connection->execute("UPDATE leases SET holder = 'gone', epoch = $2 WHERE part = $1", held.part, held.epoch));
  const auto derived = must(store::open_postgres_derived(uri_));
  EXPECT_TRUE(derived->write_under(std::vector{held}).has_value());
  must(must(derived->write())->commit());
  EXPECT_FALSE(derived->write_under(std::vector{held}).has_value());
}

/// A database that crashes keeps all deliveries and may lose the newest of what was derived from them.
TEST_F(Replicas, derive_again_what_the_database_has_lost_though_nothing_new_comes) {
  submit(testing::orderly_deliveries(world_));
  for (const auto& engine : engines_) wait_for_all(*engine);
  const auto connection = must(store::postgres::PostgresConnection::open(uri_, {}));
  must(connection->execute("DELETE FROM positions"));
  must(connection->execute("DELETE FROM entities"));
  const auto derived = must(store::open_postgres_derived(uri_));
  testing::wait_until([&] {
    const auto positions = must(must(derived->read())->positions());
    return std::ranges::all_of(last_, [&](const auto& lane) {
      const auto at = positions.find(lane.first);
      return at != positions.end() && at->second == lane.second;
    });
  });
  for (const auto& engine : engines_) wait_for_all(*engine);
  expect_what_one_would_derive();
}

/// The one that came last rules; were it the other way, two of them would rebuild each other's links for ever.
TEST_F(Replicas, under_an_older_configuration_leave_deriving_to_the_newer) {
  const auto deliveries = testing::orderly_deliveries(world_);
  const std::size_t half = deliveries.size() / 2;
  submit(std::span(deliveries).first(half));
  for (const auto& engine : engines_) wait_for_all(*engine);

  Policy newer = world_.policy;
  newer.production_environments = {"*"};
  engines_.push_back(start(kReplicas, newer));
  testing::wait_until([&] { return engines_.back()->fleet()->leases().size() == store::Fleet::kParts; });
  submit(std::span(deliveries).subspan(half));  // Also to those that do not derive any more.
  for (const auto& engine : engines_) wait_for_all(*engine);
  expect_what_one_would_derive_under(newer);
  for (std::size_t i = 0; i < kReplicas; ++i) {
    EXPECT_THAT(engines_[i]->stats().derive_error, ::testing::HasSubstr("another configuration")) << i;
    EXPECT_TRUE(engines_[i]->stats().superseded) << i;
    EXPECT_TRUE(engines_[i]->fleet()->leases().empty()) << i;
  }
  EXPECT_EQ(engines_.back()->stats().derive_error, "");

  // Started again with the same configuration it takes its share.
  engines_[0]->stop();
  engines_[0] = start(0, newer);
  testing::wait_until([&] { return !engines_[0]->fleet()->leases().empty(); });
  EXPECT_EQ(engines_[0]->stats().derive_error, "");
  EXPECT_FALSE(engines_[0]->stats().superseded);
}

}  // namespace
}  // namespace fairlead::engine
