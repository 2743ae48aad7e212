// What every SessionStore promises (session_store.h).

#include "store/session_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"
#include "store/testing/postgres_server.h"

namespace fairlead::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr SessionBounds kBounds{.per_user = 3, .all = 5};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<Journal>()> open;
};

class SessionStoreContract : public testing::TestWithParam<Implementation> {
 protected:
  static SessionRow row(const std::string& key, const std::string& user, std::int64_t used_at) {
    return {key, user, Role::kOperator, {1}, {used_at}};
  }
  void open(const SessionRow& row) { ASSERT_TRUE(sessions.open_session(row, kBounds)); }
  std::vector<std::string> keys() {
    std::vector<std::string> keys;
    const std::vector<SessionRow> rows = sessions.all_sessions().value();
    for (const SessionRow& row : rows) keys.push_back(row.key);
    return keys;
  }

  const std::unique_ptr<Journal> journal = GetParam().open();
  SessionStore& sessions = *journal->sessions();
};

TEST_P(SessionStoreContract, what_was_opened_is_found_and_listed_by_key) {
  const SessionRow zoe{"b", std::string("zo\0\xff", 4), Role::kAdmin, {5}, {6}};
  open(zoe);
  open(row("a", "ann", 7));
  EXPECT_EQ(sessions.session("b").value(), zoe);
  EXPECT_EQ(sessions.session("c").value(), std::nullopt);
  EXPECT_THAT(sessions.all_sessions().value(), ElementsAre(row("a", "ann", 7), zoe));
}

TEST_P(SessionStoreContract, one_too_many_of_a_user_ends_that_users_least_recently_used) {
  open(row("other", "bob", 1));
  open(row("a", "ann", 30));
  open(row("b", "ann", 10));
  open(row("c", "ann", 20));
  open(row("d", "ann", 40));
  EXPECT_THAT(keys(), ElementsAre("a", "c", "d", "other"));
}

TEST_P(SessionStoreContract, one_too_many_of_all_ends_the_least_recently_used) {
  for (int i = 0; i < 6; ++i) open(row(std::to_string(i), "user" + std::to_string(i), 10 + (i + 4) % 6));
  EXPECT_THAT(keys(), ElementsAre("0", "1", "3", "4", "5"));
}

TEST_P(SessionStoreContract, uses_only_move_forward_and_revive_nothing) {
  open(row("a", "ann", 10));
  open(row("b", "ann", 10));
  ASSERT_TRUE(sessions.note_uses(std::vector<SessionUse>{{"a", {20}}, {"b", {5}}, {"gone", {20}}}));
  EXPECT_THAT(sessions.all_sessions().value(), ElementsAre(row("a", "ann", 20), row("b", "ann", 10)));
  EXPECT_TRUE(sessions.note_uses({}));
}

TEST_P(SessionStoreContract, an_ended_one_is_gone_and_the_others_stay) {
  open(row("a", "ann", 10));
  open(row("b", "ann", 10));
  ASSERT_TRUE(sessions.end_session("a"));
  EXPECT_TRUE(sessions.end_session("a")) << "nothing to end is no failure";
  EXPECT_THAT(keys(), ElementsAre("b"));
}

TEST_P(SessionStoreContract, a_written_or_removed_user_has_none_left) {
  open(row("a", "ann", 10));
  open(row("b", "bob", 10));
  open(row("c", "cleo", 10));
  ASSERT_TRUE(journal->put_user({"ann", "hash", Role::kViewer, {5}}));
  EXPECT_THAT(keys(), ElementsAre("b", "c"));
  ASSERT_TRUE(journal->remove_user("bob"));
  EXPECT_THAT(keys(), ElementsAre("c"));
}

INSTANTIATE_TEST_SUITE_P(
    Stores, SessionStoreContract,
    testing::Values(Implementation{"memory", [] { return make_memory_journal(); }},
                    Implementation{
                        "postgres",
                        [] { return open_postgres_journal(PostgresServer::shared().new_database()).value(); }}),
    [](const auto& info) { return info.param.name; });

TEST(PostgresSessions, are_shared_by_all_who_have_the_journal_open) {
  const std::string uri = PostgresServer::shared().new_database();
  const auto one = open_postgres_journal(uri).value(), other = open_postgres_journal(uri).value();
  const SessionRow row{"a", "ann", Role::kViewer, {1}, {2}};
  ASSERT_TRUE(one->sessions()->open_session(row, kBounds));
  EXPECT_EQ(other->sessions()->session("a").value(), row);
  ASSERT_TRUE(other->remove_user("ann"));
  EXPECT_THAT(one->sessions()->all_sessions().value(), IsEmpty());
}

TEST(PostgresSessions, a_row_that_somebody_changed_is_no_session) {
  const std::string uri = PostgresServer::shared().new_database();
  const auto journal = open_postgres_journal(uri).value();
  for (const char* key : {"a", "b", "c"}) {
    ASSERT_TRUE(journal->sessions()->open_session({key, "ann", Role::kViewer, {1}, {2}}, kBounds));
  }
  PostgresServer::shared().sql(PostgresServer::database_of(uri),
                               "UPDATE fairlead.sessions SET role = 3 WHERE key = 'a';"
                               "UPDATE fairlead.sessions SET role = 99 WHERE key = 'b'");
  EXPECT_EQ(journal->sessions()->session("a").value(), std::nullopt);
  EXPECT_EQ(journal->sessions()->session("b").value(), std::nullopt);
  const auto rows = journal->sessions()->all_sessions().value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].key, "c");
}

TEST(SqliteSessions, are_on_no_disk) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "fairlead_no_sessions";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto journal = open_sqlite_journal(folder);
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_EQ((*journal)->sessions(), nullptr);
}

}  // namespace
}  // namespace fairlead::store
