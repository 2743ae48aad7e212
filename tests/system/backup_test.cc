// Promise R15: a backup that is taken while deliveries come in is an exact prefix of what was acknowledged, and comes
// back as that; one that is damaged anywhere is refused before anything is written.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include "system/harness/api_client.h"
#include "system/harness/server.h"
#include "system/harness/temp_folder.h"
#include "system/harness/writers.h"

namespace fairlead::system_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr int kClients = 8;

class Backup : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_.path() / name; }

  /// `count` deliveries, a user and a token in `data`, whose server has stopped.
  void fill(const fs::path& data, std::uint64_t count) const {
    const std::string token = make_token(data, "operator");
    Server server(data);
    Writers writers(server.port(), token, 2, count);
    writers.join();
    ASSERT_EQ(server.stop(), 0);
  }

  Finished back_up(const fs::path& data, const fs::path& file) const {
    return fairlead({"backup", "--data", data.string(), file.string()});
  }
  Finished restore(const fs::path& file, const fs::path& data) const {
    return fairlead({"restore", "--data", data.string(), file.string()});
  }

 private:
  TempFolder folder_;
};

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

/// The number that stands before `word`.
std::uint64_t number_before(const std::string& text, const std::string& word) {
  const auto end = text.find(" " + word);
  const auto begin = text.rfind(' ', end - 1) + 1;
  return std::stoull(text.substr(begin, end - begin));
}

/// The hash of all derived data, made from the journal where it is behind.
std::string derived_hash(const fs::path& data) {
  const Finished dump = fairlead({"export", "--data", data.string()});
  EXPECT_EQ(dump.code, 0) << dump.err;
  return dump.out.substr(dump.out.rfind("{\"sha256\""));
}

TEST_F(Backup, taken_under_writes_is_an_exact_prefix_of_what_was_acknowledged) {
  const std::string token = make_token(path("old"), "operator");
  Server server(path("old"));
  Writers writers(server.port(), token, kClients);
  writers.await(300);
  const Finished taken = back_up(path("old"), path("b"));
  ASSERT_EQ(taken.code, 0) << taken.err;
  const std::uint64_t held = number_before(taken.out, "deliveries");
  // More comes after it, so that a prefix is not just all.
  writers.await(held + 100);
  writers.stop();
  ASSERT_EQ(server.stop(), 0);
  EXPECT_GE(held, 300u);
  ASSERT_GT(writers.acknowledged().size(), held);

  const Finished restored = restore(path("b"), path("new"));
  ASSERT_EQ(restored.code, 0) << restored.err;
  EXPECT_EQ(number_before(restored.out, "deliveries"), held);

  // The same deliveries, sent to a server of their own in the order of their numbers.
  {
    const std::string other = make_token(path("prefix"), "operator");
    Server prefix(path("prefix"));
    ApiClient api(prefix.port(), other);
    for (std::uint64_t sequence = 1; sequence <= held; ++sequence) {
      const auto found = writers.acknowledged().find(std::to_string(sequence));
      ASSERT_NE(found, writers.acknowledged().end()) << sequence << " was stored and never acknowledged";
      ASSERT_EQ(api.post_events(found->second).status, 200);
    }
    ASSERT_EQ(prefix.stop(), 0);
  }
  EXPECT_EQ(derived_hash(path("new")), derived_hash(path("prefix")));
  EXPECT_NE(derived_hash(path("new")), derived_hash(path("old")));
  EXPECT_EQ(fairlead({"verify", "--data", path("new").string()}).code, 0);

  // Each is at the number that it was acknowledged with, and nothing acknowledged before is taken twice.
  Server again(path("new"));
  ApiClient api(again.port(), token);
  for (const std::uint64_t sequence : {std::uint64_t{1}, held / 2, held}) {
    const std::string name = std::to_string(sequence);
    const HttpResponse repeated = api.post_events(writers.acknowledged().at(name));
    EXPECT_THAT(repeated.body, HasSubstr("\"duplicates\":1"));
    EXPECT_EQ(repeated.header("fairlead-sequence"), name);
  }
  EXPECT_EQ(again.stop(), 0);
}

