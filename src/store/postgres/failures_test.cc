// What an administrator reads when something is wrong with the server, and that nothing is lost then.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "store/postgres/connection_pool.h"
#include "store/postgres/failure.h"
#include "store/postgres/journal_schema.h"
#include "store/postgres/postgres_store.h"
#include "store/testing/postgres_server.h"
#include "store/testing/random_rows.h"

namespace fairlead::store::postgres {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Outcome = Appended::Outcome;

Delivery delivery(const std::string& id, const std::string& body = "body") {
  Delivery made;
  made.source = SourceName("events");
  made.origin = Origin("events");
  made.id = id;
  made.body = body;
  return made;
}

Outcome append(Journal& journal, const std::string& id) {
  const auto appended = journal.append(std::vector{delivery(id)});
  EXPECT_TRUE(appended) << appended.error().message;
  return appended ? appended->front().outcome : Outcome::kConflict;
}

class PostgresFailure : public testing::Test {
 protected:
  static PostgresServer& server() { return PostgresServer::shared(); }

  PostgresFailure() : address_(server().new_database()), database_(PostgresServer::database_of(address_)) {}

  std::unique_ptr<Journal> open() const {
    auto opened = open_postgres_journal(address_);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }

  /// Why a journal cannot be opened there.
  static Error refusal(const std::string& address) {
    auto opened = open_postgres_journal(address);
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }

  std::string sql(const std::string& statements) const { return server().sql(database_, statements); }

  /// A user with a password, named after the database.
  std::string make_user() const {
    sql("CREATE ROLE user_" + database_ + " LOGIN PASSWORD 'right'");
    return "user_" + database_;
  }

  const std::string address_;
  const std::string database_;
};

TEST_F(PostgresFailure, an_address_that_cannot_be_read_is_refused_without_showing_the_password) {
  for (const std::string address :
       {"postgres://user:se%ret@host/db", "postgres://user:secret@host:port:1/db", "host=localhost password=secret",
        "postgres://user:secret@host/db?no_such_option=1", "postgres://user:sec@ret@host/db",
        "postgres://user:sec/ret@host/db", "postgres://user:secret/db", "postgres://user:secret@host/db?sslmode=secret",
        "http://user:secret@host/db", ""}) {
    const Error error = refusal(address);
    EXPECT_EQ(error.code, ErrorCode::kInvalid) << address;
    EXPECT_THAT(error.message, AllOf(HasSubstr("postgres://USER"), Not(HasSubstr("secret")), Not(HasSubstr("se%")),
                                     Not(HasSubstr("ret"))));
  }
}

TEST_F(PostgresFailure, an_absent_server_is_named) {
  const Error error = refusal("postgres://someone:secret@127.0.0.1:1/fairlead");
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("check that it runs"), Not(HasSubstr("secret"))));
}

TEST_F(PostgresFailure, a_wrong_password_is_called_so) {
  const std::string user = make_user();
  const Error error = refusal(server().tcp_address(database_, user, "wrong-secret"));
  EXPECT_EQ(error.code, ErrorCode::kUnauthorized);
  EXPECT_THAT(error.message, AllOf(HasSubstr("refused the password"), Not(HasSubstr("wrong-secret"))));
}

TEST_F(PostgresFailure, a_database_that_is_not_there_is_called_so) {
  const Error error = refusal(server().address("nowhere"));
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_THAT(error.message, AllOf(HasSubstr("no such database"), HasSubstr("nowhere")));
}

TEST_F(PostgresFailure, too_many_connections_are_called_so) {
  const std::string user = make_user();
  sql("ALTER ROLE " + user + " CONNECTION LIMIT 0");
  const Error error = refusal(server().tcp_address(database_, user, "right"));
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("no connection left"));
}

