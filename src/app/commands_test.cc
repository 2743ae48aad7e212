// What users type, against the real program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "app/testing/child.h"
#include "base/hash.h"
#include "store/testing/postgres_server.h"

namespace fairlead::app {
namespace {

namespace fs = std::filesystem;
using testing::fairlead;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::RunningServer;
using ::testing::StartsWith;
using testing::TempFolder;

constexpr const char* kDeployment =
    R"({"type":"deployment","id":"d1","service":"api","environment":"production","status":"success",)"
    R"("finished_at":"2026-01-05T10:00:00Z","sha":"1f3","repository":"github.com/acme/api"})";

std::string first_word(const std::string& text) {
  return text.substr(0, text.find_first_of(" \n"));
}

/// A folder below `folder` whose whole path has at least `length` characters.
fs::path long_path(fs::path folder, std::size_t length) {
  while (folder.native().size() < length) folder /= std::string(40, 'x');
  return folder;
}

class Commands : public ::testing::Test {
 protected:
  fs::path data() const { return folder_.path() / "data"; }
  fs::path file(const std::string& name) const { return folder_.path() / name; }

  Finished on_data(std::vector<std::string> arguments, const std::string& input = {}) const {
    arguments.insert(arguments.end(), {"--data", data().string()});
    return fairlead(arguments, input);
  }

  std::string token(const std::string& role) const {
    const Finished made = on_data({"token", "create", "--role", role});
    EXPECT_EQ(made.code, 0) << made.err;
    return first_word(made.out);
  }

  /// Data with one delivery, whose server has ended.
  void fill_data() const {
    const std::string ingest = token("ingest");
    RunningServer server(data());
    EXPECT_EQ(server.request("POST", "/api/v1/events", ingest, kDeployment).status, 200);
    EXPECT_EQ(server.stop(SIGTERM), 0);
  }

 private:
  TempFolder folder_;
};

TEST_F(Commands, version_is_printed) {
  EXPECT_THAT(fairlead({"version"}).out, MatchesRegex("fairlead [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(Commands, wrong_usage_exits_with_2_and_says_where_help_is) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"sail"},
                                             {"serve", "--colour", "blue"},
                                             {"token"},
                                             {"token", "create"},
                                             {"export", "--format", "xml"}}) {
    const Finished finished = fairlead(arguments);
    EXPECT_EQ(finished.code, 2);
    EXPECT_THAT(finished.err, AllOf(StartsWith("fairlead: "), HasSubstr("--help`")));
    EXPECT_EQ(finished.out, "");
  }
}

TEST_F(Commands, wrong_values_exit_with_2_before_anything_is_made) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"token", "create", "--role", "king"},
                                             {"serve", "--listen", "nowhere"},
                                             {"serve", "--tls-cert", "cert.pem"},
                                             {"serve", "--config", "absent.yaml"}}) {
    const Finished finished = on_data(arguments);
    EXPECT_EQ(finished.code, 2) << arguments[1];
    EXPECT_THAT(finished.err, MatchesRegex("fairlead: [^\n]+\n"));
    EXPECT_FALSE(fs::exists(data())) << arguments[1];
  }
}

TEST_F(Commands, what_is_no_store_is_refused_by_every_command_before_anything_is_made) {
  const std::string backup = file("backup").string();
  for (std::vector<std::string> arguments :
       std::vector<std::vector<std::string>>{{"serve"},
                                             {"demo"},
                                             {"token", "create", "--role", "viewer"},
                                             {"token", "list"},
                                             {"token", "revoke", "x"},
                                             {"user", "add", "x", "--role", "viewer"},
                                             {"user", "list"},
                                             {"user", "remove", "x"},
                                             {"import", "git", "."},
                                             {"export"},
                                             {"verify"},
                                             {"replay"},
                                             {"doctor"},
                                             {"backup", backup},
                                             {"restore", backup}}) {
    arguments.insert(arguments.end(), {"--store", "mysql://me:canary@somewhere"});
    const Finished finished = on_data(arguments);
    EXPECT_EQ(finished.code, 2) << arguments[0];
    EXPECT_THAT(finished.err, MatchesRegex("fairlead: this [^\n]+postgres://USER@HOST/DATABASE[^\n]*\n"))
        << arguments[0];
    EXPECT_THAT(finished.err, Not(HasSubstr("canary")));
    EXPECT_EQ(finished.out, "");
    EXPECT_FALSE(fs::exists(data())) << arguments[0];
  }
  const Finished moved = fairlead({"migrate", "--from", "mysql://somewhere", "--to", "sqlite:" + data().string()});
  EXPECT_EQ(moved.code, 2);
  EXPECT_FALSE(fs::exists(data()));
}

