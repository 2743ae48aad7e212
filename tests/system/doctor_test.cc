// `fairlead doctor` and the health of a server, in the states that an administrator meets.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <map>

#include "store/testing/postgres_server.h"
#include "system/harness/api_client.h"
#include "system/harness/server.h"
#include "system/harness/temp_folder.h"

namespace fairlead::system_test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::AnyOf;
using testing::HasSubstr;

struct Examination {
  int code = -1;
  std::string status;
  std::map<std::string, json::object> findings;

  std::string state(const std::string& check) const {
    const auto found = findings.find(check);
    return found == findings.end() ? "absent" : std::string(found->second.at("state").as_string());
  }
  std::string text(const std::string& check) const {
    const auto found = findings.find(check);
    return found == findings.end() ? "absent" : json::serialize(found->second);
  }
};

Examination examine(const fs::path& data, const std::string& store = "sqlite") {
  const Finished told = fairlead({"doctor", "--json", "--data", data.string(), "--store", store});
  const json::value body = json::parse(told.out);
  Examination examination{told.code, std::string(body.at("status").as_string()), {}};
  for (const json::value& item : body.at("findings").as_array()) {
    examination.findings[std::string(item.at("check").as_string())] = item.as_object();
    EXPECT_EQ(item.at("state") == "ok", item.at("action").is_null()) << json::serialize(item);
  }
  // Nothing that fails goes unnoticed by a script.
  EXPECT_EQ(told.code, examination.status == "failing" ? 1 : 0) << told.out << told.err;
  return examination;
}

class Doctor : public testing::Test {
 protected:
  fs::path data() const { return folder_.path() / "data"; }

  /// A folder with `count` deliveries, whose server has stopped.
  void fill(int count) const {
    const std::string token = make_token(data(), "operator");
    Server server(data());
    ApiClient api(server.port(), token);
    for (int i = 0; i < count; ++i) api.post_events(deployment_event(fmt::format("d{}", i)));
    ASSERT_EQ(server.stop(), 0);
  }

 private:
  TempFolder folder_;
};

TEST_F(Doctor, a_healthy_server_is_asked_and_answers) {
  fill(3);
  Server server(data());
  const Examination found = examine(data());
  EXPECT_EQ(found.code, 0);
  for (const char* check : {"server", "store", "ingest_queue", "projection", "derivation", "clock", "settings"}) {
    EXPECT_EQ(found.state(check), "ok") << found.text(check);
  }
  for (const char* check : {"disk", "descriptors", "memory", "sources.events"}) {
    EXPECT_NE(found.state(check), "absent") << check;
  }
  const Finished words = fairlead({"doctor", "--data", data().string()});
  EXPECT_THAT(words.out, HasSubstr("ok       store"));
  EXPECT_THAT(words.out, HasSubstr("3 deliveries"));
}

TEST_F(Doctor, a_stopped_server_is_told_and_its_folder_looked_into) {
  fill(3);
  const Examination found = examine(data());
  EXPECT_EQ(found.code, 0);
  EXPECT_EQ(found.state("server"), "warning");
  EXPECT_THAT(found.text("store"), HasSubstr("every checksum is right"));
  EXPECT_EQ(found.state("store"), "ok");
  EXPECT_EQ(found.state("projection"), "ok");
  EXPECT_EQ(found.state("sources.events"), "ok");
}

TEST_F(Doctor, a_server_that_hangs_or_is_absent_altogether_is_told) {
  EXPECT_EQ(examine(data()).state("store"), "failing");
  EXPECT_FALSE(fs::exists(data())) << "looking makes nothing";
  fs::create_directory(data());
  EXPECT_THAT(examine(data()).text("store"), HasSubstr("no journal"));
  EXPECT_TRUE(fs::is_empty(data()));
  fill(1);
  Server server(data());
  fs::remove(data() / "control.sock");
  const Examination found = examine(data());
  EXPECT_EQ(found.state("server"), "failing");
  EXPECT_NE(found.state("disk"), "absent");
}

