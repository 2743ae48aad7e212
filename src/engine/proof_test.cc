// The proof of linking.md: whatever the order, the repetition and the partition of deliveries, and whenever links were
// made in between, all layers are equal to those of an orderly run and of a rebuild from nothing (invariants I2, I3,
// I4).
//
// FAIRLEAD_PROOF_SEEDS=10000 tries that many worlds, FAIRLEAD_PROOF_SEED=4711 just this one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "engine/testing/restless_run.h"
#include "engine/testing/scratch_folder.h"
#include "engine/testing/settled.h"
#include "engine/testing/world.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"
#include "store/testing/postgres_server.h"

namespace fairlead::engine {
namespace {

using testing::Dice;
using testing::dump_of;
using testing::first_difference;
using testing::must;
using testing::RestlessRun;
using testing::World;

constexpr std::uint64_t kSeedsByDefault = 300;
/// SQLite and PostgreSQL keep the same rows as memory and cost more; the contract suite compares them as well.
constexpr std::uint64_t kSqliteEverySeeds = 4;
constexpr std::uint64_t kPostgresEverySeeds = 40;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// `{"entity":{…}}`
std::string table_of(const std::string& line) {
  return line.substr(2, line.find('"', 2) - 2);
}

std::vector<std::string> orderly_dump(const World& world) {
  const auto journal = store::make_memory_journal();
  const auto derived = store::make_memory_derived();
  testing::append_all(*journal, orderly_deliveries(world));
  must(project_all(*journal, *derived, world.policy, {}));
  return dump_of(*derived);
}

std::vector<std::string> rebuilt_dump(store::Journal& journal, const Policy& policy) {
  const auto derived = store::make_memory_derived();
  must(project_all(journal, *derived, policy, {}));
  return dump_of(*derived);
}

/// One world in one disorder on one store, against the orderly run. Empty when all is equal.
std::string restless_difference(const World& world, const std::vector<std::string>& orderly, std::uint64_t seed,
                                store::Journal& journal, store::Derived& derived) {
  Dice dice(seed);
  RestlessRun(journal, derived, world.policy, dice).take(disorderly_deliveries(world, dice));
  const std::vector<std::string> restless = dump_of(derived);
  if (const std::string difference = first_difference(rebuilt_dump(journal, world.policy), restless);
      !difference.empty()) {
    return "a rebuild from nothing differs at " + difference;
  }
  const std::string difference = first_difference(orderly, restless);
  return difference.empty() ? difference : "the orderly run differs at " + difference;
}

void prove(std::uint64_t seed) {
  SCOPED_TRACE(fmt::format("FAIRLEAD_PROOF_SEED={}", seed));
  const World world = World::random(seed);
  const std::vector<std::string> orderly = orderly_dump(world);
  for (const bool reads_ahead : {false, true}) {
    const auto journal = store::make_memory_journal();
    const auto derived = store::make_memory_derived(reads_ahead);
    ASSERT_EQ(restless_difference(world, orderly, seed, *journal, *derived), "") << "reads ahead: " << reads_ahead;
  }
  if (seed % kSqliteEverySeeds == 0) {
    const testing::ScratchFolder folder;
    const auto journal = must(store::open_sqlite_journal(folder.path()));
    const auto derived = must(store::open_sqlite_derived(folder.path()));
    ASSERT_EQ(restless_difference(world, orderly, seed + 1, *journal, *derived), "") << "on SQLite";
  }
  if (seed % kPostgresEverySeeds == 0) {
    const auto journal = store::make_memory_journal();
    const auto derived = must(store::open_postgres_derived(store::PostgresServer::shared().new_database()));
    ASSERT_EQ(restless_difference(world, orderly, seed + 2, *journal, *derived), "") << "on PostgreSQL";
  }
}

TEST(Proof, any_order_repetition_and_partition_gives_what_a_rebuild_gives) {
  if (const std::uint64_t seed = number_from_environment("FAIRLEAD_PROOF_SEED", 0)) return prove(seed);
  const std::uint64_t seeds = number_from_environment("FAIRLEAD_PROOF_SEEDS", kSeedsByDefault);
  for (std::uint64_t seed = 1; seed <= seeds && !HasFatalFailure(); ++seed) prove(seed);
}

/// The worlds must hold what the proof is about, or it proves little.
TEST(Proof, worlds_hold_every_kind_of_row_and_nothing_unreadable) {
  std::map<std::string, int> lines_of_table;
  std::map<std::string, int> texts;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const World world = World::random(seed);
    for (const std::string& line : orderly_dump(world)) ++lines_of_table[table_of(line)];

    const auto journal = store::make_memory_journal();
    const auto derived = store::make_memory_derived();
    Dice dice(seed);
    testing::append_all(*journal, disorderly_deliveries(world, dice));
    must(project_all(*journal, *derived, world.policy, {}));
    const auto reader = must(derived->read());
    for (const auto& outcome : must(reader->outcomes(std::nullopt, SIZE_MAX))) {
      EXPECT_NE(outcome.outcome, Interpretation::Outcome::kQuarantined) << "seed " << seed << ": " << outcome.reason;
    }
  }
  for (const auto& [table, lines] : lines_of_table) RecordProperty(table, lines);
  for (const char* table : {"entity", "edge", "stream", "shipped", "missing", "evidence", "fact", "summary"}) {
    EXPECT_GT(lines_of_table[table], 0) << table;
  }
  EXPECT_EQ(lines_of_table["service_mark"] + lines_of_table["day_mark"], 0) << "not settled";
}

/// Ten thousand events in one world, in twenty orders.
TEST(Proof, a_large_history_has_one_hash_in_every_order) {
  testing::WorldSize size;
  size.repositories = 8;
  size.commits = 400;
  size.deployments = 500;
  size.incidents = 120;
  size.others = 4'500;
  const World world = World::random(20'260'105, size);
  ASSERT_GE(world.events.size(), 10'000u);

  std::string expected;
  for (std::uint64_t order = 0; order < 20; ++order) {
    const auto journal = store::make_memory_journal();
    const auto derived = store::make_memory_derived();
    Dice dice(order);
    testing::append_all(*journal, order == 0 ? orderly_deliveries(world) : disorderly_deliveries(world, dice));
    must(project_all(*journal, *derived, world.policy, {}));
    const std::string hash = must(dump_hash(*must(derived->read()), {}));
    if (order == 0) {
      expected = hash;
      const auto again = store::make_memory_derived();
      must(project_all(*journal, *again, world.policy, {}));
      EXPECT_EQ(must(dump_hash(*must(again->read()), {})), expected) << "a replay";
    }
    ASSERT_EQ(hash, expected) << "order " << order;
  }
}

}  // namespace
}  // namespace fairlead::engine