TEST_F(PostgresFailure, a_server_of_an_old_version_is_refused) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::jthread old_server([listener] {
    const int client = accept(listener, nullptr, nullptr);
    char startup[1024];
    EXPECT_GT(read(client, startup, sizeof startup), 0);
    // Authenticated; server_version is 12.22; ready.
    const std::string_view greeting(
        "R\0\0\0\x08\0\0\0\0S\0\0\0\x19server_version\x00"
        "12.22\0Z\0\0\0\5I",
        41);
    EXPECT_EQ(write(client, greeting.data(), greeting.size()), static_cast<ssize_t>(greeting.size()));
    EXPECT_GE(read(client, startup, sizeof startup), 0);
    close(client);
  });
  const Error error =
      refusal(fmt::format("postgres://someone@127.0.0.1:{}/db?sslmode=disable", ntohs(address.sin_port)));
  close(listener);
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message, HasSubstr("is version 12.22; Fairlead needs 13 or later"));
}

TEST_F(PostgresFailure, a_newer_schema_is_refused_and_left_as_it_is) {
  ASSERT_TRUE(open());
  sql("UPDATE fairlead.schema_versions SET version = 99 WHERE component = 'journal'");
  const Error error = refusal(address_);
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message, AllOf(HasSubstr("newer version of Fairlead"), HasSubstr("99")));
  EXPECT_EQ(sql("SELECT version FROM fairlead.schema_versions WHERE component = 'journal'"), "99");
}

TEST_F(PostgresFailure, an_interrupted_migration_goes_on_where_it_stopped) {
  auto connection = PostgresConnection::open(address_, {}).value();
  constexpr std::array<std::string_view, 2> kBroken = {"CREATE TABLE one (a BIGINT)",
                                                       "CREATE TABLE two (a BIGINT); SELECT 1 / 0"};
  constexpr std::array<std::string_view, 2> kMended = {kBroken[0], "CREATE TABLE two (a BIGINT)"};
  EXPECT_FALSE(migrate(*connection, {"part", kBroken}));
  EXPECT_EQ(sql("SELECT version FROM fairlead.schema_versions WHERE component = 'part'"), "1");
  EXPECT_EQ(sql("SELECT to_regclass('fairlead.two') IS NULL"), "t") << "half a step is no step";
  const Status done = migrate(*connection, {"part", kMended});
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_EQ(sql("SELECT version FROM fairlead.schema_versions WHERE component = 'part'"), "2");
  EXPECT_TRUE(migrate(*connection, {"part", kMended})) << "nothing to do";
}

TEST_F(PostgresFailure, a_read_only_server_is_called_so_and_can_be_read) {
  const auto writable = open();
  ASSERT_EQ(append(*writable, "1"), Outcome::kStored);
  sql("ALTER DATABASE " + database_ + " SET default_transaction_read_only = on");
  const auto journal = open();
  ASSERT_TRUE(journal);
  const auto appended = journal->append(std::vector{delivery("2")});
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(appended.error().message, HasSubstr("read-only, a standby perhaps"));
  EXPECT_EQ(journal->verify({}).value(), 1u);
}