TEST_F(Commands, a_store_may_be_named_by_its_folder_where_only_the_journal_is_looked_at) {
  fill_data();
  const std::string store = "sqlite:" + data().string();
  const std::string backup = file("backup").string();
  const std::string elsewhere = file("elsewhere").string();
  fs::create_directory(elsewhere);
  EXPECT_EQ(fairlead({"backup", backup, "--data", elsewhere, "--store", store}).code, 0);
  const Finished looked = fairlead({"doctor", "--data", elsewhere, "--store", store});
  EXPECT_EQ(looked.code, 0) << looked.out;
  EXPECT_THAT(looked.out, HasSubstr("1 delivery, every checksum is right"));
  EXPECT_TRUE(fs::is_empty(elsewhere));
}

TEST_F(Commands, help_goes_to_standard_output) {
  const Finished finished = fairlead({"--help"});
  EXPECT_EQ(finished.code, 0);
  for (const char* command : {"serve", "token", "user", "config", "export", "verify", "replay", "version"}) {
    EXPECT_THAT(finished.out, HasSubstr(command));
  }
}

TEST_F(Commands, config_check_accepts_or_names_every_problem) {
  std::ofstream(file("right.yaml")) << "time_zone: Europe/Berlin\n";
  std::ofstream(file("wrong.yaml")) << "time_zone: Mars\nlisten: nowhere\n";
  EXPECT_EQ(fairlead({"config", "check", file("right.yaml").string()}).code, 0);
  EXPECT_EQ(fairlead({"config", "check"}, {}, {"FAIRLEAD_CONFIG=" + file("right.yaml").string()}).code, 0);
  const Finished wrong = fairlead({"config", "check", "--config", file("wrong.yaml").string()});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err,
              MatchesRegex("fairlead: [^\n]*wrong.yaml:1:12: [^\n]+\nfairlead: [^\n]*wrong.yaml:2:9: [^\n]+\n"));
}

