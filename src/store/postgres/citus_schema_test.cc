// That the real tables fit what is declared for Citus, on a PostgreSQL without it: what Citus forbids is read from the
// server's catalogue, and which statements an acknowledgement waits for from the connection that ran them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "store/postgres/append.h"
#include "store/postgres/citus.h"
#include "store/postgres/derived_schema.h"
#include "store/postgres/insert_text.h"
#include "store/postgres/journal_schema.h"
#include "store/postgres/postgres_store.h"
#include "store/sql/account_rows.h"
#include "store/testing/postgres_server.h"
#include "store/testing/random_rows.h"

namespace fairlead::store::postgres {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<TablePlacement> all_tables() {
  std::vector<TablePlacement> all(kJournalTables.begin(), kJournalTables.end());
  all.insert(all.end(), kDerivedTables.begin(), kDerivedTables.end());
  all.push_back({"schema_versions", Placement::kLocal, "", "", "a row per component, read at the start"});
  return all;
}

std::vector<std::string> texts(PostgresConnection& connection, const std::string& sql) {
  static std::set<std::string> kept;  // A statement's text must live as long as the program.
  std::vector<std::string> found;
  sql::Query query(connection, *kept.insert(sql).first);
  while (query.next()) found.emplace_back(query.text(0));
  EXPECT_TRUE(query.status()) << sql << ": " << query.status().error().message;
  return found;
}

/// Holds the tables of a database against a declaration.
class CitusRules {
 public:
  CitusRules(PostgresConnection& connection, std::span<const TablePlacement> tables)
      : connection_(connection), tables_(tables) {}

  /// One sentence for each thing that Citus refuses.
  std::vector<std::string> broken() {
    check_names();
    for (const TablePlacement& table : tables_) {
      if (table.placement == Placement::kLocal || !there(table.table)) continue;
      check_contents(table.table);
      if (table.placement == Placement::kDistributed) check_column(table);
    }
    return std::move(broken_);
  }

 private:
  bool there(std::string_view table) const { return std::ranges::count(names_, table) == 1; }

  void check_names() {
    names_ = texts(connection_,
                   "SELECT relname::text FROM pg_class WHERE relnamespace = 'fairlead'::regnamespace AND relkind IN "
                   "('r', 'p', 'm', 'v', 'f') ORDER BY relname");
    for (const std::string& name : names_) {
      const auto times = std::ranges::count(tables_, name, &TablePlacement::table);
      if (times != 1) broken_.push_back(fmt::format("{} is declared {} times", name, times));
    }
    for (const TablePlacement& table : tables_) {
      if (!there(table.table)) broken_.push_back(fmt::format("{} is declared and not there", table.table));
      if (table.why.empty()) broken_.push_back(fmt::format("{} has no reason", table.table));
    }
  }

  /// What neither a distributed nor a reference table may have.
  void check_contents(std::string_view table) {
    const std::string oid = fmt::format("'fairlead.{}'::regclass", table);
    note(table, "is no ordinary table",
         "SELECT 'relation' FROM pg_class WHERE oid = " + oid +
             " AND (relkind <> 'r' OR relpersistence <> 'p' OR relhasrules OR relrowsecurity OR relispartition)");
    note(table, "has the foreign key",
         fmt::format("SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND {} IN (conrelid, confrelid)",
                     oid));
    note(table, "has the trigger", "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = " + oid);
    // Its numbers are drawn on the coordinator; Citus wants them wide enough for every node.
    note(table, "draws numbers that are no BIGINT for",
         "SELECT a.attname::text FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = "
         "a.attnum WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid <> 'bigint'::regtype AND (a.attidentity <> "
         "'' OR pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval%') AND a.attrelid = " +
             oid);
  }

  void check_column(const TablePlacement& table) {
    const std::string oid = fmt::format("'fairlead.{}'::regclass", table.table);
    const std::string column = fmt::format(
        "(SELECT attnum FROM pg_attribute WHERE attrelid = {} AND attname = '{}' AND attnotnull)", oid, table.column);
    if (type_of(table).empty()) {
      broken_.push_back(fmt::format("{} has no column {} that is never null", table.table, table.column));
      return;
    }
    note(table.table, fmt::format("is distributed by {}, which is no part of the unique", table.column),
         fmt::format("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = {} AND (indisunique OR "
                     "indisexclusion) AND NOT {} = ANY ((indkey::int2[])[0 : indnkeyatts - 1])",
                     oid, column));
    if (table.beside.empty()) return;
    const auto end = std::ranges::find(tables_, table.table, &TablePlacement::table);
    const auto first = std::find_if(tables_.begin(), end, [&](const auto& one) { return one.table == table.beside; });
    if (first == end || first->placement != Placement::kDistributed || !first->beside.empty()) {
      broken_.push_back(
          fmt::format("{} is placed beside {}, which is no first of its group", table.table, table.beside));
    } else if (type_of(*first) != type_of(table)) {
      broken_.push_back(fmt::format("{} is placed beside {}, which has another type", table.table, table.beside));
    }
  }