TEST_F(PostgresFailure, a_full_disk_is_called_so_stores_nothing_and_heals) {
  if (PostgresServer::with_citus()) GTEST_SKIP() << "Citus moves no table to another tablespace";
  const TemporaryFolder folder;
  const auto small = folder.path() / "small";
  std::filesystem::create_directory(small);
  if (mount("tmpfs", small.c_str(), "tmpfs", 0, "size=3m,mode=0777") != 0) GTEST_SKIP() << "a small disk needs root";
  const struct Unmount {
    const std::filesystem::path& at;
    ~Unmount() { umount2(at.c_str(), MNT_DETACH); }
  } unmount{small};
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  const auto tablespace = small / "space";
  std::filesystem::create_directory(tablespace);
  server().give(tablespace);
  const auto journal = open();
  server().sql(database_, fmt::format("CREATE TABLESPACE small_{} LOCATION '{}'", database_, tablespace.string()));
  server().sql(database_, fmt::format("ALTER TABLE fairlead.deliveries SET TABLESPACE small_{}", database_));

  ASSERT_EQ(append(*journal, "before"), Outcome::kStored);
  RandomRows random(1);
  std::string noise(2'000'000, ' ');
  for (char& c : noise) c = static_cast<char>(random.below(256));
  Result<std::vector<Appended>> appended;
  int stored = 0;
  while (stored < 10 && (appended = journal->append(std::vector{delivery("big" + std::to_string(stored), noise)}))) {
    ++stored;
  }
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kIo);
  EXPECT_THAT(appended.error().message, AllOf(HasSubstr("the disk of"), HasSubstr("is full")));
  EXPECT_EQ(journal->verify({}).value(), static_cast<std::uint64_t>(stored + 1));

  ASSERT_EQ(mount("tmpfs", small.c_str(), "tmpfs", MS_REMOUNT, "size=40m"), 0);
  EXPECT_EQ(append(*journal, "after"), Outcome::kStored);
  EXPECT_EQ(journal->verify({}).value(), static_cast<std::uint64_t>(stored + 2));
  server().sql(database_, "ALTER TABLE fairlead.deliveries SET TABLESPACE pg_default");
  server().sql(database_, fmt::format("DROP TABLESPACE small_{}", database_));
}

TEST_F(PostgresFailure, damage_to_rows_is_found_and_named) {
  const auto journal = open();
  const JournalPosition place = journal->append(std::vector{delivery("1")}).value().front().position;
  const auto reason = [&] {
    const auto verified = journal->verify({});
    EXPECT_FALSE(verified);
    if (verified) return std::string();
    EXPECT_EQ(verified.error().code, ErrorCode::kCorrupt);
    return verified.error().message;
  };
  const std::string here = fmt::format("delivery {} of lane {}", place.sequence, place.lane);
  sql("UPDATE fairlead.deliveries SET body = 'bodz'");
  EXPECT_THAT(reason(), AllOf(HasSubstr(here), HasSubstr("checksum")));
  EXPECT_EQ(journal->read(place.lane, 0, 9, 99).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(journal->row(place).error().code, ErrorCode::kCorrupt);
  sql("UPDATE fairlead.deliveries SET body = 'body'");
  EXPECT_TRUE(journal->verify({}));
  sql("UPDATE fairlead.delivery_ids SET body = body + 1");
  EXPECT_THAT(reason(), AllOf(HasSubstr("the id of " + here)));
  sql("UPDATE fairlead.delivery_ids SET body = body - 1");
  sql("INSERT INTO fairlead.delivery_ids VALUES (" + std::to_string(place.lane) + ", 'x', 2, 0)");
  EXPECT_THAT(reason(), HasSubstr("1 deliveries of lane"));
  sql("DELETE FROM fairlead.delivery_ids WHERE hash = 'x'; DELETE FROM fairlead.deliveries");
  EXPECT_THAT(reason(), HasSubstr("1 deliveries of lane"));
}

TEST_F(PostgresFailure, lost_connections_are_replaced) {
  const auto journal = open();
  ASSERT_EQ(append(*journal, "1"), Outcome::kStored);
  sql("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
      "pg_backend_pid()");
  EXPECT_EQ(append(*journal, "1"), Outcome::kDuplicate);
  EXPECT_EQ(append(*journal, "2"), Outcome::kStored);
}

/// Waits until `count` sessions of the database wait for a lock or stand in `state`.
void wait_for_sessions(PostgresServer& server, const std::string& database, const std::string& condition) {
  const std::string question =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = '" + database + "' AND " + condition;
  while (server.sql("postgres", question) == "0") std::this_thread::yield();
}

TEST_F(PostgresFailure, an_append_whose_connection_ends_in_the_middle_stores_nothing) {
  if (PostgresServer::with_citus()) GTEST_SKIP() << "locks all lanes at once, which Citus refuses";
  const auto journal = open();
  auto other = PostgresConnection::open(address_, {}).value();
  ASSERT_TRUE(other->begin_write());
  ASSERT_TRUE(other->integer("SELECT count(*) FROM (SELECT 1 FROM lanes FOR UPDATE) AS locked"));
  Result<std::vector<Appended>> appended;
  {
    std::jthread appending([&] { appended = journal->append(std::vector{delivery("1")}); });
    wait_for_sessions(server(), database_, "wait_event_type = 'Lock'");
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type "
        "= "
        "'Lock'");
  }
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kUnavailable);
  other->rollback();
  EXPECT_EQ(append(*journal, "1"), Outcome::kStored);
  EXPECT_EQ(journal->verify({}).value(), 1u);
}

