// On a server that has Citus (FAIRLEAD_TEST_CITUS=1): the tables lie where they are declared to, and an acknowledgement
// waits for one shard at a time. The contract suites run there, too.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "store/postgres/append.h"
#include "store/postgres/derived_schema.h"
#include "store/postgres/journal_schema.h"
#include "store/postgres/postgres_store.h"
#include "store/testing/postgres_server.h"

namespace fairlead::store::postgres {
namespace {

using testing::HasSubstr;

class CitusServer : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::with_citus()) GTEST_SKIP() << "wants a server with Citus";
    address_ = PostgresServer::shared().new_database();
    connection_ = PostgresConnection::open(address_, {}).value();
    for (const Component* component : {&kJournalComponent, &kDerivedComponent}) {
      const Status migrated = migrate(*connection_, *component);
      ASSERT_TRUE(migrated) << migrated.error().message;
    }
  }

  std::string sql(const std::string& statement) const {
    return PostgresServer::shared().sql(PostgresServer::database_of(address_), statement);
  }

  std::string address_;
  std::unique_ptr<PostgresConnection> connection_;
};

std::vector<Delivery> deliveries(int from, int to) {
  std::vector<Delivery> batch;
  for (int i = from; i < to; ++i) {
    Delivery& made = batch.emplace_back();
    made.origin = Origin("events");
    made.id = std::to_string(i);
  }
  return batch;
}

TEST_F(CitusServer, every_table_lies_where_it_is_declared) {
  std::vector<TablePlacement> tables(kJournalTables.begin(), kJournalTables.end());
  tables.insert(tables.end(), kDerivedTables.begin(), kDerivedTables.end());
  const auto of = [&](std::string_view table, std::string_view column) {
    return sql(fmt::format("SELECT {} FROM citus_tables WHERE table_name = 'fairlead.{}'::regclass", column, table));
  };
  for (const TablePlacement& table : tables) {
    switch (table.placement) {
      case Placement::kLocal:
        EXPECT_EQ(of(table.table, "citus_table_type"), "") << table.table;
        break;
      case Placement::kReference:
        EXPECT_EQ(of(table.table, "citus_table_type"), "reference") << table.table;
        break;
      case Placement::kDistributed:
        EXPECT_EQ(of(table.table, "citus_table_type"), "distributed") << table.table;
        EXPECT_EQ(of(table.table, "distribution_column"), table.column) << table.table;
        if (!table.beside.empty()) {
          EXPECT_EQ(of(table.table, "colocation_id"), of(table.beside, "colocation_id")) << table.table;
        }
    }
  }
}

TEST_F(CitusServer, every_statement_of_an_append_goes_to_one_shard) {
  // The first append also prepares its statements.
  ASSERT_TRUE(append(*connection_, "secret", deliveries(0, 50), Statements::kLaneByLane));
  const std::string counters = "FROM citus_stat_counters WHERE name = current_database()";
  const auto before = std::stoi(sql("SELECT query_execution_multi_shard " + counters));
  const auto single_before = std::stoi(sql("SELECT query_execution_single_shard " + counters));
  ASSERT_TRUE(append(*connection_, "secret", deliveries(25, 100), Statements::kLaneByLane));
  EXPECT_EQ(std::stoi(sql("SELECT query_execution_multi_shard " + counters)), before);
  EXPECT_GE(std::stoi(sql("SELECT query_execution_single_shard " + counters)), single_before + 3 * 16)
      << "lock, look, count for each lane";
  EXPECT_EQ(sql("SELECT count(*) FROM fairlead.deliveries"), "100");
}

TEST_F(CitusServer, the_journal_is_found_whole_while_others_append) {
  const auto journal = open_postgres_journal(address_).value();
  std::atomic<bool> done = false;
  std::jthread appending([&] {
    const auto other = open_postgres_journal(address_).value();
    for (int i = 0; !done; i += 40) EXPECT_TRUE(other->append(deliveries(i, i + 40)));
  });
  for (int round = 0; round < 20; ++round) {
    const auto rows = journal->verify({});
    EXPECT_TRUE(rows) << rows.error().message;
  }
  done = true;
}

TEST_F(CitusServer, derived_state_is_emptied_and_filled_again) {
  for (int round = 0; round < 2; ++round) {
    const auto derived = open_postgres_derived(address_).value();
    auto writer = derived->write().value();
    EXPECT_EQ(writer->position(3).value(), 0u);
    writer->set_position(3, 7);
    writer->put_outcome({{3, 7}, SourceName("events"), Interpretation::Outcome::kIgnored, "why", 0, {5}});
    ASSERT_TRUE(writer->commit());
    EXPECT_EQ(derived->read().value()->outcomes(std::nullopt, 9).value().size(), 1u);
    const Status emptied = empty_postgres_derived(address_);
    ASSERT_TRUE(emptied) << emptied.error().message;
  }
}

TEST_F(CitusServer, one_statement_for_all_lanes_is_refused) {
  const auto appended = append(*connection_, "secret", deliveries(0, 50), Statements::kForAllLanes);
  ASSERT_FALSE(appended);
  EXPECT_THAT(appended.error().message, HasSubstr("FOR UPDATE"));
}

}  // namespace
}  // namespace fairlead::store::postgres
