// Moving from one store to another: killed at any point it comes out complete, beside a running server, too.
// Between two folders, and into a PostgreSQL database and back. FAIRLEAD_MIGRATE_EVENTS says how many deliveries there
// are (10,000 by default).

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "store/testing/postgres_server.h"
#include "system/harness/api_client.h"
#include "system/harness/environment.h"
#include "system/harness/server.h"
#include "system/harness/temp_folder.h"
#include "system/harness/writers.h"

namespace fairlead::system_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr Milliseconds kPatience(3'600'000);
constexpr int kKills = 5;

std::uint64_t events_wanted() {
  return number_from_environment("FAIRLEAD_MIGRATE_EVENTS", 10'000);
}

/// Where every delivery is.
constexpr const char* kPlaces =
    "SELECT md5(string_agg(lane || ':' || sequence || ':' || origin || ':' || id, ',' ORDER BY lane, sequence)) "
    "FROM fairlead.deliveries";

/// `hash 0123…` of what a move says.
std::string hash_in(const std::string& told) {
  const auto at = told.find("hash ");
  return at == std::string::npos ? "none" : told.substr(at + 5, 64);
}

class Migrate : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  std::string store(const std::string& name) const { return "sqlite:" + path(name).string(); }

  Finished migrate(const std::string& from, const std::string& to) const { return move(store(from), store(to)); }
  static Finished move(const std::string& from, const std::string& to) {
    return run({fairlead_binary(), "migrate", "--from", from, "--to", to}, kPatience);
  }
  /// Ends in a whole move from `old`, after five runs that were killed on the way. `elsewhere` takes one that is not.
  Finished move_under_kills(const std::string& to, const std::string& elsewhere) const;
  Finished on(const std::string& command, const std::string& name) const {
    return run({fairlead_binary(), command, "--data", path(name).string()}, kPatience);
  }
  std::string derived_hash(const std::string& name) const {
    const std::string dump = on("export", name).out;
    return dump.substr(dump.rfind("{\"sha256\""));
  }
  void fill(const std::string& name, std::uint64_t events) const {
    const std::string token = make_token(path(name), "operator");
    Server server(path(name));
    Writers(server.port(), token, 8, events).join();
    ASSERT_EQ(server.stop(), 0);
  }

 private:
  TempFolder folder_;
};

Finished Migrate::move_under_kills(const std::string& to, const std::string& elsewhere) const {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(move(store("old"), elsewhere).code, 0);
  const auto whole = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin).count();
  int killed = 0;
  for (int attempt = 0; killed < kKills && attempt < 20 * kKills; ++attempt) {
    Process process({fairlead_binary(), "migrate", "--from", store("old"), "--to", to});
    process.wait(Milliseconds(random() % (static_cast<std::uint64_t>(whole) / 2 + 1)));
    process.signal(SIGKILL);
    if (process.wait(kPatience) == 128 + SIGKILL) ++killed;
  }
  EXPECT_EQ(killed, kKills);
  return move(store("old"), to);
}

TEST_F(Migrate, killed_five_times_on_the_way_it_comes_out_complete) {
  const std::uint64_t events = events_wanted();
  fill("old", events);
  const Finished last = move_under_kills(store("new"), store("undisturbed"));
  ASSERT_EQ(last.code, 0) << last.err;
  EXPECT_THAT(last.out, HasSubstr(fmt::format(" {} deliveries ", events)));
  EXPECT_EQ(derived_hash("new"), derived_hash("old"));
  const Finished verified = on("verify", "new");
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_THAT(verified.out, HasSubstr(fmt::format("{} deliveries", events)));
}

TEST_F(Migrate, into_postgresql_killed_five_times_and_back_again) {
  store::PostgresServer& server = store::PostgresServer::shared();
  const std::string database = server.new_database();
  const std::uint64_t events = events_wanted();
  fill("old", events);
  const Finished there = move_under_kills(database, server.new_database());
  ASSERT_EQ(there.code, 0) << there.err;
  EXPECT_THAT(there.out, HasSubstr(fmt::format(" {} deliveries ", events)));
  const Finished back = move(database, store("back"));
  ASSERT_EQ(back.code, 0) << back.err;
  EXPECT_EQ(hash_in(back.out), hash_in(there.out));
  EXPECT_EQ(derived_hash("back"), derived_hash("old"));
  EXPECT_EQ(on("verify", "back").code, 0);
}