TEST_F(Commands, tokens_are_made_listed_and_revoked_without_a_server) {
  const Finished made = on_data({"token", "create", "--role", "viewer", "--name", "kim"});
  EXPECT_EQ(made.code, 0);
  EXPECT_THAT(made.out, MatchesRegex("fl_[0-9a-f]+_[A-Za-z0-9_-]+\n"));
  const std::string list = on_data({"token", "list"}).out;
  EXPECT_THAT(list,
              AllOf(HasSubstr("viewer"), HasSubstr("kim"), HasSubstr(" valid "), Not(HasSubstr(first_word(made.out)))));
  EXPECT_EQ(on_data({"token", "revoke", first_word(list)}).code, 0);
  EXPECT_THAT(on_data({"token", "list"}).out, HasSubstr(" revoked "));
  const Finished unknown = on_data({"token", "revoke", "nobody"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("there is no token with the id 'nobody'"));
}

TEST_F(Commands, tokens_are_made_listed_and_revoked_beside_a_running_server) {
  RunningServer server(data());
  const std::string made = token("viewer");
  EXPECT_EQ(server.request("GET", "/api/v1/deployments", made).status, 200);
  const std::string list = on_data({"token", "list"}).out;
  EXPECT_THAT(list, AllOf(HasSubstr("viewer"), HasSubstr(" valid ")));
  EXPECT_EQ(on_data({"token", "revoke", first_word(list)}).code, 0);
  EXPECT_EQ(server.request("GET", "/api/v1/deployments", made).status, 401);
  const Finished unknown = on_data({"token", "revoke", "../nobody"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, MatchesRegex("fairlead: [^\n]+\n"));
  EXPECT_EQ(server.stop(SIGTERM), 0);
}

TEST_F(Commands, a_data_folder_with_a_very_long_name_has_a_control_socket_too) {
  const fs::path deep = long_path(data(), 150);
  RunningServer server(deep);
  const Finished made = fairlead({"token", "create", "--role", "viewer", "--data", deep.string()});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(server.request("GET", "/api/v1/deployments", first_word(made.out)).status, 200);
  EXPECT_EQ(server.stop(SIGTERM), 0);
}

TEST_F(Commands, users_are_listed_and_removed_with_and_without_a_server) {
  EXPECT_EQ(on_data({"user", "add", "kim", "--role", "admin"}, "correct horse\n").code, 0);
  EXPECT_EQ(on_data({"user", "add", "lee", "--role", "viewer"}, "battery staple\n").code, 0);
  EXPECT_EQ(on_data({"user", "add", "max", "--role", "viewer"}, "battery staple\n").code, 0);
  const auto expect_refusals = [&] {
    const Finished nobody = on_data({"user", "remove", "nobody"});
    EXPECT_EQ(nobody.code, 1);
    EXPECT_THAT(nobody.err, HasSubstr("no user with the name 'nobody'"));
    const Finished last = on_data({"user", "remove", "kim"});
    EXPECT_EQ(last.code, 1);
    EXPECT_THAT(last.err, HasSubstr("last admin"));
    EXPECT_EQ(on_data({"user", "add", "kim", "--role", "viewer"}, "correct horse\n").code, 1);
  };
  expect_refusals();
  EXPECT_EQ(on_data({"user", "remove", "lee"}).code, 0);
  EXPECT_THAT(on_data({"user", "list"}).out, AllOf(HasSubstr("kim"), HasSubstr("max"), Not(HasSubstr("lee"))));
  RunningServer server(data());
  expect_refusals();
  EXPECT_EQ(on_data({"user", "remove", "max"}).code, 0);
  EXPECT_THAT(on_data({"user", "list"}).out, AllOf(HasSubstr("admin"), HasSubstr("kim"), Not(HasSubstr("max"))));
  EXPECT_EQ(server.stop(SIGTERM), 0);
}

TEST_F(Commands, users_are_added_with_a_password_from_standard_input) {
  EXPECT_EQ(on_data({"user", "add", "kim", "--role", "operator"}, "correct horse\n").code, 0);
  const Finished empty = on_data({"user", "add", "lee", "--role", "viewer"});
  EXPECT_EQ(empty.code, 1);
  EXPECT_THAT(empty.err, HasSubstr("no password"));
  EXPECT_EQ(on_data({"user", "add", "lee", "--role", "viewer"}, "short\n").code, 1);
  RunningServer server(data());
  EXPECT_EQ(on_data({"user", "add", "lee", "--role", "viewer"}, "battery staple\n").code, 0);
  const auto users = server.request("GET", "/api/v1/users", token("admin"));
  EXPECT_THAT(users.body, AllOf(HasSubstr("kim"), HasSubstr("lee")));
  // There was a user before the first start, so no other administrator was made.
  EXPECT_THAT(users.body, Not(HasSubstr("\"admin\"")));
  EXPECT_EQ(server.stop(SIGTERM), 0);
}

TEST_F(Commands, the_first_start_makes_an_administrator_whose_password_only_the_owner_reads) {
  const fs::path password = data() / "admin-password";
  {
    RunningServer server(data());
    EXPECT_THAT(server.out_until("admin-password\n"), HasSubstr(password.string()));
    EXPECT_EQ(server.stop(SIGTERM), 0);
  }
  struct stat info {};
  ASSERT_EQ(stat(password.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(info.st_size, 25);
  fs::remove(password);
  RunningServer again(data());
  EXPECT_EQ(again.stop(SIGTERM), 0);
  EXPECT_FALSE(fs::exists(password)) << "a second start makes no second password";
}

TEST_F(Commands, the_first_password_may_come_from_the_environment) {
  RunningServer server(data(), {}, {"FAIRLEAD_ADMIN_PASSWORD=correct horse"});
  EXPECT_EQ(server.stop(SIGTERM), 0);
  EXPECT_FALSE(fs::exists(data() / "admin-password"));
  const Finished wrong = fairlead({"serve", "--data", file("other").string()}, {}, {"FAIRLEAD_ADMIN_PASSWORD=short"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("FAIRLEAD_ADMIN_PASSWORD"), Not(HasSubstr("short:"))));
  EXPECT_FALSE(fs::exists(file("other")));
}

TEST_F(Commands, what_is_written_belongs_to_its_owner_alone) {
  fill_data();
  for (const auto& entry : fs::directory_iterator(data())) {
    struct stat info {};
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0077, 0u) << entry.path();
  }
}

TEST_F(Commands, an_export_is_the_same_beside_a_server_and_without_one_and_carries_its_own_hash) {
  fill_data();
  const Finished alone = on_data({"export", "--format", "json"});
  ASSERT_EQ(alone.code, 0) << alone.err;
  const auto last = alone.out.rfind("{\"sha256\":\"");
  ASSERT_NE(last, std::string::npos) << alone.out;
  EXPECT_EQ(alone.out.substr(last), "{\"sha256\":\"" + to_hex(bytes_of(sha256(alone.out.substr(0, last)))) + "\"}\n");
  EXPECT_THAT(alone.out, AllOf(HasSubstr("\n{\"fact\":{"), HasSubstr("{\"entity\":{")));
  RunningServer server(data());
  const Finished beside = on_data({"export"});
  EXPECT_EQ(beside.code, 0) << beside.err;
  EXPECT_TRUE(beside.out == alone.out) << beside.out.size() << " bytes and " << alone.out.size();
  EXPECT_EQ(server.stop(SIGTERM), 0);
}

TEST_F(Commands, replay_gives_the_same_data_again_and_leaves_a_running_server_alone) {
  fill_data();
  const std::string before = on_data({"export"}).out;
  fs::remove(data() / "derived.db");
  const Finished replayed = on_data({"replay"});
  EXPECT_EQ(replayed.code, 0) << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("from 1 deliveries"));
  EXPECT_EQ(on_data({"export"}).out, before);
  RunningServer server(data());
  const Finished refused = on_data({"replay"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("stop it first"), HasSubstr("nothing was changed")));
  EXPECT_THAT(refused.err, HasSubstr(std::to_string(server.pid())));
  EXPECT_EQ(server.stop(SIGTERM), 0);
}

TEST_F(Commands, verify_compares_with_a_rebuild_and_beside_a_server_checks_the_journal) {
  fill_data();
  const Finished alone = on_data({"verify"});
  EXPECT_EQ(alone.code, 0) << alone.err;
  EXPECT_THAT(alone.out, AllOf(HasSubstr("journal: 1 deliveries"), HasSubstr("equal to a rebuild")));
  EXPECT_FALSE(fs::exists(data() / "derived.verify.db"));
  RunningServer server(data());
  const Finished beside = on_data({"verify"});
  EXPECT_EQ(beside.code, 0) << beside.err;
  EXPECT_THAT(beside.out, AllOf(HasSubstr("journal: 1 deliveries"), HasSubstr("not compared")));
  EXPECT_EQ(server.stop(SIGTERM), 0);
}

TEST_F(Commands, nothing_is_made_where_there_is_nothing_to_look_at) {
  for (const char* command : {"export", "verify", "replay"}) {
    const Finished finished = on_data({command});
    EXPECT_EQ(finished.code, 1) << command;
    EXPECT_THAT(finished.err, HasSubstr("there is no data folder " + data().string()));
    EXPECT_FALSE(fs::exists(data()));
  }
}

TEST_F(Commands, every_stop_signal_ends_the_server_cleanly_and_a_killed_one_starts_again) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    RunningServer server(data());
    EXPECT_EQ(server.stop(signal), 0);
    EXPECT_FALSE(fs::exists(data() / "control.sock"));
  }
  {
    RunningServer server(data());
    EXPECT_EQ(server.stop(SIGKILL), 128 + SIGKILL);
  }
  EXPECT_TRUE(fs::exists(data() / "control.sock"));
  RunningServer server(data());
  EXPECT_EQ(on_data({"token", "list"}).code, 0);
  EXPECT_EQ(server.stop(SIGTERM), 0);
}

