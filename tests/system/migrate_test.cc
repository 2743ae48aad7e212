// Moving from one store to another: killed at any point it comes out complete, beside a running server, too.
// FAIRLEAD_MIGRATE_EVENTS says how many deliveries there are (10,000 by default).

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <random>

#include "system/harness/api_client.h"
#include "system/harness/server.h"
#include "system/harness/temp_folder.h"
#include "system/harness/writers.h"

namespace fairlead::system_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr Milliseconds kPatience(3'600'000);
constexpr int kKills = 5;

std::uint64_t events_wanted() {
  const char* text = std::getenv("FAIRLEAD_MIGRATE_EVENTS");
  return text ? std::strtoull(text, nullptr, 10) : 10'000;
}

class Migrate : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  std::string store(const std::string& name) const { return "sqlite:" + path(name).string(); }

  Finished migrate(const std::string& from, const std::string& to) const {
    return run({fairlead_binary(), "migrate", "--from", store(from), "--to", store(to)}, kPatience);
  }
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

TEST_F(Migrate, killed_five_times_on_the_way_it_comes_out_complete) {
  const std::uint64_t events = events_wanted();
  fill("old", events);
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(migrate("old", "undisturbed").code, 0);
  const auto whole = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin).count();

  int killed = 0;
  for (int attempt = 0; killed < kKills && attempt < 20 * kKills; ++attempt) {
    Process process({fairlead_binary(), "migrate", "--from", store("old"), "--to", store("new")});
    process.wait(Milliseconds(random() % (static_cast<std::uint64_t>(whole) / 2 + 1)));
    process.signal(SIGKILL);
    if (process.wait(kPatience) == 128 + SIGKILL) ++killed;
  }
  ASSERT_EQ(killed, kKills);
  const Finished last = migrate("old", "new");
  ASSERT_EQ(last.code, 0) << last.err;
  EXPECT_THAT(last.out, HasSubstr(fmt::format(" {} deliveries ", events)));
  EXPECT_EQ(derived_hash("new"), derived_hash("old"));
  const Finished verified = on("verify", "new");
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_THAT(verified.out, HasSubstr(fmt::format("{} deliveries", events)));
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
