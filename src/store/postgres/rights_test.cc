// The roles that docs/postgresql.md sets up, word for word: what replicas may do suffices, and is all that they may.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "store/memory/memory_store.h"
#include "store/postgres/connection.h"
#include "store/postgres/derived_schema.h"
#include "store/postgres/journal_schema.h"
#include "store/postgres/postgres_store.h"
#include "store/session_store.h"
#include "store/testing/postgres_server.h"
#include "store/testing/random_rows.h"

namespace fairlead::store::postgres {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The blocks of SQL in the page, in order.
std::vector<std::string> documented_sql() {
  std::ifstream file(FAIRLEAD_SOURCE_DIR "/docs/postgresql.md");
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = line == "```sql";
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

/// A database with the documented roles, which all databases of the server share, and no table yet.
class PostgresRights : public testing::Test {
 protected:
  static PostgresServer& server() { return PostgresServer::shared(); }

  PostgresRights() {
    static int databases = 0;
    database_ = fmt::format("rights{}", ++databases);
    const auto for_this = [&](std::string sql) {
      return replaced(std::move(sql), "DATABASE fairlead", "DATABASE " + database_);
    };
    const std::vector<std::string> blocks = documented_sql();
    std::istringstream statements(for_this(blocks.at(0)));
    for (std::string statement; std::getline(statements, statement);) {
      if (databases == 1 || !statement.starts_with("CREATE ROLE")) server().sql("postgres", statement);
    }
    server().sql(database_, for_this(blocks.at(1)));
    as_owner_ = server().tcp_address(database_, "fairlead_owner", "change-me");
    as_replica_ = server().tcp_address(database_, "fairlead", "change-me-too");
  }

  void make_tables() {
    ASSERT_TRUE(open_postgres_journal(as_owner_));
    ASSERT_TRUE(open_postgres_derived(as_owner_));
  }

  std::string database_;
  std::string as_owner_;
  std::string as_replica_;
};

Delivery delivery(const std::string& id) {
  Delivery made;
  made.source = SourceName("events");
  made.origin = Origin("events");
  made.id = id;
  return made;
}

TEST_F(PostgresRights, a_replica_that_comes_before_the_tables_says_who_must_make_them) {
  for (const Error& error : {open_postgres_journal(as_replica_).error(), open_postgres_derived(as_replica_).error(),
                             open_postgres_fleet(as_replica_, "a", "1").error()}) {
    EXPECT_EQ(error.code, ErrorCode::kForbidden);
    EXPECT_THAT(error.message, AllOf(HasSubstr("tables on PostgreSQL at 127.0.0.1"), HasSubstr("must be made"),
                                     HasSubstr("`fairlead doctor --store"), HasSubstr("docs/postgresql.md"),
                                     Not(HasSubstr("change-me")), Not(HasSubstr("\n"))));
  }
  make_tables();
  EXPECT_TRUE(open_postgres_journal(as_replica_));
}

TEST_F(PostgresRights, an_update_that_is_due_is_named_and_nothing_changes) {
  make_tables();
  constexpr std::array<std::string_view, 3> kNewer = {kJournalSteps[0], kJournalSteps[1],
                                                      "ALTER TABLE deliveries ADD COLUMN more BIGINT"};
  const Component newer_journal{"journal", kNewer};
  auto connection = PostgresConnection::open(as_replica_, {}).value();
  const Status refused = migrate(*connection, newer_journal);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kForbidden);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("must be brought from schema 2 to 3, which this user may not do"),
                    HasSubstr("as the tables' owner")));
  EXPECT_EQ(server().sql(database_, "SELECT version FROM fairlead.schema_versions WHERE component = 'journal'"), "2");
  EXPECT_TRUE(open_postgres_journal(as_replica_)) << "this version goes on";

  auto owner = PostgresConnection::open(as_owner_, {}).value();
  const Status done = migrate(*owner, newer_journal);
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_TRUE(migrate(*connection, newer_journal)) << "nothing to do";
}

TEST_F(PostgresRights, a_role_without_rights_is_sent_to_the_documentation) {
  make_tables();
  server().sql(database_, "CREATE ROLE stranger_" + database_ +
                              " LOGIN PASSWORD 'stranger'; GRANT CONNECT ON DATABASE " + database_ + " TO stranger_" +
                              database_);
  const Error error =
      open_postgres_journal(server().tcp_address(database_, "stranger_" + database_, "stranger")).error();
  EXPECT_EQ(error.code, ErrorCode::kForbidden);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("permission denied for schema fairlead"), HasSubstr("docs/postgresql.md")));
}

TEST_F(PostgresRights, a_replica_does_everything_with_the_journal) {
  make_tables();
  const auto journal = open_postgres_journal(as_replica_).value();
  RandomRows random(1);
  std::vector<Delivery> batch;
  for (int i = 0; i < 60; ++i) batch.push_back(delivery(std::to_string(i)));
  ASSERT_TRUE(journal->append(batch));
  EXPECT_EQ(journal->append(batch).value().front().outcome, Appended::Outcome::kDuplicate);
  ASSERT_TRUE(journal->append_audit({{1}, "a", "b", "c"}));
  TokenRow token;
  token.id = "id";
  ASSERT_TRUE(journal->put_token(token));
  token.revoked_at = Instant{5};
  ASSERT_TRUE(journal->put_token(token));
  ASSERT_TRUE(journal->put_user({"ann", "hash", Role::kViewer, {5}}));
  ASSERT_TRUE(journal->sessions()->open_session({"key", "ann", Role::kViewer, {1}, {1}}, {2, 10}));
  const std::array uses{SessionUse{"key", {9}}};
  ASSERT_TRUE(journal->sessions()->note_uses(uses));
  EXPECT_EQ(journal->sessions()->session("key").value()->used_at, Instant{9});
  ASSERT_TRUE(journal->sessions()->end_session("key"));
  ASSERT_TRUE(journal->remove_user("ann"));
  EXPECT_EQ(journal->verify({}).value(), 60u);
}