TEST_F(Doctor, a_damaged_journal_is_found_wherever_it_is_damaged) {
  fill(300);
  std::fstream file(data() / "journal.db", std::ios::binary | std::ios::in | std::ios::out);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  // Of a delivery in the middle, not of the newest, which a running server looks at.
  const auto at = bytes.find("\"id\":\"d150\"");
  ASSERT_NE(at, std::string::npos);
  file.clear();
  file.seekp(static_cast<std::streamoff>(at) + 7);
  file.put('x');
  file.close();
  const Examination found = examine(data());
  EXPECT_EQ(found.code, 1);
  EXPECT_EQ(found.state("store"), "failing");
  EXPECT_THAT(found.text("store"), HasSubstr("fairlead restore"));
  const Finished words = fairlead({"doctor", "--data", data().string()});
  EXPECT_EQ(words.code, 1);
  EXPECT_TRUE(words.out.starts_with("failing  store")) << words.out;
}

TEST_F(Doctor, replicas_on_a_database_are_told_beside_one_and_from_elsewhere) {
  const std::string database = store::PostgresServer::shared().new_database();
  const Examination before = examine(data(), database);
  EXPECT_EQ(before.code, 0);
  EXPECT_EQ(before.state("replicas"), "warning") << "none runs";
  EXPECT_THAT(before.text("store"), HasSubstr("every checksum is right"));
  EXPECT_FALSE(fs::exists(data()));

  Server server(data(), {"--store", database});
  Examination beside = examine(data(), database);
  for (int i = 0; i < 100 && beside.state("replicas") != "ok"; ++i) beside = examine(data(), database);
  EXPECT_THAT(beside.text("replicas"), HasSubstr("16 of 16 parts"));
  EXPECT_THAT(beside.text("replicas"), HasSubstr("this one"));
  EXPECT_EQ(beside.state("server"), "ok");
  EXPECT_EQ(beside.state("store"), "ok");
  EXPECT_EQ(beside.state("spool"), "ok") << beside.text("spool");
  const Examination elsewhere = examine(data().parent_path() / "elsewhere", database);
  EXPECT_EQ(elsewhere.state("replicas"), "ok") << elsewhere.text("replicas");
}

TEST_F(Doctor, a_database_that_is_away_is_failing_beside_a_server_and_without_one) {
  store::PostgresServer postgres;
  const std::string database = postgres.new_database();
  Server server(data(), {"--store", database});
  postgres.stop();
  const Examination beside = examine(data(), database);
  EXPECT_EQ(beside.code, 1);
  EXPECT_EQ(beside.state("store"), "failing") << beside.text("store");
  const Examination elsewhere = examine(data().parent_path() / "elsewhere", database);
  EXPECT_EQ(elsewhere.code, 1);
  EXPECT_EQ(elsewhere.state("store"), "failing");
  server.kill();
}

/// A small file system that goes with its owner; only root can have one.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& place) : place_(place) {
    fs::create_directory(place);
    mounted_ = mount("tmpfs", place.c_str(), "tmpfs", 0, "size=16m,mode=700") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(place_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  const fs::path place_;
  bool mounted_ = false;
};

TEST_F(Doctor, a_full_disk_is_failing_beside_a_server_and_without_one) {
  const SmallDisk disk(data());
  if (!disk.mounted()) GTEST_SKIP() << "a small file system needs root";
  const std::string token = make_token(data(), "operator");
  {
    Server server(data());
    ApiClient api(server.port(), token);
    ASSERT_EQ(api.post_events(deployment_event("before")).status, 200);
    std::ofstream filler(data() / "filler", std::ios::binary);
    const std::string block(64 * 1024, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
    int status = 200;
    for (int i = 0; i < 2'000 && status == 200; ++i) {
      status = api.post_events(deployment_event(fmt::format("d{}", i)) + std::string(20'000, ' ')).status;
    }
    EXPECT_THAT(status, AnyOf(507, 503));
    const Examination found = examine(data());
    EXPECT_EQ(found.code, 1);
    EXPECT_EQ(found.state("disk"), "failing");
    EXPECT_THAT(found.text("disk"), HasSubstr("Make room"));
    EXPECT_EQ(found.state("server"), "ok");
    server.kill();
  }
  EXPECT_EQ(examine(data()).state("disk"), "failing");
  fs::remove(data() / "filler");
  const Examination later = examine(data());
  EXPECT_EQ(later.state("store"), "ok") << later.text("store");
}

}  // namespace
}  // namespace fairlead::system_test
