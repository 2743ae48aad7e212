// Promise R15: a backup that is taken while deliveries come in is an exact prefix of what was acknowledged, and comes
// back as that; one that is damaged anywhere is refused before anything is written.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "engine/testing/wait_until.h"
#include "system/harness/api_client.h"
#include "system/harness/on_each_store.h"
#include "system/harness/writers.h"

namespace fairlead::system_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr int kClients = 8;

class Backup : public OnEachStore {
 protected:
  /// One of the stores that a test has, by its name; new and empty at the first call.
  StoreUnderTest& at(const std::string& name) {
    auto& place = places_[name];
    if (!place) {
      place = std::make_unique<StoreUnderTest>(GetParam());
      if (on_postgres()) fs::create_directory(place->data());  // commands want one
    }
    return *place;
  }

  /// `count` deliveries, a user and a token, whose server has stopped.
  void fill(const std::string& name, std::uint64_t count) {
    const std::string token = at(name).new_token("operator");
    Server server = at(name).serve();
    Writers writers(server.port(), token, 2, count);
    writers.join();
    ASSERT_EQ(server.stop(), 0);
  }

  Finished back_up(const std::string& name, const fs::path& backup) {
    return at(name).command({"backup", backup.string()});
  }
  Finished restore(const fs::path& backup, const std::string& name) {
    return at(name).command({"restore", backup.string()});
  }
  /// The hash of all derived data, made from the journal where it is behind.
  std::string derived_hash(const std::string& name) {
    const Finished dump = at(name).command({"export"});
    EXPECT_EQ(dump.code, 0) << dump.err;
    return dump.out.substr(dump.out.rfind("{\"sha256\""));
  }
  /// Whether nothing was ever written there.
  bool untouched(const std::string& name) {
    if (on_postgres()) return at(name).store().sql("SELECT to_regnamespace('fairlead') IS NULL") == "t";
    return !fs::exists(at(name).data());
  }