  /// Empty where there is no such column, or it may be null.
  std::vector<std::string> type_of(const TablePlacement& table) {
    return texts(connection_, fmt::format("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = "
                                          "'fairlead.{}'::regclass AND attname = '{}' AND attnotnull",
                                          table.table, table.column));
  }

  void note(std::string_view table, std::string_view what, const std::string& sql) {
    for (const std::string& name : texts(connection_, sql))
      broken_.push_back(fmt::format("{} {} {}", table, what, name));
  }

  PostgresConnection& connection_;
  const std::span<const TablePlacement> tables_;
  std::vector<std::string> names_;
  std::vector<std::string> broken_;
};

class CitusSchema : public testing::Test {
 protected:
  CitusSchema() : address_(PostgresServer::shared().new_database()) {
    connection_ = PostgresConnection::open(address_, {}).value();
  }

  void migrate_all() {
    ASSERT_TRUE(migrate(*connection_, kJournalComponent));
    ASSERT_TRUE(migrate(*connection_, kDerivedComponent));
  }
  std::vector<std::string> broken(std::span<const TablePlacement> tables) {
    return CitusRules(*connection_, tables).broken();
  }

  const std::string address_;
  std::unique_ptr<PostgresConnection> connection_;
};

TEST_F(CitusSchema, every_table_is_declared_and_none_has_what_citus_forbids) {
  migrate_all();
  EXPECT_THAT(broken(all_tables()), IsEmpty());
}

/// `table`, `by COLUMN` or `on the coordinator` for each table that the page on PostgreSQL lists.
std::map<std::string, std::string> documented_places() {
  std::map<std::string, std::string> places;
  std::ifstream file(FAIRLEAD_SOURCE_DIR "/docs/postgresql.md");
  const auto without_ticks = [](std::string text) {
    std::erase(text, '`');
    return text;
  };
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    std::istringstream cells(line.substr(2));
    std::string tables, place;
    std::getline(cells, tables, '|');
    std::getline(cells, place, '|');
    if (!place.starts_with(" by `") && !place.starts_with(" on the coordinator")) continue;
    place = without_ticks(place.substr(1, place.find_first_of(",", 1) - 1));
    place.erase(place.find_last_not_of(' ') + 1);
    std::istringstream names(without_ticks(tables));
    for (std::string name; std::getline(names >> std::ws, name, ',');) {
      places[name.substr(0, name.find_last_not_of(' ') + 1)] = place;
    }
  }
  return places;
}

TEST(CitusDocumentation, says_where_every_table_lies) {
  std::map<std::string, std::string> declared;
  for (const TablePlacement& table : all_tables()) {
    if (table.table == "schema_versions") continue;
    declared[std::string(table.table)] =
        table.placement == Placement::kDistributed ? fmt::format("by {}", table.column) : "on the coordinator";
  }
  EXPECT_EQ(documented_places(), declared);
}

/// A mistake in a table or its declaration, and what must be said about it.
struct Mistake {
  std::string_view sql;  ///< Makes t, or changes it, where `first` was made by (lane BIGINT PRIMARY KEY).
  TablePlacement table;
  std::string_view said;
};