TEST_F(PostgresFailure, an_append_whose_commit_is_not_confirmed_is_an_error_and_its_repetition_a_duplicate_at_most) {
  if (PostgresServer::with_citus()) GTEST_SKIP() << "Citus takes no triggers";
  const auto journal = open();
  sql("CREATE FUNCTION fairlead.stand() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN "
      "NULL; "
      "END $$; CREATE CONSTRAINT TRIGGER stand AFTER INSERT ON fairlead.deliveries DEFERRABLE INITIALLY DEFERRED FOR "
      "EACH ROW EXECUTE FUNCTION fairlead.stand()");
  Result<std::vector<Appended>> appended;
  {
    std::jthread appending([&] { appended = journal->append(std::vector{delivery("1")}); });
    wait_for_sessions(server(), database_, "query = 'COMMIT' AND wait_event = 'PgSleep'");
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = "
        "'COMMIT'");
  }
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(appended.error().message, HasSubstr("did not say whether the transaction was committed"));
  sql("DROP TRIGGER stand ON fairlead.deliveries");
  EXPECT_EQ(append(*journal, "1"), Outcome::kStored);
}

TEST_F(PostgresFailure, a_lock_that_is_not_given_up_is_an_answer_in_time) {
  auto holder = PostgresConnection::open(address_, {}).value();
  sql("CREATE SCHEMA fairlead; CREATE TABLE fairlead.t (a BIGINT); INSERT INTO fairlead.t VALUES (1)");
  ASSERT_TRUE(holder->begin_write());
  ASSERT_TRUE(holder->integer("SELECT a FROM t FOR UPDATE"));
  ConnectOptions hasty;
  hasty.lock_time_max = Duration::millis(50);
  auto waiter = PostgresConnection::open(address_, hasty).value();
  ASSERT_TRUE(waiter->begin_write());
  const auto locked = waiter->integer("SELECT a FROM t FOR UPDATE");
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(locked.error().message, HasSubstr("another replica held a lock"));
}

TEST_F(PostgresFailure, a_transaction_that_stands_still_lets_go_of_its_locks) {
  sql("CREATE SCHEMA fairlead; CREATE TABLE fairlead.t (a BIGINT); INSERT INTO fairlead.t VALUES (1)");
  ConnectOptions short_patience;
  short_patience.idle_transaction_max = Duration::millis(50);
  auto hanging = PostgresConnection::open(address_, short_patience).value();
  ASSERT_TRUE(hanging->begin_write());
  ASSERT_TRUE(hanging->integer("SELECT a FROM t FOR UPDATE"));
  auto other = PostgresConnection::open(address_, {}).value();
  ASSERT_TRUE(other->begin_write());
  EXPECT_TRUE(other->integer("SELECT a FROM t FOR UPDATE")) << "it comes as soon as the first one is ended";
  ASSERT_TRUE(other->commit());
  ASSERT_FALSE(hanging->commit());
  EXPECT_FALSE(hanging->usable());
}

