// A server that cannot start says so in one sentence that tells what to do, and ends with 1 (failed) or 2 (wrong usage
// or configuration).

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "system/harness/api_client.h"
#include "system/harness/server.h"
#include "system/harness/temp_folder.h"

namespace fairlead::system_test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

void write_file(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

class Start : public ::testing::Test {
 protected:
  fs::path data() const { return folder_.path() / "data"; }
  fs::path file(const std::string& name) const { return folder_.path() / name; }

  /// Starts a server that should refuse, and checks the form of its refusal.
  Finished refused(const std::vector<std::string>& more = {}, bool obey_file_modes = false) {
    ProcessOptions options = serve_options();
    options.obey_file_modes = obey_file_modes;
    std::vector<std::string> command = {fairlead_binary(), "serve", "--data", data().string()};
    if (std::ranges::find(more, "--listen") == more.end()) command.insert(command.end(), {"--listen", "127.0.0.1:0"});
    command.insert(command.end(), more.begin(), more.end());
    Finished result = run(command, Milliseconds(60'000), options);
    EXPECT_THAT(result.code, ::testing::AnyOf(1, 2));
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << "not one line: " << result.err;
    EXPECT_THAT(result.err, ::testing::StartsWith("fairlead: "));
    EXPECT_THAT(result.out, ::testing::Not(HasSubstr("listening on")));
    return result;
  }

  /// A data folder with one deployment in it, of a server that has ended.
  void fill_data() {
    const std::string token = make_token(data(), "ingest");
    Server server(data());
    ASSERT_EQ(ApiClient(server.port(), token).post_events(deployment_event("d1")).status, 200);
    ASSERT_EQ(server.stop(), 0);
  }

 private:
  TempFolder folder_;
};

TEST_F(Start, data_folder_that_is_not_writable_is_named) {
  fs::create_directory(data());
  fs::permissions(data(), fs::perms::owner_read | fs::perms::owner_exec);
  const Finished result = refused({}, true);
  EXPECT_THAT(result.err, HasSubstr(data().string()));
  EXPECT_EQ(result.code, 1);
  fs::permissions(data(), fs::perms::owner_all);
}

TEST_F(Start, port_in_use_is_named) {
  Server other(file("other"));
  const std::string address = fmt::format("127.0.0.1:{}", other.port());
  const Finished result = refused({"--listen", address});
  EXPECT_THAT(result.err, HasSubstr(address));
  EXPECT_EQ(result.code, 1);
}

TEST_F(Start, second_server_on_the_same_data_is_refused_and_the_first_goes_on) {
  Server first(data());
  const Finished result = refused();
  EXPECT_THAT(result.err, HasSubstr(data().string()));
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(Connection(first.port()).request("GET", "/healthz").status, 200);
}

TEST_F(Start, wrong_configuration_names_line_and_column) {
  write_file(file("fairlead.yaml"), "access:\n  anonymous: everybody\n");
  const Finished result = refused({"--config", file("fairlead.yaml").string()});
  EXPECT_THAT(result.err, HasSubstr("fairlead.yaml:2:"));
  EXPECT_THAT(result.err, HasSubstr("viewer")) << "what to write instead";
  EXPECT_EQ(result.code, 2);
}

TEST_F(Start, configuration_that_is_no_yaml_names_its_place) {
  write_file(file("fairlead.yaml"), "access: [unclosed\n");
  const Finished result = refused({"--config", file("fairlead.yaml").string()});
  EXPECT_THAT(result.err, HasSubstr("fairlead.yaml:"));
  EXPECT_EQ(result.code, 2);
}

TEST_F(Start, missing_configuration_file_is_named) {
  const Finished result = refused({"--config", file("absent.yaml").string()});
  EXPECT_THAT(result.err, HasSubstr("absent.yaml"));
  EXPECT_EQ(result.code, 2);
}

TEST_F(Start, journal_that_is_no_database_is_refused_and_left_alone) {
  fill_data();
  fs::remove(data() / "journal.db-wal");
  fs::remove(data() / "journal.db-shm");
  const std::string garbage(8192, 'x');
  write_file(data() / "journal.db", garbage);
  const Finished result = refused();
  EXPECT_THAT(result.err, HasSubstr("journal.db"));
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(fs::file_size(data() / "journal.db"), garbage.size());
}

TEST_F(Start, newer_schema_is_refused) {
  fill_data();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((data() / "journal.db").c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "PRAGMA user_version = 9999", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  const Finished result = refused();
  EXPECT_THAT(result.err, HasSubstr("newer"));
  EXPECT_EQ(result.code, 1);
}

TEST_F(Start, unknown_option_is_wrong_usage) {
  const Finished result = fairlead({"serve", "--colour", "blue"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("colour"));
}

TEST_F(Start, flipped_byte_of_a_stored_delivery_is_found_by_verify) {
  fill_data();
  ASSERT_EQ(fairlead({"verify", "--data", data().string()}).code, 0);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((data() / "journal.db").c_str(), &database), SQLITE_OK);
  const char* flip =
      "UPDATE deliveries SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB) WHERE sequence = 1";
  char* error = nullptr;
  ASSERT_EQ(sqlite3_exec(database, flip, nullptr, nullptr, &error), SQLITE_OK) << error;
  sqlite3_close(database);
  const Finished result = fairlead({"verify", "--data", data().string()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("1"));
}

}  // namespace
}  // namespace fairlead::system_test