TEST_F(Backup, holds_users_and_tokens_and_belongs_to_its_owner_alone) {
  fill(path("old"), 20);
  const std::string token = make_token(path("old"), "viewer");
  ASSERT_EQ(back_up(path("old"), path("b")).code, 0);
  struct stat info {};
  ASSERT_EQ(stat(path("b").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_FALSE(fs::exists(path("b.partial")));

  ASSERT_EQ(restore(path("b"), path("new")).code, 0);
  for (const std::string what : {"user", "token"}) {
    EXPECT_EQ(fairlead({what, "list", "--data", path("new").string()}).out,
              fairlead({what, "list", "--data", path("old").string()}).out);
  }
  Server server(path("new"));
  EXPECT_EQ(ApiClient(server.port(), token).get("/api/v1/sources").status, 200);
  // What a token or a password says is in no backup.
  const std::string password = content(path("old") / "admin-password");
  const Finished checked = fairlead({"backup", "--verify", path("b").string()});
  EXPECT_EQ(checked.code, 0);
  for (const std::string& bytes : {content(path("b")), checked.out}) {
    EXPECT_THAT(bytes, Not(HasSubstr(token)));
    EXPECT_THAT(bytes, Not(HasSubstr(password.substr(0, password.find('\n')))));
  }
}

TEST_F(Backup, a_damaged_or_cut_one_is_refused_and_changes_nothing) {
  fill(path("old"), 200);
  ASSERT_EQ(back_up(path("old"), path("b")).code, 0);
  const std::string whole = content(path("b"));
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto refused = [&](const std::string& bytes) {
    write(path("damaged"), bytes);
    const Finished checked = fairlead({"backup", "--verify", path("damaged").string()});
    const Finished restored = restore(path("damaged"), path("new"));
    EXPECT_EQ(checked.code, 1);
    EXPECT_EQ(restored.code, 1);
    EXPECT_THAT(restored.err, HasSubstr("damaged cannot be used: it "));
    EXPECT_EQ(checked.err, restored.err);
    EXPECT_FALSE(fs::exists(path("new"))) << "nothing may be written before everything is checked";
  };
  for (int i = 0; i < 40; ++i) {
    std::string flipped = whole;
    char& byte = flipped[random() % whole.size()];
    byte = static_cast<char>(byte ^ (1 << random() % 8));
    refused(flipped);
  }
  for (int i = 0; i < 20; ++i) refused(whole.substr(0, random() % whole.size()));
  refused(whole.substr(0, whole.size() - 1));
  refused(whole + "x");
  refused("");
  refused("something else");
}

TEST_F(Backup, a_target_in_use_is_refused_and_stays_as_it_is) {
  fill(path("old"), 20);
  ASSERT_EQ(back_up(path("old"), path("b")).code, 0);
  fill(path("used"), 5);
  const std::string before = derived_hash(path("used"));
  const Finished into_used = restore(path("b"), path("used"));
  EXPECT_EQ(into_used.code, 1);
  EXPECT_THAT(into_used.err, HasSubstr("choose an empty one"));
  EXPECT_EQ(derived_hash(path("used")), before);

  ASSERT_EQ(restore(path("b"), path("new")).code, 0);
  const Finished twice = restore(path("b"), path("new"));
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.err, HasSubstr("was restored"));

  Server server(path("new"));
  const Finished beside = restore(path("b"), path("new"));
  EXPECT_EQ(beside.code, 1);
  EXPECT_THAT(beside.err, HasSubstr("stop it first"));
}

/// A restore that is killed again and again ends as one that is not.
TEST_F(Backup, a_restore_that_was_killed_goes_on) {
  fill(path("old"), 3'000);
  ASSERT_EQ(back_up(path("old"), path("b")).code, 0);
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  int killed = 0;
  for (int i = 0; i < 10; ++i) {
    Process process({fairlead_binary(), "restore", "--data", path("new").string(), path("b").string()});
    process.wait(Milliseconds(random() % 100));
    process.signal(SIGKILL);
    if (process.wait(Milliseconds(60'000)) == 128 + SIGKILL) ++killed;
  }
  EXPECT_GT(killed, 0);
  const Finished last = restore(path("b"), path("new"));
  // One of the ten may have come to its end.
  if (last.code != 0) {
    EXPECT_THAT(last.err, HasSubstr("was restored"));
  }
  EXPECT_EQ(derived_hash(path("new")), derived_hash(path("old")));
  EXPECT_EQ(fairlead({"verify", "--data", path("new").string()}).code, 0);
}

TEST_F(Backup, only_a_backup_is_replaced_and_a_failed_one_leaves_nothing) {
  fill(path("old"), 20);
  write(path("precious"), "a letter");
  const Finished refused = back_up(path("old"), path("precious"));
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("no backup"));
  EXPECT_EQ(content(path("precious")), "a letter");

  ASSERT_EQ(back_up(path("old"), path("b")).code, 0);
  ASSERT_EQ(back_up(path("old"), path("b")).code, 0);
  EXPECT_EQ(back_up(path("nobody"), path("c")).code, 1);
  fs::create_directory(path("empty"));
  EXPECT_THAT(back_up(path("empty"), path("c")).err, HasSubstr("there is no journal"));
  EXPECT_EQ(back_up(path("old"), path("no folder") / "c").code, 1);
  EXPECT_FALSE(fs::exists(path("c")));
  EXPECT_FALSE(fs::exists(path("c.partial")));
}

}  // namespace
}  // namespace fairlead::system_test