TEST_F(Migrate, a_backup_of_one_kind_of_store_is_restored_into_the_other) {
  store::PostgresServer& server = store::PostgresServer::shared();
  const std::string database = server.new_database();
  fill("old", 300);
  const auto with = [&](const std::string& command, const std::string& where, const std::string& file) {
    return run({fairlead_binary(), command, "--store", where, path(file).string()}, kPatience);
  };
  ASSERT_EQ(with("backup", store("old"), "a").code, 0);
  const Finished restored = with("restore", database, "a");
  ASSERT_EQ(restored.code, 0) << restored.err;
  EXPECT_EQ(with("restore", database, "a").code, 1);
  ASSERT_EQ(with("backup", database, "b").code, 0);
  // The same kind of store gives every delivery its old place, so that this is the same again.
  const std::string second = server.new_database();
  ASSERT_EQ(with("restore", second, "b").code, 0);
  EXPECT_EQ(server.sql(store::PostgresServer::database_of(second), kPlaces),
            server.sql(store::PostgresServer::database_of(database), kPlaces));
  ASSERT_EQ(with("restore", store("new"), "b").code, 0);
  EXPECT_EQ(derived_hash("new"), derived_hash("old"));
}

/// A database that cannot be used is one sentence, which never shows the password.
TEST_F(Migrate, an_unreachable_database_is_told_without_its_password) {
  fill("old", 1);
  const Finished refused = move(store("old"), "postgres://fairlead:canary@127.0.0.1:1/fairlead");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, Not(HasSubstr("canary")));
  EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1) << refused.err;
}

TEST_F(Migrate, beside_a_running_server_and_once_more_for_what_came_since) {
  const std::string token = make_token(path("old"), "operator");
  Server server(path("old"));
  Writers writers(server.port(), token, 4);
  writers.await(200);
  const Finished first = migrate("old", "new");
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("once more"));
  writers.await(writers.acknowledged_so_far() + 100);
  writers.stop();
  ASSERT_EQ(fairlead({"token", "create", "--data", path("old").string(), "--role", "viewer"}).code, 0);
  ASSERT_EQ(server.stop(), 0);

  const Finished second = migrate("old", "new");
  ASSERT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr(fmt::format(" {} deliveries ", writers.acknowledged().size())));
  EXPECT_THAT(second.out, HasSubstr("start the server on the new store now"));
  EXPECT_EQ(derived_hash("new"), derived_hash("old"));
  for (const std::string what : {"user", "token"}) {
    EXPECT_EQ(fairlead({what, "list", "--data", path("new").string()}).out,
              fairlead({what, "list", "--data", path("old").string()}).out);
  }
  const Finished third = migrate("old", "new");
  EXPECT_EQ(third.code, 0) << third.err;
  EXPECT_THAT(third.out, HasSubstr("(0 of them new)"));
}

TEST_F(Migrate, a_target_in_use_is_refused) {
  fill("old", 50);
  fill("used", 5);
  const Finished refused = migrate("old", "used");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("choose an empty one"));

  ASSERT_EQ(migrate("old", "new").code, 0);
  fill("new", 1);
  const Finished since = migrate("old", "new");
  EXPECT_EQ(since.code, 1);
  EXPECT_THAT(since.err, HasSubstr("used since"));
}

TEST_F(Migrate, wrong_addresses_are_wrong_usage_and_absent_ones_fail) {
  EXPECT_EQ(fairlead({"migrate", "--from", "sqlite:", "--to", store("b")}).code, 2);
  EXPECT_EQ(fairlead({"migrate", "--from", "sqlite", "--to", store("b")}).code, 2);
  EXPECT_EQ(fairlead({"migrate", "--from", store("a"), "--to", "oracle://x"}).code, 2);
  EXPECT_EQ(fairlead({"migrate", "--from", store("a")}).code, 2);
  EXPECT_EQ(migrate("absent", "b").code, 1);
  EXPECT_FALSE(fs::exists(path("absent")));
  fill("old", 1);
  EXPECT_EQ(migrate("old", "old").code, 1);
  EXPECT_EQ(migrate("old", "x/../old").code, 1);
}

}  // namespace
}  // namespace fairlead::system_test