/// Rows of every kind, and their removal.
void write_rows(DerivedWriter& writer, std::uint64_t seed) {
  RandomRows random(seed);
  for (int i = 0; i < 40; ++i) {
    const EntityKey owner = random.key();
    const ServiceName service = random.service();
    writer.set_position(0, random.below(100));
    writer.set_setting("name", random.word());
    writer.put_outcome(random.outcome());
    writer.put_entity(random.entity(), random.mentions());
    writer.add_edges(random.many<Edge>(4, [&] { return random.edge(); }));
    writer.mark_service(service, random.maybe_time(), random.keys());
    writer.mark_day({random.place(), random.day()});
    writer.replace_stream(owner, random.many<StreamDeployment>(3, [&] { return random.stream(owner); }),
                          random.many<Shipped>(4, [&] { return random.shipped(owner); }),
                          random.many<Missing>(4, [&] { return random.missing(owner); }));
    writer.replace_evidence(owner, random.many<Evidence>(4, [&] { return random.evidence(owner); }));
    writer.replace_facts(owner, random.many<Fact>(6, [&] { return random.fact(owner); }));
    writer.replace_known_since(service, random.many<KnownSince>(3, [&] { return random.known_since(service); }));
    writer.put_summary(random.place(), random.day(), random.summary());
    if (i == 20) writer.drop_links();
  }
}

std::string dump(Derived& derived) {
  std::string lines;
  const auto reader = derived.read();
  EXPECT_TRUE(reader && (*reader)->dump([&](std::string_view line) { lines += std::string(line) + "\n"; }));
  return lines;
}

TEST_F(PostgresRights, a_replica_does_everything_with_derived_state) {
  make_tables();
  const auto derived = open_postgres_derived(as_replica_).value();
  const auto memory = make_memory_derived();
  for (Derived* const store : {derived.get(), memory.get()}) {
    const auto writer = store->write().value();
    write_rows(*writer, 1);
    const Status committed = writer->commit();
    ASSERT_TRUE(committed) << committed.error().message;
  }
  const std::string lines = dump(*derived);
  EXPECT_GT(lines.size(), 1'000u);
  EXPECT_EQ(lines, dump(*memory));
}

TEST_F(PostgresRights, a_replica_takes_its_part_in_the_fleet) {
  make_tables();
  const auto fleet = open_postgres_fleet(as_replica_, "a", "1").value();
  std::atomic<int> changes = 0;
  fleet->start([&] {
    ++changes;
    changes.notify_all();
  });
  for (int seen = 0; fleet->leases().size() < Fleet::kParts; seen = changes) changes.wait(seen);
  ASSERT_TRUE(fleet->publish({{0, "kind", "{}"}}));
  EXPECT_EQ(fleet->news_after(0, 9).value().size(), 1u);
  EXPECT_EQ(fleet->replicas().value().size(), 1u);
  const auto derived = open_postgres_derived(as_replica_).value();
  const auto leases = fleet->leases();
  EXPECT_TRUE(derived->write_under(leases));
  fleet->stop();
  EXPECT_THAT(fleet->leases(), IsEmpty());
}

TEST_F(PostgresRights, a_replica_can_neither_make_nor_change_nor_empty_tables) {
  make_tables();
  auto connection = PostgresConnection::open(as_replica_, {}).value();
  for (const std::string statement :
       {"CREATE TABLE more (a BIGINT)", "CREATE TABLE public.more (a BIGINT)", "CREATE SCHEMA more",
        "CREATE TEMP TABLE more (a BIGINT)", "DROP TABLE deliveries", "TRUNCATE deliveries", "TRUNCATE entities",
        "ALTER TABLE lanes ADD COLUMN more BIGINT", "CREATE INDEX more ON entities (status)",
        "CREATE FUNCTION f() RETURNS BIGINT LANGUAGE sql AS 'SELECT 1'", "ALTER SCHEMA fairlead RENAME TO more",
        "CREATE TRIGGER t AFTER INSERT ON deliveries EXECUTE FUNCTION f()"}) {
    const Status done = connection->run_script(statement);
    ASSERT_FALSE(done) << statement;
    EXPECT_EQ(done.error().code, ErrorCode::kForbidden) << statement << ": " << done.error().message;
  }
  const Error error = empty_postgres_derived(as_replica_).error();
  EXPECT_EQ(error.code, ErrorCode::kForbidden);
  EXPECT_THAT(error.message, AllOf(HasSubstr("permission denied"), HasSubstr("docs/postgresql.md")));
  const Status emptied = empty_postgres_derived(as_owner_);
  EXPECT_TRUE(emptied) << emptied.error().message;
}

TEST_F(PostgresRights, an_address_that_demands_tls_is_refused_where_the_server_has_none) {
  make_tables();
  for (const std::string mode : {"require", "verify-ca", "verify-full"}) {
    const Error error = open_postgres_journal(as_replica_ + "?sslmode=" + mode).error();
    EXPECT_EQ(error.code, ErrorCode::kUnavailable) << mode;
    EXPECT_THAT(error.message,
                AllOf(HasSubstr("no TLS connection to PostgreSQL at 127.0.0.1"),
                      HasSubstr("sslmode=" + mode + " in the"), Not(HasSubstr("\n")), Not(HasSubstr("change-me"))))
        << mode;
  }
  EXPECT_TRUE(open_postgres_journal(as_replica_ + "?sslmode=prefer"));
}

}  // namespace
}  // namespace fairlead::store::postgres