TEST_F(PostgresFailure, all_connections_lent_is_an_answer_in_time) {
  const auto pool = std::make_shared<ConnectionPool>(address_, ConnectOptions{}, PoolLimits{2, Duration::millis(20)});
  {
    const auto first = pool->lend();
    const auto second = pool->lend();
    ASSERT_TRUE(first && second);
    const auto third = pool->lend();
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(third.error().message, HasSubstr("all 2 connections"));
  }
  {
    const auto again = pool->lend();
    ASSERT_TRUE(again);
    ASSERT_TRUE((*again)->begin_write());
  }
  const auto after = pool->lend();
  ASSERT_TRUE(after);
  EXPECT_FALSE((*after)->in_transaction()) << "what a borrower leaves open is rolled back";
  pool->close();
  EXPECT_FALSE(pool->lend());
}

TEST(PostgresOutage, a_server_that_was_killed_and_came_back_has_everything_that_was_acknowledged) {
  PostgresServer server({.durable = true});
  const std::string address = server.new_database();
  const auto journal = open_postgres_journal(address).value();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(append(*journal, std::to_string(i)), Outcome::kStored);
  server.kill();
  const auto appended = journal->append(std::vector{delivery("20")});
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kUnavailable);
  server.start();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(append(*journal, std::to_string(i)), Outcome::kDuplicate);
  EXPECT_EQ(append(*journal, "20"), Outcome::kStored);
  EXPECT_EQ(journal->verify({}).value(), 21u);
  server.stop();
  EXPECT_EQ(journal->append(std::vector{delivery("21")}).error().code, ErrorCode::kUnavailable);
}

TEST(PostgresOutage, a_server_that_hangs_is_noticed_within_ten_seconds) {
  PostgresServer server;
  const auto journal = open_postgres_journal(server.new_database()).value();
  ASSERT_EQ(append(*journal, "1"), Outcome::kStored);
  server.pause();
  const auto start = std::chrono::steady_clock::now();
  const auto appended = journal->append(std::vector{delivery("2")});
  const auto took = std::chrono::steady_clock::now() - start;
  server.resume();
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(appended.error().message, HasSubstr("does not answer any more"));
  EXPECT_LE(took, std::chrono::seconds(10));
  const Outcome again = append(*journal, "2");
  EXPECT_TRUE(again == Outcome::kStored || again == Outcome::kDuplicate) << "the server may have gone on with it";
}

/// The transaction of a reader begins with a round trip.
TEST(PostgresOutage, a_server_that_hangs_before_a_reader_has_begun_is_an_error_and_no_more) {
  PostgresServer server;
  const auto derived = open_postgres_derived(server.new_database()).value();
  ASSERT_TRUE(derived->read());
  server.pause();
  const auto hanging = derived->read();
  server.resume();
  ASSERT_FALSE(hanging);
  EXPECT_EQ(hanging.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(derived->read());
}

TEST(PostgresFailures, each_kind_has_its_code_and_one_line) {
  const auto code = [](std::string_view state) {
    const Error error = statement_failure(state, "first line\nsecond", "PostgreSQL at h:1, database d");
    EXPECT_THAT(error.message,
                AllOf(HasSubstr("PostgreSQL at h:1, database d"), Not(HasSubstr("\n")), Not(HasSubstr("{"))));
    return error.code;
  };
  for (const auto state : {"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53200", "53300", "25006",
                           "08006", "25P03", "XX000"}) {
    EXPECT_EQ(code(state), ErrorCode::kUnavailable) << state;
  }
  EXPECT_EQ(code("53100"), ErrorCode::kIo);
  EXPECT_EQ(code("58030"), ErrorCode::kIo);
  EXPECT_EQ(code("99999"), ErrorCode::kIo);
  EXPECT_EQ(code("42501"), ErrorCode::kForbidden);
  EXPECT_EQ(code("28P01"), ErrorCode::kUnauthorized);
  EXPECT_EQ(code("28000"), ErrorCode::kUnauthorized);
  EXPECT_EQ(code("54000"), ErrorCode::kLimit);
  for (const auto state : {"XX001", "XX002", "42P01", "23505"}) EXPECT_EQ(code(state), ErrorCode::kCorrupt) << state;
}

}  // namespace
}  // namespace fairlead::store::postgres