TEST_F(CitusSchema, every_mistake_is_named) {
  constexpr auto kBy = Placement::kDistributed;
  const TablePlacement by_lane{"t", kBy, "lane", "", "why"};
  const std::vector<Mistake> mistakes = {
      {"CREATE TABLE t (lane BIGINT NOT NULL, id BIGINT PRIMARY KEY)", by_lane, "no part of the unique t_pkey"},
      {"CREATE TABLE t (lane BIGINT NOT NULL, id BIGINT UNIQUE)", by_lane, "no part of the unique t_id_key"},
      {"CREATE TABLE t (lane BIGINT NOT NULL, id BIGINT); CREATE UNIQUE INDEX i ON t (id) INCLUDE (lane)", by_lane,
       "no part of the unique i"},
      {"CREATE TABLE t (lane BIGINT)", by_lane, "no column lane that is never null"},
      {"CREATE TABLE t (id BIGINT NOT NULL)", by_lane, "no column lane that is never null"},
      {"CREATE TABLE t (lane BIGINT NOT NULL, n INTEGER GENERATED ALWAYS AS IDENTITY)", by_lane, "no BIGINT for n"},
      {"CREATE TABLE t (lane BIGINT NOT NULL, n SERIAL)", by_lane, "no BIGINT for n"},
      {"CREATE TABLE t (lane BIGINT NOT NULL REFERENCES first)", by_lane, "foreign key t_lane_fkey"},
      {"CREATE UNLOGGED TABLE t (lane BIGINT NOT NULL)", by_lane, "no ordinary table"},
      {"CREATE TABLE t (lane BIGINT NOT NULL) PARTITION BY HASH (lane)", by_lane, "no ordinary table"},
      {"CREATE TABLE t (lane BIGINT NOT NULL); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'; "
       "CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()",
       by_lane, "has the trigger g"},
      {"CREATE TABLE t (lane BYTEA NOT NULL)", {"t", kBy, "lane", "first", "why"}, "another type"},
      {"CREATE TABLE t (lane BIGINT NOT NULL)", {"t", kBy, "lane", "later", "why"}, "no first of its group"},
      {"CREATE TABLE t (lane BIGINT NOT NULL)", {"t", kBy, "lane", "", ""}, "t has no reason"},
      {"CREATE TABLE t (lane BIGINT NOT NULL); CREATE TABLE u (a BIGINT)", by_lane, "u is declared 0 times"},
      {"SELECT 1", by_lane, "t is declared and not there"},
      {"CREATE TABLE t (n SMALLINT GENERATED ALWAYS AS IDENTITY)",
       {"t", Placement::kReference, "", "", "why"},
       "no BIGINT for n"},
  };
  for (const Mistake& mistake : mistakes) {
    ASSERT_TRUE(
        connection_->run_script("DROP SCHEMA IF EXISTS fairlead CASCADE; CREATE SCHEMA fairlead;"
                                "CREATE TABLE first (lane BIGINT PRIMARY KEY);" +
                                std::string(mistake.sql)))
        << mistake.sql;
    const std::array declared{TablePlacement{"first", kBy, "lane", "", "why"}, mistake.table};
    EXPECT_THAT(broken(declared), Contains(HasSubstr(mistake.said))) << mistake.sql;
  }
}

TEST_F(CitusSchema, what_is_right_is_not_called_wrong) {
  ASSERT_TRUE(connection_->run_script(
      "CREATE SCHEMA fairlead; CREATE TABLE first (lane BIGINT PRIMARY KEY);"
      "CREATE TABLE t (lane BIGINT NOT NULL, id BIGINT GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (id, lane));"
      "CREATE INDEX i ON t (id); CREATE TABLE u (id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY)"));
  const std::array<TablePlacement, 3> declared = {{{"first", Placement::kDistributed, "lane", "", "why"},
                                                   {"t", Placement::kDistributed, "lane", "first", "why"},
                                                   {"u", Placement::kLocal, "", "", "why"}}};
  EXPECT_THAT(broken(declared), IsEmpty());
}

// ---------------------------------------------------------------------------------------------------------------------
// The path to the acknowledgement

Delivery delivery(std::uint64_t id, const std::string& body = "body") {
  Delivery made;
  made.source = SourceName("events");
  made.origin = Origin("events");
  made.id = std::to_string(id);
  made.body = body;
  return made;
}

/// New ones, repetitions and contradictions, in many lanes.
std::vector<Delivery> random_batch(RandomRows& random) {
  std::vector<Delivery> batch;
  for (std::uint64_t i = random.below(40); i > 0; --i) {
    batch.push_back(delivery(random.below(300), random.below(10) == 0 ? "other" : "body"));
  }
  return batch;
}

/// Why a statement with these tables could need more than one shard; empty where it cannot.
std::string leaves_the_shard(std::string_view sql) {
  for (const TablePlacement& table : all_tables()) {
    if (!mentions(sql, table.table)) continue;
    if (table.column != "lane") return fmt::format("{} is not divided by lane", table.table);
    const std::string insert = fmt::format("INSERT INTO {} (lane,", table.table);
    const bool names_lane = sql.starts_with(insert) || sql.find("lane = ANY($") != sql.npos;
    if (!names_lane) return fmt::format("no lane of {} is named", table.table);
  }
  return {};
}

