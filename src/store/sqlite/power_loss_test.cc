// Promises R2 and R3: what was acknowledged survives a power cut at any moment, and after a failed sync nothing is
// acknowledged. The mutations at the end show that these proofs notice a missing sync.

#include <gtest/gtest.h>

#include <map>

#include "store/sqlite/sqlite_store.h"
#include "store/testing/fault_disk.h"
#include "store/testing/random_rows.h"

namespace fairlead::store {
namespace {

using Outcome = Appended::Outcome;
using Acknowledged = std::map<std::pair<std::string, std::string>, Delivery>;

Result<std::unique_ptr<Journal>> open_on(const FaultDisk& disk) {
  // Small, so that the cuts also fall into checkpoints and merges.
  return open_sqlite_journal("", {disk.vfs(), 20, true});
}

/// A delivery that nothing else equals.
Delivery unique_delivery(RandomRows& random, int number) {
  Delivery delivery = random.delivery(10, 2000);
  delivery.id = std::to_string(number);
  delivery.body += std::string(random.chance(5) ? 9000 : random.below(300), static_cast<char>('a' + number % 26));
  return delivery;
}

/// Appends batches until the disk gives up, and notes what was acknowledged.
void append_until_failure(Journal& journal, RandomRows& random, Acknowledged& acknowledged, int& next, int batches) {
  for (int batch = 0; batch < batches; ++batch) {
    const auto deliveries = random.many<Delivery>(12, [&] { return unique_delivery(random, next++); });
    const auto appended = journal.append(deliveries);
    if (!appended) return;
    if (random.chance(2)) journal.settle();
    for (const auto& delivery : deliveries) acknowledged[{delivery.origin.text, delivery.id}] = delivery;
  }
}

/// What is wrong with the journal, given what it acknowledged; empty if nothing is.
std::string complaint(Journal& journal, const Acknowledged& acknowledged) {
  if (const auto verified = journal.verify({}); !verified) return verified.error().message;
  const auto rows = journal.read(0, 0, SIZE_MAX, SIZE_MAX);
  if (!rows) return rows.error().message;
  Acknowledged found;
  for (const auto& row : *rows) {
    if (!found.emplace(std::pair(row.delivery.origin.text, row.delivery.id), row.delivery).second) {
      return "delivery " + row.delivery.id + " is there twice";
    }
  }
  std::vector<Delivery> again;
  for (const auto& [key, delivery] : acknowledged) {
    const auto at = found.find(key);
    if (at == found.end()) return "acknowledged delivery " + key.second + " is lost";
    if (at->second.body != delivery.body || at->second.headers != delivery.headers) return "a delivery has changed";
    again.push_back(delivery);
  }
  const auto repeated = journal.append(again);
  if (!repeated) return repeated.error().message;
  for (const auto& one : *repeated) {
    if (one.outcome != Outcome::kDuplicate) return "a redelivery was stored again";
  }
  return {};
}

/// One life of a journal with several power cuts. Returns the first complaint.
std::string survive(std::uint64_t seed, FaultDisk::Swallowed swallowed) {
  RandomRows random(seed);
  FaultDisk disk(seed);
  disk.swallow(swallowed);
  Acknowledged acknowledged;
  int next = 0;
  for (int cut = 0; cut < 3; ++cut) {
    {
      // The cut may also fall into the creation of the files, their migration or their recovery.
      disk.cut_power_after(random.below(random.chance(20) ? 30 : 400) + 1);
      auto journal = open_on(disk);
      if (journal) append_until_failure(**journal, random, acknowledged, next, 60);
    }
    disk.restart();
    auto journal = open_on(disk);
    if (!journal) return journal.error().message;
    if (auto wrong = complaint(**journal, acknowledged); !wrong.empty()) return wrong;
  }
  return {};
}

TEST(PowerLoss, every_acknowledged_delivery_is_there_once_with_its_bytes) {
  for (std::uint64_t seed = first_seed(), end = seed + seeds(150); seed < end; ++seed) {
    ASSERT_EQ(survive(seed, FaultDisk::Swallowed::kNothing), "") << "FAIRLEAD_SEED=" << seed;
  }
}

/// Mutation: were the sync at a commit left out (synchronous=NORMAL), or all of them (OFF), the proof above would fail.
TEST(PowerLoss, the_proof_notices_missing_syncs) {
  for (const auto swallowed : {FaultDisk::Swallowed::kSyncsOfWal, FaultDisk::Swallowed::kAllSyncs}) {
    bool noticed = false;
    for (std::uint64_t seed = 1; seed <= 20 && !noticed; ++seed) noticed = !survive(seed, swallowed).empty();
    EXPECT_TRUE(noticed);
  }
}

/// A sync fails at the Nth call, for every N until a run has none left to fail.
TEST(PowerLoss, after_a_failed_sync_nothing_is_acknowledged_until_the_journal_is_opened_again) {
  bool failed = true;
  for (std::uint64_t nth = 1; failed; ++nth) {
    SCOPED_TRACE(nth);
    RandomRows random(7);
    FaultDisk disk(nth);
    Acknowledged acknowledged;
    int next = 0;
    disk.fail_sync(nth);
    {
      auto journal = open_on(disk);
      failed = !journal;
      if (journal) {
        append_until_failure(**journal, random, acknowledged, next, 30);
        failed = (*journal)->sync_failed();
        if (failed) {
          const auto refused = (*journal)->append(std::vector{unique_delivery(random, next++)});
          ASSERT_FALSE(refused);
          EXPECT_EQ(refused.error().code, ErrorCode::kIo);
          EXPECT_FALSE((*journal)->append_audit({{1}, "local", "x", "y"}));
          EXPECT_TRUE((*journal)->read(0, 0, 10, 1000)) << "reads stay up";
        }
      }
    }
    // The server stops; what follows is a restart with or without a loss of power.
    if (nth % 2 == 0) disk.restart();
    auto journal = open_on(disk);
    ASSERT_TRUE(journal) << journal.error().message;
    EXPECT_FALSE((*journal)->sync_failed());
    ASSERT_EQ(complaint(**journal, acknowledged), "");
    if (!failed) {
      EXPECT_GT(nth, 25u) << "every commit must have been tried";
    }
  }
}

TEST(PowerLoss, after_a_failed_write_nothing_acknowledged_is_lost) {
  for (std::uint64_t nth = 1; nth < 200; nth += 3) {
    SCOPED_TRACE(nth);
    RandomRows random(nth);
    FaultDisk disk(nth);
    Acknowledged acknowledged;
    int next = 0;
    disk.fail_write(nth);
    {
      auto journal = open_on(disk);
      if (journal) append_until_failure(**journal, random, acknowledged, next, 30);
    }
    disk.restart();
    auto journal = open_on(disk);
    ASSERT_TRUE(journal) << journal.error().message;
    ASSERT_EQ(complaint(**journal, acknowledged), "");
  }
}

TEST(PowerLoss, a_full_disk_is_said_to_be_full_and_heals_when_there_is_space) {
  for (std::uint64_t seed = first_seed(), end = seed + seeds(20); seed < end; ++seed) {
    SCOPED_TRACE("FAIRLEAD_SEED=" + std::to_string(seed));
    RandomRows random(seed);
    FaultDisk disk(seed);
    Acknowledged acknowledged;
    int next = 0;
    auto journal = open_on(disk);
    ASSERT_TRUE(journal);
    append_until_failure(**journal, random, acknowledged, next, 5);
    disk.limit_bytes(disk.bytes() + random.below(40'000));
    Result<std::vector<Appended>> appended;
    do {
      const std::vector batch{unique_delivery(random, next++)};
      appended = (*journal)->append(batch);
      if (appended) acknowledged[{batch[0].origin.text, batch[0].id}] = batch[0];
    } while (appended);
    EXPECT_EQ(appended.error().code, ErrorCode::kIo);
    EXPECT_NE(appended.error().message.find("full"), std::string::npos) << appended.error().message;
    EXPECT_FALSE((*journal)->sync_failed());
    EXPECT_TRUE((*journal)->read(0, 0, 5, 1000)) << "reads stay up";
    disk.limit_bytes({});
    const std::size_t before = acknowledged.size();
    append_until_failure(**journal, random, acknowledged, next, 5);
    EXPECT_GT(acknowledged.size(), before);
    ASSERT_EQ(complaint(**journal, acknowledged), "");
    journal->reset();
    disk.restart();
    journal = open_on(disk);
    ASSERT_TRUE(journal);
    ASSERT_EQ(complaint(**journal, acknowledged), "");
  }
}

/// derived.db may lose its newest transactions, but what is left is one of the states that were committed.
TEST(PowerLoss, derived_state_falls_back_to_a_committed_transaction) {
  for (std::uint64_t seed = first_seed(), end = seed + seeds(40); seed < end; ++seed) {
    SCOPED_TRACE("FAIRLEAD_SEED=" + std::to_string(seed));
    RandomRows random(seed);
    FaultDisk disk(seed);
    const auto open = [&] { return open_sqlite_derived("", {disk.vfs()}); };
    const auto dump = [](Derived& derived) {
      std::string text;
      auto reader = std::move(derived.read().value());
      EXPECT_TRUE(reader->dump([&](std::string_view line) { (text += line) += '\n'; }));
      return std::to_string(reader->position(0).value()) + "\n" + text;
    };
    std::vector<std::string> states = {"0\n"};
    {
      disk.cut_power_after(random.below(2000) + 1);
      auto derived = open();
      for (std::uint64_t at = 1; derived && at <= 40; ++at) {
        auto writer = (*derived)->write();
        if (!writer) break;
        (*writer)->set_position(0, at);
        for (auto left = random.below(10); left > 0; --left) (*writer)->put_entity(random.entity(), random.mentions());
        std::string state = std::to_string(at) + "\n";
        if (!(*writer)->dump([&](std::string_view line) { (state += line) += '\n'; })) break;
        states.push_back(state);  // Also where the commit fails: it may have reached the disk.
        if (!(*writer)->commit()) break;
      }
    }
    disk.restart();
    auto derived = open();
    ASSERT_TRUE(derived) << derived.error().message;
    EXPECT_NE(std::find(states.begin(), states.end(), dump(**derived)), states.end());
  }
}

}  // namespace
}  // namespace fairlead::store
