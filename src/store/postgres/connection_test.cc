// The driver against a real server: values, the order in which statements take effect, cursors, failures.

#include "store/postgres/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testing/postgres_server.h"
#include "store/testing/random_rows.h"

namespace fairlead::store::postgres {
namespace {

using sql::Blob;
using sql::Query;
using sql::Reading;
using testing::ElementsAre;
using testing::HasSubstr;

class PostgresConnectionTest : public testing::Test {
 protected:
  PostgresConnectionTest() : address_(PostgresServer::shared().new_database()) {
    server().sql(database(), "CREATE SCHEMA fairlead; CREATE TABLE fairlead.t (a BIGINT PRIMARY KEY, b BYTEA)");
    connection_ = open();
  }

  static PostgresServer& server() { return PostgresServer::shared(); }
  std::string database() const { return PostgresServer::database_of(address_); }

  std::unique_ptr<PostgresConnection> open(const ConnectOptions& options = {}) const {
    auto opened = PostgresConnection::open(address_, options);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }

  /// How many rows `t` has for everybody.
  std::string committed() { return server().sql(database(), "SELECT count(*) FROM fairlead.t"); }

  void put(std::int64_t a, std::string_view b) {
    EXPECT_TRUE(connection_->execute("INSERT INTO t (a, b) VALUES ($1, $2)", a, Blob{b}));
  }
  std::int64_t count() { return connection_->integer("SELECT count(*) FROM t").value().value(); }