TEST_F(CitusSchema, what_an_acknowledgement_waits_for_names_the_lane_in_every_statement) {
  migrate_all();
  const std::vector<Delivery> batch = {delivery(1), delivery(1), delivery(2)};
  auto appending = PostgresConnection::open(address_, {}).value();
  ASSERT_TRUE(append(*appending, "secret", batch, Statements::kLaneByLane));
  std::vector<std::string> statements = texts(*appending, "SELECT statement FROM pg_prepared_statements");
  std::erase_if(statements, [](const std::string& sql) {
    return sql.starts_with("BEGIN") || sql == "COMMIT" || mentions(sql, "pg_prepared_statements");
  });
  EXPECT_EQ(statements.size(), 5u) << "lock, look, insert twice, count, and nothing else is on the way";
  for (const std::string& sql : statements) EXPECT_EQ(leaves_the_shard(sql), "") << sql;
  EXPECT_NE(leaves_the_shard("SELECT hash FROM delivery_ids WHERE hash = $1"), "");
  EXPECT_NE(leaves_the_shard("SELECT id FROM tokens WHERE lane = ANY($1::bigint[])"), "");
}

TEST_F(CitusSchema, lane_by_lane_every_statement_changes_rows_of_one_lane) {
  if (PostgresServer::with_citus()) GTEST_SKIP() << "Citus takes no triggers; citus_server_test.cc counts shards";
  migrate_all();
  ASSERT_TRUE(
      connection_->run_script("CREATE TABLE seen (lanes BIGINT); CREATE FUNCTION see() RETURNS trigger LANGUAGE "
                              "plpgsql AS 'BEGIN INSERT INTO seen SELECT count(DISTINCT lane) FROM changed; "
                              "RETURN NULL; END'"));
  for (const std::string_view table : {"deliveries", "delivery_ids", "lanes"}) {
    ASSERT_TRUE(connection_->run_script(
        fmt::format("CREATE TRIGGER see AFTER {} ON {} REFERENCING NEW TABLE AS changed EXECUTE FUNCTION see()",
                    table == "lanes" ? "UPDATE" : "INSERT", table)));
  }
  std::vector<Delivery> batch;
  for (std::uint64_t i = 0; i < 100; ++i) batch.push_back(delivery(i));
  ASSERT_TRUE(append(*connection_, "secret", batch, Statements::kLaneByLane));
  EXPECT_THAT(texts(*connection_, "SELECT DISTINCT lanes::text FROM seen"), ElementsAre("1"));
  EXPECT_THAT(texts(*connection_, "SELECT count(*)::text FROM seen"), ElementsAre("48")) << "three for each lane";
}

TEST_F(CitusSchema, lane_by_lane_gives_what_one_statement_for_all_gives) {
  if (PostgresServer::with_citus()) GTEST_SKIP() << "Citus refuses one statement for all";
  migrate_all();
  auto whole = PostgresConnection::open(PostgresServer::shared().new_database(), {}).value();
  ASSERT_TRUE(migrate(*whole, kJournalComponent));
  const std::uint64_t seed = 7;
  RandomRows random(seed);
  for (int round = 0; round < 30; ++round) {
    const std::vector<Delivery> batch = random_batch(random);
    const auto by_lane = append(*connection_, "secret", batch, Statements::kLaneByLane);
    const auto together = append(*whole, "secret", batch, Statements::kForAllLanes);
    ASSERT_TRUE(by_lane) << by_lane.error().message;
    ASSERT_TRUE(together) << together.error().message;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      EXPECT_EQ((*by_lane)[i].outcome, (*together)[i].outcome) << "seed " << seed << ", round " << round;
      EXPECT_EQ((*by_lane)[i].position, (*together)[i].position) << "seed " << seed << ", round " << round;
    }
  }
  constexpr auto kRows =
      "SELECT concat_ws(' ', lane, sequence, encode(id, 'escape'), checksum) FROM deliveries ORDER BY 1";
  const auto rows = texts(*connection_, kRows);
  EXPECT_GT(rows.size(), 100u);
  EXPECT_EQ(rows, texts(*whole, kRows));
}

}  // namespace
}  // namespace fairlead::store::postgres