 private:
  std::map<std::string, std::unique_ptr<StoreUnderTest>> places_;
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

/// Lane and sequence.
using Place = std::pair<std::uint64_t, std::uint64_t>;

/// As `Fairlead-Sequence` tells it.
std::string text_of(const Place& place) {
  return place.first == 0 ? std::to_string(place.second) : fmt::format("{}.{}", place.first, place.second);
}

/// Where a server's deliveries lie, once it has looked at `count` of them.
std::set<Place> await_places(ApiClient& api, std::size_t count) {
  std::set<Place> places;
  engine::testing::wait_until([&] {
    places.clear();
    for (const auto& delivery : api.list("/api/v1/deliveries")) {
      places.emplace(delivery.at("lane").to_number<std::uint64_t>(),
                     delivery.at("sequence").to_number<std::uint64_t>());
    }
    return places.size() >= count;
  });
  return places;
}

/// Whether each lane has its first ones without a gap.
bool is_prefix_of_each_lane(const std::set<Place>& places) {
  return std::ranges::all_of(places, [&](const Place& place) {
    return place.second == 1 || places.contains({place.first, place.second - 1});
  });
}

TEST_P(Backup, taken_under_writes_is_an_exact_prefix_of_what_was_acknowledged) {
  constexpr std::uint64_t kBefore = 300;
  const std::string token = at("old").new_token("operator");
  Server server = at("old").serve();
  Writers writers(server.port(), token, kClients);
  writers.await(kBefore);
  const Finished taken = back_up("old", file("b"));
  ASSERT_EQ(taken.code, 0) << taken.err;
  const std::uint64_t held = number_before(taken.out, "deliveries");
  // More comes after it, so that a prefix is not just all.
  writers.await(held + 100);
  writers.stop();
  ASSERT_EQ(server.stop(), 0);
  EXPECT_GE(held, kBefore);
  ASSERT_GT(writers.acknowledged().size(), held);

  const Finished restored = restore(file("b"), "new");
  ASSERT_EQ(restored.code, 0) << restored.err;
  EXPECT_EQ(number_before(restored.out, "deliveries"), held);
  Server again = at("new").serve();
  ApiClient api(again.port(), token);
  const std::set<Place> places = await_places(api, held);
  EXPECT_EQ(places.size(), held);
  EXPECT_TRUE(is_prefix_of_each_lane(places));

  // The same deliveries, sent to a server of their own; here they are known, each at its number.
  const std::string other = at("prefix").new_token("operator");
  Server prefix = at("prefix").serve();
  ApiClient to_prefix(prefix.port(), other);
  for (const Place& place : places) {
    const std::string sequence = text_of(place);
    const auto found = writers.acknowledged().find(sequence);
    ASSERT_NE(found, writers.acknowledged().end()) << sequence << " was stored and never acknowledged";
    ASSERT_EQ(to_prefix.post_events(found->second).status, 200);
    const HttpResponse repeated = api.post_events(found->second);
    ASSERT_THAT(repeated.body, HasSubstr("\"duplicates\":1"));
    ASSERT_EQ(repeated.header("fairlead-sequence"), sequence);
  }
  ASSERT_EQ(prefix.stop(), 0);
  ASSERT_EQ(again.stop(), 0);
  EXPECT_EQ(derived_hash("new"), derived_hash("prefix"));
  EXPECT_NE(derived_hash("new"), derived_hash("old"));
  EXPECT_EQ(at("new").command({"verify"}).code, 0);
}

TEST_P(Backup, holds_users_and_tokens_and_belongs_to_its_owner_alone) {
  fill("old", 20);
  const std::string token = at("old").new_token("viewer");
  ASSERT_EQ(back_up("old", file("b")).code, 0);
  struct stat info {};
  ASSERT_EQ(stat(file("b").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_FALSE(fs::exists(file("b.partial")));

  ASSERT_EQ(restore(file("b"), "new").code, 0);
  for (const std::string what : {"user", "token"}) {
    EXPECT_EQ(at("new").command({what, "list"}).out, at("old").command({what, "list"}).out);
  }
  Server server = at("new").serve();
  EXPECT_EQ(ApiClient(server.port(), token).get("/api/v1/sources").status, 200);
  // What a token or a password says is in no backup.
  const std::string password = content(at("old").data() / "admin-password");
  const Finished checked = fairlead({"backup", "--verify", file("b").string()});
  EXPECT_EQ(checked.code, 0);
  for (const std::string& bytes : {content(file("b")), checked.out}) {
    EXPECT_THAT(bytes, Not(HasSubstr(token)));
    EXPECT_THAT(bytes, Not(HasSubstr(password.substr(0, password.find('\n')))));
  }
}

TEST_P(Backup, a_damaged_or_cut_one_is_refused_and_changes_nothing) {
  fill("old", 200);
  ASSERT_EQ(back_up("old", file("b")).code, 0);
  const std::string whole = content(file("b"));
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto refused = [&](const std::string& bytes) {
    write(file("damaged"), bytes);
    const Finished checked = fairlead({"backup", "--verify", file("damaged").string()});
    const Finished restored = restore(file("damaged"), "new");
    EXPECT_EQ(checked.code, 1);
    EXPECT_EQ(restored.code, 1);
    EXPECT_THAT(restored.err, HasSubstr("damaged cannot be used: it "));
    EXPECT_EQ(checked.err, restored.err);
    EXPECT_TRUE(untouched("new")) << "nothing may be written before everything is checked";
  };
  const int rounds = on_postgres() ? 4 : 20;  // the file is the same
  for (int i = 0; i < 2 * rounds; ++i) {
    std::string flipped = whole;
    char& byte = flipped[random() % whole.size()];
    byte = static_cast<char>(byte ^ (1 << random() % 8));
    refused(flipped);
  }
  for (int i = 0; i < rounds; ++i) refused(whole.substr(0, random() % whole.size()));
  refused(whole.substr(0, whole.size() - 1));
  refused(whole + "x");
  refused("");
  refused("something else");
}

TEST_P(Backup, a_target_in_use_is_refused_and_stays_as_it_is) {
  fill("old", 20);
  ASSERT_EQ(back_up("old", file("b")).code, 0);
  fill("used", 5);
  const std::string before = derived_hash("used");
  const Finished into_used = restore(file("b"), "used");
  EXPECT_EQ(into_used.code, 1);
  EXPECT_THAT(into_used.err, HasSubstr("choose an empty one"));
  EXPECT_EQ(derived_hash("used"), before);

  ASSERT_EQ(restore(file("b"), "new").code, 0);
  const Finished twice = restore(file("b"), "new");
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.err, HasSubstr("was restored"));

  Server server = at("new").serve();
  const Finished beside = restore(file("b"), "new");
  EXPECT_EQ(beside.code, 1);
  EXPECT_THAT(beside.err, HasSubstr(on_postgres() ? "was restored" : "stop it first"));
}

/// A restore that is killed again and again ends as one that is not.
TEST_P(Backup, a_restore_that_was_killed_goes_on) {
  fill("old", on_postgres() ? 1'000 : 3'000);
  ASSERT_EQ(back_up("old", file("b")).code, 0);
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  int killed = 0;
  for (int i = 0; i < 10; ++i) {
    Process process(
        at("new").on_store({fairlead_binary(), "restore", "--data", at("new").data().string(), file("b").string()}));
    process.wait(Milliseconds(random() % 100));
    process.signal(SIGKILL);
    if (process.wait(Milliseconds(60'000)) == 128 + SIGKILL) ++killed;
  }
  EXPECT_GT(killed, 0);
  const Finished last = restore(file("b"), "new");
  // One of the ten may have come to its end.
  if (last.code != 0) {
    EXPECT_THAT(last.err, HasSubstr("was restored"));
  }
  EXPECT_EQ(derived_hash("new"), derived_hash("old"));
  EXPECT_EQ(at("new").command({"verify"}).code, 0);
}

TEST_P(Backup, only_a_backup_is_replaced_and_a_failed_one_leaves_nothing) {
  fill("old", 20);
  write(file("precious"), "a letter");
  const Finished refused = back_up("old", file("precious"));
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("no backup"));
  EXPECT_EQ(content(file("precious")), "a letter");

  ASSERT_EQ(back_up("old", file("b")).code, 0);
  ASSERT_EQ(back_up("old", file("b")).code, 0);
  EXPECT_EQ(back_up("old", file("no folder") / "c").code, 1);
  EXPECT_FALSE(fs::exists(file("no folder")));
}

INSTANTIATE_TEST_SUITE_P(On, Backup, kEachStore, store_name);

class BackupOfFolder : public Backup {};

TEST_P(BackupOfFolder, that_is_absent_or_empty_is_refused_and_leaves_nothing) {
  EXPECT_EQ(back_up("nobody", file("c")).code, 1);
  fs::create_directory(at("empty").data());
  EXPECT_THAT(back_up("empty", file("c")).err, HasSubstr("there is no journal"));
  EXPECT_FALSE(fs::exists(file("c")));
  EXPECT_FALSE(fs::exists(file("c.partial")));
}

INSTANTIATE_TEST_SUITE_P(On, BackupOfFolder, kSqliteAlone, store_name);

}  // namespace
}  // namespace fairlead::system_test
