// A server that cannot start says so in one sentence that tells what to do, and ends with 1 (failed) or 2 (wrong usage
// or configuration).

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "store/testing/postgres_server.h"
#include "system/harness/api_client.h"
#include "system/harness/on_each_store.h"

namespace fairlead::system_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

void write_file(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

class Start : public OnEachStore {
 protected:
  /// Starts a server that should refuse, and checks the form of its refusal.
  Finished refused(const std::vector<std::string>& more = {}, bool obey_file_modes = false) {
    return refuses(on_store(more), obey_file_modes);
  }
  Finished refuses(const std::vector<std::string>& more, bool obey_file_modes = false) {
    ProcessOptions options = serve_options();
    options.obey_file_modes = obey_file_modes;
    std::vector<std::string> command = {fairlead_binary(), "serve", "--data", data().string()};
    if (std::ranges::find(more, "--listen") == more.end()) command.insert(command.end(), {"--listen", "127.0.0.1:0"});
    command.insert(command.end(), more.begin(), more.end());
    Finished result = run(command, Milliseconds(60'000), options);
    EXPECT_THAT(result.code, ::testing::AnyOf(1, 2));
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << "not one line: " << result.err;
    EXPECT_THAT(result.err, ::testing::StartsWith("fairlead: "));
    EXPECT_THAT(result.out, Not(HasSubstr("listening on")));
    return result;
  }

  /// One deployment in the store, whose server has ended.
  void fill() {
    const std::string token = new_token("ingest");
    Server server = serve();
    ASSERT_EQ(ApiClient(server.port(), token).post_events(deployment_event("d1")).status, 200);
    ASSERT_EQ(server.stop(), 0);
  }

  /// Behind the program's back.
  void change_journal(const char* on_sqlite, const char* on_postgresql) {
    if (on_postgres()) {
      store().sql(on_postgresql);
      return;
    }
    sqlite3* database = nullptr;
    char* error = nullptr;
    ASSERT_EQ(sqlite3_open((data() / "journal.db").c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, on_sqlite, nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_close(database);
  }
};

TEST_P(Start, data_folder_that_is_not_writable_is_named) {
  fs::create_directory(data());
  fs::permissions(data(), fs::perms::owner_read | fs::perms::owner_exec);
  const Finished result = refused({}, true);
  EXPECT_THAT(result.err, HasSubstr(data().string()));
  EXPECT_EQ(result.code, 1);
  fs::permissions(data(), fs::perms::owner_all);
}

TEST_P(Start, port_in_use_is_named) {
  Server other(file("other"));
  const std::string address = fmt::format("127.0.0.1:{}", other.port());
  const Finished result = refused({"--listen", address});
  EXPECT_THAT(result.err, HasSubstr(address));
  EXPECT_EQ(result.code, 1);
}

/// On PostgreSQL the folder holds the spool.
TEST_P(Start, second_server_on_the_same_data_is_refused_and_the_first_goes_on) {
  Server first = serve();
  const Finished result = refused();
  EXPECT_THAT(result.err, HasSubstr(data().string()));
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(Connection(first.port()).request("GET", "/healthz").status, 200);
}

TEST_P(Start, wrong_configuration_names_line_and_column) {
  write_file(file("fairlead.yaml"), "access:\n  anonymous: everybody\n");
  const Finished result = refused({"--config", file("fairlead.yaml").string()});
  EXPECT_THAT(result.err, HasSubstr("fairlead.yaml:2:"));
  EXPECT_THAT(result.err, HasSubstr("viewer")) << "what to write instead";
  EXPECT_EQ(result.code, 2);
}

TEST_P(Start, configuration_that_is_no_yaml_names_its_place) {
  write_file(file("fairlead.yaml"), "access: [unclosed\n");
  const Finished result = refused({"--config", file("fairlead.yaml").string()});
  EXPECT_THAT(result.err, HasSubstr("fairlead.yaml:"));
  EXPECT_EQ(result.code, 2);
}

TEST_P(Start, missing_configuration_file_is_named) {
  const Finished result = refused({"--config", file("absent.yaml").string()});
  EXPECT_THAT(result.err, HasSubstr("absent.yaml"));
  EXPECT_EQ(result.code, 2);
}

TEST_P(Start, newer_schema_is_refused) {
  fill();
  change_journal("PRAGMA user_version = 9999",
                 "UPDATE fairlead.schema_versions SET version = 9999 WHERE component = 'journal'");
  const Finished result = refused();
  EXPECT_THAT(result.err, HasSubstr("newer"));
  EXPECT_EQ(result.code, 1);
}

TEST_P(Start, unknown_option_is_wrong_usage) {
  const Finished result = fairlead(on_store({"serve", "--colour", "blue"}));
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("colour"));
}

TEST_P(Start, flipped_byte_of_a_stored_delivery_is_found_by_verify) {
  fill();
  ASSERT_EQ(command({"verify"}).code, 0);
  change_journal("UPDATE deliveries SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB)",
                 "UPDATE fairlead.deliveries SET body = set_byte(body, length(body) - 1, 0)");
  const Finished result = command({"verify"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("1"));
}

INSTANTIATE_TEST_SUITE_P(On, Start, kEachStore, store_name);

class StartOnFiles : public Start {};

TEST_P(StartOnFiles, journal_that_is_no_database_is_refused_and_left_alone) {
  fill();
  fs::remove(data() / "journal.db-wal");
  fs::remove(data() / "journal.db-shm");
  const std::string garbage(8192, 'x');
  write_file(data() / "journal.db", garbage);
  const Finished result = refused();
  EXPECT_THAT(result.err, HasSubstr("journal.db"));
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(fs::file_size(data() / "journal.db"), garbage.size());
}

INSTANTIATE_TEST_SUITE_P(On, StartOnFiles, kSqliteAlone, store_name);

class StartOnDatabase : public Start {
 protected:
  static store::PostgresServer& postgres() { return store::PostgresServer::shared(); }
  std::string database() const { return store::PostgresServer::database_of(store().address()); }
};

TEST_P(StartOnDatabase, one_that_cannot_be_used_is_told_without_its_password) {
  store().sql("CREATE ROLE visitor LOGIN PASSWORD 'canary'");
  struct Case {
    std::string address;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {"postgres://visitor:canary@127.0.0.1:1/fairlead", "127.0.0.1:1"},
      {postgres().tcp_address("nowhere", "postgres"), "no such database"},
      {postgres().tcp_address(database(), "visitor", "canary-wrong"), "refused the password"},
      {postgres().tcp_address(database(), "visitor", "canary"), "docs/"},  // which say what rights are needed
      {"postgres://visitor:can%ary@127.0.0.1/fairlead", "postgres://USER"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.address);
    const Finished result = refuses({"--store", one.address});
    EXPECT_EQ(result.code, 1);
    EXPECT_THAT(result.err, HasSubstr(one.reason));
    EXPECT_THAT(result.err, Not(HasSubstr("canary")));
  }
}

TEST_P(StartOnDatabase, an_address_of_another_kind_is_wrong_usage) {
  const Finished result = refuses({"--store", "oracle://scott:canary@db/fairlead"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("postgres://"));
  EXPECT_THAT(result.err, Not(HasSubstr("canary")));
}

TEST_P(StartOnDatabase, a_second_server_with_a_folder_of_its_own_is_welcome) {
  Server first = serve();
  Server second(file("other"), on_store({}));
  const std::string token = new_token("operator");
  ApiClient here(first.port(), token), there(second.port(), token);
  const HttpResponse posted = here.post_events(deployment_event("d1"));
  ASSERT_EQ(posted.status, 200) << posted.body;
  there.await_projection(posted.header("fairlead-sequence"));
  EXPECT_EQ(there.list("/api/v1/deployments").size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(On, StartOnDatabase, kPostgresAlone, store_name);

}  // namespace
}  // namespace fairlead::system_test