TEST_F(Commands, several_addresses_are_each_announced) {
  RunningServer server(data(), {"--listen", "127.0.0.1:0"});
  const std::string& out = server.out_until("admin-password");
  std::size_t count = 0;
  for (auto at = out.find("listening on http://127.0.0.1:"); at != std::string::npos;
       at = out.find("listening on http://127.0.0.1:", at + 1)) {
    ++count;
  }
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(server.stop(SIGTERM), 0);
}

TEST_F(Commands, options_go_before_variables_and_variables_before_the_file) {
  std::ofstream(file("f.yaml")) << "data: from-file\n";
  const std::string config = "FAIRLEAD_CONFIG=" + file("f.yaml").string();
  EXPECT_EQ(fairlead({"token", "create", "--role", "viewer"}, {}, {config}).code, 0);
  EXPECT_TRUE(fs::exists(file("from-file")));
  const std::string variable = "FAIRLEAD_DATA=" + file("from-variable").string();
  EXPECT_EQ(fairlead({"token", "create", "--role", "viewer"}, {}, {config, variable}).code, 0);
  EXPECT_TRUE(fs::exists(file("from-variable")));
  EXPECT_EQ(fairlead({"token", "create", "--role", "viewer", "--data", data().string()}, {}, {config, variable}).code,
            0);
  EXPECT_TRUE(fs::exists(data()));
}