  const std::string address_;
  std::unique_ptr<PostgresConnection> connection_;
};

TEST_F(PostgresConnectionTest, values_come_back_as_they_went_in) {
  const std::vector<std::string> texts = {"", std::string("a\0b", 3), "\xff\xfe", std::string(3'000'000, 'x'), "ö'\\"};
  ASSERT_TRUE(connection_->begin_write());
  for (std::size_t i = 0; i < texts.size(); ++i) put(static_cast<std::int64_t>(i), texts[i]);
  ASSERT_TRUE(connection_->execute("INSERT INTO t (a, b) VALUES ($1, $2)", std::numeric_limits<std::int64_t>::min(),
                                   std::optional<std::string_view>()));
  ASSERT_TRUE(connection_->execute("INSERT INTO t (a, b) VALUES ($1, $2)", std::int64_t{99}, std::string_view()));
  ASSERT_TRUE(connection_->commit());
  Query query(*connection_, "SELECT a, b, b IS NULL FROM t ORDER BY a");
  ASSERT_TRUE(query.next());
  EXPECT_EQ(query.integer(0), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(query.is_null(1));
  EXPECT_EQ(query.bytes(1), "");
  EXPECT_EQ(query.integer(2), 1);
  for (const std::string& text : texts) {
    ASSERT_TRUE(query.next());
    EXPECT_EQ(query.bytes(1), text);
  }
  ASSERT_TRUE(query.next());
  EXPECT_FALSE(query.is_null(1)) << "an empty text is not NULL";
  EXPECT_FALSE(query.next());
  EXPECT_TRUE(query.status());
}

TEST_F(PostgresConnectionTest, numbers_of_every_type_are_read) {
  Query query(*connection_,
              "SELECT 1::smallint, -2::integer, 3::bigint, true, sum(4::bigint), sum(x) FROM (VALUES (NULL::bigint)) "
              "AS v(x)");
  ASSERT_TRUE(query.next()) << query.status().error().message;
  EXPECT_EQ(query.integer(0), 1);
  EXPECT_EQ(query.integer(1), -2);
  EXPECT_EQ(query.integer(2), 3);
  EXPECT_EQ(query.integer(3), 1);
  EXPECT_EQ(query.integer(4), 4);
  EXPECT_TRUE(query.is_null(5));
  EXPECT_EQ(query.integer(5), 0);
}

TEST_F(PostgresConnectionTest, nothing_is_seen_by_others_before_the_commit_and_nothing_after_a_rollback) {
  ASSERT_TRUE(connection_->begin_write());
  put(1, "a");
  EXPECT_EQ(count(), 1) << "its own writes";
  EXPECT_EQ(committed(), "0");
  ASSERT_TRUE(connection_->commit());
  EXPECT_EQ(committed(), "1");
  ASSERT_TRUE(connection_->begin_write());
  for (int i = 2; i < 20; ++i) put(i, "b");
  connection_->rollback();
  EXPECT_EQ(count(), 1);
  ASSERT_TRUE(connection_->begin_write());
  put(5, "what was gathered before the rollback is gone");
  ASSERT_TRUE(connection_->commit());
  EXPECT_EQ(committed(), "2");
}

TEST_F(PostgresConnectionTest, outside_of_a_transaction_a_statement_stands_for_itself) {
  put(1, "a");
  EXPECT_EQ(committed(), "1");
  const Status twice = connection_->execute("INSERT INTO t (a, b) VALUES ($1, $2)", 1, Blob{"b"});
  ASSERT_FALSE(twice);
  EXPECT_FALSE(connection_->status());
  connection_->clear_status();
  put(2, "b");
  EXPECT_EQ(committed(), "2");
}

TEST_F(PostgresConnectionTest, a_read_transaction_sees_the_state_of_its_beginning) {
  put(1, "a");
  const auto other = open();
  ASSERT_TRUE(connection_->begin_read());
  ASSERT_TRUE(other->execute("INSERT INTO t (a, b) VALUES ($1, $2)", 2, Blob{"b"}));
  EXPECT_EQ(count(), 1);
  ASSERT_TRUE(connection_->commit());
  EXPECT_EQ(count(), 2);
  ASSERT_TRUE(connection_->begin_read());
  static_cast<void>(connection_->execute("INSERT INTO t (a, b) VALUES ($1, $2)", 3, Blob{"c"}));
  EXPECT_FALSE(connection_->commit()) << "it cannot write";
  connection_->clear_status();
  EXPECT_EQ(count(), 2);
}

TEST_F(PostgresConnectionTest, the_first_failure_of_a_transaction_is_kept_until_the_rollback) {
  put(1, "a");
  ASSERT_TRUE(connection_->begin_write());
  put(2, "b");
  put(1, "again");
  ASSERT_TRUE(connection_->execute("UPDATE t SET a = a / $1", 0)) << "queued: nobody has seen it yet";
  EXPECT_FALSE(connection_->integer("SELECT count(*) FROM t"));
  const Status first = connection_->status();
  ASSERT_FALSE(first);
  EXPECT_THAT(first.error().message, HasSubstr("duplicate key"));
  EXPECT_FALSE(connection_->execute("INSERT INTO t (a, b) VALUES ($1, $2)", 3, Blob{"c"}));
  connection_->open_each("SELECT a FROM t WHERE a = $1", 1, std::vector{sql::Argument(1)},
                         [](std::size_t, sql::Rows&) { FAIL() << "nothing runs any more"; });
  const Status commit = connection_->commit();
  ASSERT_FALSE(commit);
  EXPECT_EQ(commit.error().message, first.error().message);
  EXPECT_EQ(committed(), "1");
  connection_->clear_status();
  ASSERT_TRUE(connection_->begin_write());
  put(2, "b");
  ASSERT_TRUE(connection_->commit());
  EXPECT_EQ(committed(), "2");
}

TEST_F(PostgresConnectionTest, a_failure_that_only_the_commit_can_see_is_its_result) {
  server().sql(database(),
               "CREATE TABLE fairlead.late (a BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED);"
               "INSERT INTO fairlead.late VALUES (1)");
  ASSERT_TRUE(connection_->begin_write());
  ASSERT_TRUE(connection_->execute("UPDATE t SET a = a + $1", 1));
  ASSERT_TRUE(connection_->execute("INSERT INTO late (a) VALUES ($1)", 1));
  EXPECT_EQ(count(), 0);
  EXPECT_FALSE(connection_->commit());
  connection_->clear_status();
  EXPECT_EQ(server().sql(database(), "SELECT count(*) FROM fairlead.late"), "1");
}

TEST_F(PostgresConnectionTest, a_noted_error_keeps_the_transaction_from_being_committed) {
  ASSERT_TRUE(connection_->begin_write());
  put(1, "a");
  connection_->note({ErrorCode::kCorrupt, "first"});
  connection_->note({ErrorCode::kIo, "second"});
  EXPECT_EQ(connection_->commit().error().message, "first");
  EXPECT_EQ(committed(), "0");
}

TEST_F(PostgresConnectionTest, many_rows_are_inserted_together_and_none_is_lost) {
  const std::size_t rows = 10'000;
  ASSERT_TRUE(connection_->begin_write());
  put(0, "the first goes by itself");
  EXPECT_EQ(count(), 1);
  for (std::size_t i = 1; i < rows; ++i) put(static_cast<std::int64_t>(i), std::to_string(i));
  ASSERT_TRUE(connection_->commit());
  EXPECT_EQ(connection_->integer("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%unnest%'").value(),
            2)
      << "one inserts many rows, one asks";
  Query query(*connection_, "SELECT a, b FROM t ORDER BY a");
  query.next();
  for (std::size_t i = 1; i < rows; ++i) {
    ASSERT_TRUE(query.next());
    ASSERT_EQ(query.number(0), i);
    ASSERT_EQ(query.bytes(1), std::to_string(i));
  }
}

/// Random writes on a few keys of two tables, against a map.
TEST_F(PostgresConnectionTest, gathered_rows_take_effect_in_the_order_they_were_given_in) {
  server().sql(database(), "CREATE TABLE fairlead.u (a BIGINT, c BYTEA, n BIGINT, PRIMARY KEY (a, c))");
  const std::uint64_t seed = first_seed();
  SCOPED_TRACE("FAIRLEAD_SEED=" + std::to_string(seed));
  RandomRows random(seed);
  std::map<std::int64_t, std::string> t;
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> u;
  for (int transaction = 0; transaction < 40; ++transaction) {
    ASSERT_TRUE(connection_->begin_write());
    const auto t_before = t;
    const auto u_before = u;
    for (std::uint64_t step = random.below(60); step > 0; --step) {
      const auto a = static_cast<std::int64_t>(random.below(6));
      const std::string text(random.below(3), 'x');
      switch (random.below(7)) {
        case 0:
          static_cast<void>(
              connection_->execute("INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT DO NOTHING", a, Blob{text}));
          t.emplace(a, text);
          break;
        case 1:
          static_cast<void>(connection_->execute(
              "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = excluded.b", a, Blob{text}));
          t[a] = text;
          break;
        case 2:
          static_cast<void>(connection_->execute("DELETE FROM t WHERE a = $1", a));
          t.erase(a);
          break;
        case 3:
          static_cast<void>(connection_->execute(
              "INSERT INTO u (a, c, n) VALUES ($1, $2, $3) ON CONFLICT (a, c) DO UPDATE SET n = u.n + excluded.n", a,
              text, 3));
          u[{a, text}] += 3;
          break;
        case 4:
          static_cast<void>(connection_->execute("UPDATE u SET n = n * 2 WHERE a = $1", a));
          for (auto& [key, n] : u) n = key.first == a ? 2 * n : n;
          break;
        case 5:
          static_cast<void>(connection_->execute("UPDATE t SET b = c FROM u WHERE u.a = t.a AND u.c = $1", text));
          for (auto& [key, b] : t) b = u.contains({key, text}) ? text : b;
          break;
        default: {
          const auto found = connection_->integer("SELECT count(*) FROM t");
          ASSERT_TRUE(found) << found.error().message;
          ASSERT_EQ(**found, static_cast<std::int64_t>(t.size()));
        }
      }
    }
    if (random.chance(20)) {
      connection_->rollback();
      t = t_before;
      u = u_before;
    } else {
      const Status done = connection_->commit();
      ASSERT_TRUE(done) << done.error().message;
    }
    std::map<std::int64_t, std::string> t_found;
    for (Query query(*connection_, "SELECT a, b FROM t"); query.next();)
      t_found.emplace(query.integer(0), query.bytes(1));
    ASSERT_EQ(t_found, t);
    std::map<std::pair<std::int64_t, std::string>, std::int64_t> u_found;
    for (Query query(*connection_, "SELECT a, c, n FROM u"); query.next();) {
      u_found.emplace(std::pair(query.integer(0), query.bytes(1)), query.integer(2));
    }
    ASSERT_EQ(u_found, u);
  }
}

class PostgresCursorTest : public PostgresConnectionTest {
 protected:
  PostgresCursorTest() {
    server().sql(database(),
                 "INSERT INTO fairlead.t SELECT n, convert_to(n::text, 'UTF8') FROM generate_series(1, 5000) n");
  }

  std::unique_ptr<sql::Rows> all(std::int64_t after) {
    return connection_->open("SELECT a, b FROM t WHERE a > $1 ORDER BY a", std::vector{sql::Argument(after)},
                             Reading::kSome);
  }
};

TEST_F(PostgresCursorTest, portions_make_the_whole) {
  ASSERT_TRUE(connection_->begin_read());
  for (const std::int64_t after : {0, 4936, 4937, 4999, 5000}) {
    const auto rows = all(after);
    for (std::int64_t a = after + 1; a <= 5000; ++a) {
      ASSERT_TRUE(rows->next()) << a;
      ASSERT_EQ(rows->integer(0), a);
      ASSERT_EQ(rows->bytes(1), std::to_string(a));
    }
    EXPECT_FALSE(rows->next());
    EXPECT_FALSE(rows->next());
    EXPECT_TRUE(rows->status());
  }
  EXPECT_EQ(connection_->integer("SELECT count(*) FROM pg_cursors WHERE name <> ''").value(), 0) << "all are closed";
}

TEST_F(PostgresCursorTest, several_are_read_by_turns_and_abandoned_early) {
  ASSERT_TRUE(connection_->begin_write());
  const auto first = all(0);
  auto second = all(1000);
  for (int i = 1; i <= 300; ++i) {
    ASSERT_TRUE(first->next());
    ASSERT_TRUE(second->next());
    ASSERT_EQ(second->integer(0) - first->integer(0), 1000);
    if (i == 150) put(10'000, "a write between does not disturb them");
  }
  second.reset();
  EXPECT_EQ(connection_->integer("SELECT count(*) FROM pg_cursors WHERE name <> ''").value(), 1);
  ASSERT_TRUE(connection_->commit());
  while (first->next()) {
  }
  EXPECT_FALSE(first->status()) << "it ended with its transaction";
}

TEST_F(PostgresCursorTest, outside_of_a_transaction_all_rows_come) {
  int count = 0;
  for (const auto rows = all(0); rows->next();) ++count;
  EXPECT_EQ(count, 5000);
}

TEST_F(PostgresCursorTest, a_failing_one_has_no_rows_and_says_why) {
  ASSERT_TRUE(connection_->begin_read());
  const auto rows = connection_->open("SELECT 1 / (a - 3000) FROM t ORDER BY a", {}, Reading::kSome);
  int count = 0;
  while (rows->next()) ++count;
  EXPECT_GT(count, 0);
  EXPECT_LT(count, 3000);
  ASSERT_FALSE(rows->status());
  EXPECT_THAT(rows->status().error().message, HasSubstr("division by zero"));
  connection_->rollback();
  connection_->clear_status();
}

TEST_F(PostgresCursorTest, each_of_many_questions_gets_its_own_answer) {
  std::vector<sql::Argument> arguments;
  for (std::int64_t i = 0; i < 3000; ++i) {
    arguments.emplace_back(i);
    arguments.emplace_back(i + 2);
  }
  std::size_t answers = 0;
  connection_->open_each("SELECT a, b FROM t WHERE a > $1 AND a <= $2 ORDER BY a", 2, arguments,
                         [&](std::size_t index, sql::Rows& rows) {
                           ASSERT_EQ(index, answers++);
                           ASSERT_TRUE(rows.next());
                           ASSERT_EQ(rows.integer(0), static_cast<std::int64_t>(index) + 1);
                           if (index == 0) {
                             EXPECT_EQ(count(), 5000) << "the connection is free";
                           }
                           ASSERT_TRUE(rows.next());
                           ASSERT_FALSE(rows.next());
                         });
  EXPECT_EQ(answers, 3000u);
  arguments.resize(6);
  EXPECT_THAT(connection_->run_each("UPDATE t SET b = '' WHERE a > $1 AND a <= $2", 2, arguments),
              ElementsAre(2, 2, 2));
  EXPECT_THAT(connection_->run_each("DELETE FROM t WHERE a > $1 AND a <= $2", 2, arguments), ElementsAre(2, 1, 1));
  EXPECT_TRUE(connection_->run_each("DELETE FROM nowhere WHERE a > $1 AND a <= $2", 2, arguments).empty());
  EXPECT_FALSE(connection_->status());
}

/// The first time each question goes by itself, because the types of its parameters are not known; then all go as one.
TEST_F(PostgresCursorTest, questions_asked_together_have_the_answers_that_they_have_alone) {
  server().sql(database(), "UPDATE fairlead.t SET b = NULL WHERE a % 7 = 0");
  const std::vector<std::string> texts = {"42", "none such", "", "1000", "42", std::string("\0", 1)};
  std::vector<sql::Argument> arguments;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    arguments.emplace_back(static_cast<std::int64_t>(1000 * i));
    arguments.emplace_back(i == 4 ? sql::Argument() : sql::Argument(Blob{texts[i]}));
  }
  const auto ask = [&] {
    std::vector<std::vector<std::string>> answers;
    connection_->open_each("SELECT b, a, b = $2 FROM t WHERE a > $1 AND (a % 5 = 0 OR b = $2) ORDER BY a DESC LIMIT 40",
                           2, arguments, [&](std::size_t index, sql::Rows& rows) {
                             ASSERT_EQ(index, answers.size());
                             answers.emplace_back();
                             while (rows.next()) {
                               answers.back().push_back(rows.is_null(0) ? "NULL" : std::string(rows.bytes(0)));
                               answers.back().push_back(std::to_string(rows.integer(1)));
                               answers.back().push_back(rows.is_null(2) ? "NULL" : std::to_string(rows.integer(2)));
                             }
                             EXPECT_TRUE(rows.status());
                           });
    return answers;
  };
  const auto alone = ask();
  const auto statements = [&] {
    return connection_->integer("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%LATERAL (%'")
        .value();
  };
  EXPECT_EQ(statements(), 1) << "the one that asks this";
  const auto together = ask();
  EXPECT_EQ(statements(), 2);
  EXPECT_EQ(together, alone);
  ASSERT_EQ(alone.size(), texts.size());
  EXPECT_EQ(alone[0].size(), 3u * 40);
  EXPECT_EQ(alone[0][1], "5000");
  EXPECT_EQ(alone[5].size(), 0u);
  EXPECT_EQ(ask(), alone) << "and again";
}

TEST_F(PostgresCursorTest, a_failure_of_questions_asked_together_is_kept) {
  const std::vector<sql::Argument> fine(4, sql::Argument(1)),
      bad = {sql::Argument(1), sql::Argument(0), sql::Argument(1)};
  int answers = 0;
  const auto ask = [&](const std::vector<sql::Argument>& arguments) {
    connection_->open_each("SELECT a / $1 FROM t WHERE a = 1", 1, arguments, [&](auto, auto&) { ++answers; });
  };
  ask(fine);
  EXPECT_EQ(answers, 4);
  ASSERT_TRUE(connection_->begin_write());
  ask(bad);
  EXPECT_EQ(answers, 4);
  EXPECT_THAT(connection_->status().error().message, HasSubstr("division by zero"));
  EXPECT_FALSE(connection_->commit());
}

}  // namespace
}  // namespace fairlead::store::postgres