TEST_F(Commands, tokens_export_verify_and_replay_work_on_a_database) {
  const std::string store = store::PostgresServer::shared().new_database();
  const Finished made = on_data({"token", "create", "--role", "operator", "--store", store});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto exported = [&] { return on_data({"export", "--format", "json", "--store", store}).out; };
  {
    RunningServer server(data(), {"--store", store});
    EXPECT_EQ(server.request("POST", "/api/v1/events", first_word(made.out), kDeployment).status, 200);
    const Finished refused = fairlead({"replay", "--data", file("other").string(), "--store", store});
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err,
                HasSubstr("replicas derive on this database, and nobody else may: stop all of them first"));
    EXPECT_EQ(server.stop(SIGTERM), 0);
  }
  const std::string before = exported();
  EXPECT_THAT(before, HasSubstr("\"d1\""));
  const Finished verified = on_data({"verify", "--store", store});
  EXPECT_THAT(verified.out, HasSubstr("derived data: equal to a rebuild")) << verified.err;
  const Finished replayed = on_data({"replay", "--store", store});
  EXPECT_EQ(replayed.out, "derived data was built anew from 1 deliveries\n") << replayed.err;
  EXPECT_EQ(exported(), before);
}

TEST_F(Commands, a_database_needs_no_data_folder) {
  const std::string store = store::PostgresServer::shared().new_database();
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"token", "create", "--role", "viewer"},
                                             {"token", "list"},
                                             {"user", "list"},
                                             {"export"},
                                             {"verify"},
                                             {"replay"}}) {
    std::vector<std::string> all = arguments;
    all.insert(all.end(), {"--store", store});
    const Finished finished = on_data(all);
    EXPECT_EQ(finished.code, 0) << arguments[0] << ": " << finished.err;
    EXPECT_FALSE(fs::exists(data())) << arguments[0];
  }
}

TEST_F(Commands, a_demo_on_a_database_in_use_is_refused_by_the_database_s_name) {
  const std::string store = store::PostgresServer::shared().new_database();
  const std::string token = first_word(on_data({"token", "create", "--role", "ingest", "--store", store}).out);
  {
    RunningServer server(data(), {"--store", store});
    ASSERT_EQ(server.request("POST", "/api/v1/events", token, kDeployment).status, 200);
    EXPECT_EQ(server.stop(SIGTERM), 0);
  }
  const Finished refused = fairlead({"demo", "--listen", "127.0.0.1:0", "--store", store});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr(store::PostgresServer::database_of(store) + "?"));
  EXPECT_THAT(refused.err, HasSubstr("holds data already"));
}

TEST_F(Commands, beside_replicas_nothing_is_derived_and_what_they_have_derived_is_shown) {
  const std::string store = store::PostgresServer::shared().new_database();
  const std::string operator_token =
      first_word(on_data({"token", "create", "--role", "operator", "--store", store}).out);
  const auto policy = [&] {
    return store::PostgresServer::shared().sql(
        store::PostgresServer::database_of(store),
        "SELECT encode(value, 'hex') FROM fairlead.settings WHERE name = 'policy'");
  };
  // Whoever derives under this makes everything anew.
  std::ofstream(file("other.yaml")) << "time_zone: Asia/Tokyo\n";
  const auto elsewhere = [&](const char* command) {
    return fairlead(
        {command, "--data", file("other").string(), "--store", store, "--config", file("other.yaml").string()});
  };
  RunningServer server(data(), {"--store", store});
  ASSERT_EQ(server.request("POST", "/api/v1/events", operator_token, kDeployment).status, 200);
  ASSERT_EQ(server.request("GET", "/api/v1/deployments", operator_token).status, 200);  // waits for what was posted
  const std::string adopted = policy();
  ASSERT_NE(adopted, "");
  const Finished exported = elsewhere("export");
  EXPECT_EQ(exported.code, 0) << exported.err;
  EXPECT_THAT(exported.out, AllOf(HasSubstr("\"d1\""), HasSubstr("\n{\"sha256\":")));
  EXPECT_THAT(exported.err, HasSubstr("replicas work on this database"));
  EXPECT_THAT(exported.err, HasSubstr("(0 deliveries wait)"));
  const Finished verified = elsewhere("verify");
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_THAT(verified.out, AllOf(HasSubstr("journal: 1 deliveries"), HasSubstr("not compared with a rebuild"),
                                  HasSubstr("stop all of them")));
  EXPECT_EQ(policy(), adopted);
  EXPECT_EQ(server.stop(SIGTERM), 0);
  EXPECT_THAT(elsewhere("verify").out, HasSubstr("equal to a rebuild"));
  EXPECT_NE(policy(), adopted) << "with nobody else on it the command derives";
  EXPECT_EQ(elsewhere("export").err, "");
}

}  // namespace
}  // namespace fairlead::app
