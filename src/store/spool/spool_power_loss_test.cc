// Promises R2 to R4 for the spool: a loss of power at any change, a failed write or sync and a full disk lose nothing
// that was acknowledged, and what comes back is what was sent.

#include <gtest/gtest.h>

#include "store/spool/testing/spooled.h"
#include "store/testing/random_rows.h"

namespace fairlead::store::spool {
namespace {

constexpr SpoolOptions kSmallSegments{1u << 20, 100'000, 4'096};

/// What one server does with the spool until it fails: appends, and now and then delivers something.
class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), salts_(seed) {}

  /// Until something fails, or `steps` are done.
  void live(FaultFolder& disk, int steps) {
    auto spool = Spool::open(disk.mount(), kSmallSegments, salts_);
    for (int i = 0; spool && i < steps; ++i) {
      if (!(random_() % 4 == 0 ? deliver(**spool) : append(**spool))) return;
    }
  }

  bool append(Spool& spool) {
    std::vector<Delivery> batch;
    for (auto left = random_() % 5 + 1; left > 0; --left)
      batch.push_back(numbered_delivery(next_++, random_() % 3'000));
    for (const Delivery& delivery : batch) note(sent_, delivery);
    if (!spool.append(batch)) return false;
    for (const Delivery& delivery : batch) note(acknowledged_, delivery);
    return true;
  }

  bool deliver(Spool& spool) {
    const auto batch = spool.next(random_() % 10 + 1, 1 << 20);
    if (!batch) return false;
    for (const Delivery& delivery : batch->deliveries) note(delivered_, delivery);
    return batch->deliveries.empty() || spool.delivered(*batch, false).has_value();
  }

  /// What is wrong with what the spool holds after a restart; empty when nothing is.
  std::string complaint(FaultFolder& disk) {
    auto spool = Spool::open(disk.mount(), kSmallSegments, salts_);
    if (!spool) return spool.error().message;
    Deliveries waiting;
    while (true) {
      const auto batch = (*spool)->next(7, 1 << 20);
      if (!batch) return batch.error().message;
      if (batch->deliveries.empty()) break;
      for (const Delivery& delivery : batch->deliveries) note(waiting, delivery);
      if (Status done = (*spool)->delivered(*batch, false); !done) return done.error().message;
    }
    for (const auto& [id, delivery] : waiting) {
      if (!sent_.contains(id) || !same(sent_.at(id), delivery)) return id.second + " was never sent like this";
    }
    for (const auto& [id, delivery] : acknowledged_) {
      if (!waiting.contains(id) && !delivered_.contains(id)) return id.second + " was acknowledged and is lost";
    }
    // Delivered: the journal has it.
    for (const auto& [id, delivery] : waiting) delivered_.emplace(id, delivery);
    return {};
  }

  std::size_t acknowledged() const { return acknowledged_.size(); }

 private:
  std::mt19937_64 random_;
  SeededRandom salts_;
  std::uint64_t next_ = 0;
  Deliveries sent_;
  Deliveries acknowledged_;
  Deliveries delivered_;
};

/// Cuts the power at a random change, again and again on the same disk.
std::string after_power_cuts(std::uint64_t seed, FaultFolder::Swallowed swallowed) {
  FaultFolder disk(seed);
  std::mt19937_64 random(seed);
  Life life(seed);
  for (int cuts = 0; cuts < 4; ++cuts) {
    disk.swallow(swallowed);
    disk.cut_power_after(random() % 120 + 1);
    life.live(disk, 60);
    disk.restart();
    if (random() % 2 == 0) continue;  // The next server finds what this one left.
    if (std::string complaint = life.complaint(disk); !complaint.empty()) return complaint;
    disk.restart();
  }
  return life.complaint(disk);
}

TEST(SpoolPowerLoss, nothing_acknowledged_is_lost_wherever_the_power_goes) {
  for (std::uint64_t seed = first_seed(), end = seed + seeds(600); seed < end; ++seed) {
    ASSERT_EQ(after_power_cuts(seed, FaultFolder::Swallowed::kNothing), "") << "FAIRLEAD_SEED=" << seed;
  }
}

/// The test above can see a missing sync.
TEST(SpoolPowerLoss, without_the_syncs_of_files_or_of_the_folder_something_is_lost) {
  for (const auto swallowed : {FaultFolder::Swallowed::kSyncsOfFiles, FaultFolder::Swallowed::kSyncsOfTheFolder}) {
    int seen = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) seen += after_power_cuts(seed, swallowed).empty() ? 0 : 1;
    EXPECT_GT(seen, 5);
  }
}

/// Every write or sync of a life fails once, each in a life of its own; then a restart, with or without a cut.
void fail_each(void (FaultFolder::*fail_nth)(std::uint64_t), std::uint64_t reached_at_least) {
  std::uint64_t reached = 0;
  for (std::uint64_t nth = 1; nth < 150; ++nth) {
    SCOPED_TRACE(nth);
    FaultFolder disk(nth);
    Life life(5);
    (disk.*fail_nth)(nth);
    SeededRandom salts(nth);
    {
      auto spool = Spool::open(disk.mount(), kSmallSegments, salts);
      bool well = spool.has_value();
      for (int i = 0; well && i < 80; ++i) well = i % 4 == 3 ? life.deliver(**spool) : life.append(**spool);
      if (!well) reached = nth;
      if (!well && spool) {
        EXPECT_TRUE((*spool)->stats().refusing);
        const std::uint64_t syncs = disk.syncs();
        const Delivery delivery = numbered_delivery(1'000'000);
        const auto refused = (*spool)->append(std::span(&delivery, 1));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::kIo);
        EXPECT_NE(refused.error().message.find("restart"), std::string::npos) << refused.error().message;
        // What was acknowledged before is still delivered, and no file is touched by it.
        const auto drained = drain(**spool);
        EXPECT_TRUE(drained) << drained.error().message;
        spool->reset();
        EXPECT_EQ(disk.syncs(), syncs) << "a failed sync is never tried again";
      }
    }
    if (nth % 2 == 0) disk.restart();
    ASSERT_EQ(life.complaint(disk), "");
  }
  EXPECT_GT(reached, reached_at_least) << "every one of them must have been tried";
}

TEST(SpoolPowerLoss, after_a_failed_sync_it_takes_nothing_until_it_is_opened_again_and_nothing_is_lost) {
  fail_each(&FaultFolder::fail_sync, 60);
}

TEST(SpoolPowerLoss, after_a_failed_write_it_takes_nothing_until_it_is_opened_again_and_nothing_is_lost) {
  fail_each(&FaultFolder::fail_write, 50);
}

TEST(SpoolPowerLoss, a_full_disk_changes_nothing_and_heals_when_there_is_space) {
  for (std::uint64_t seed = first_seed(), end = seed + seeds(300); seed < end; ++seed) {
    SCOPED_TRACE("FAIRLEAD_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    FaultFolder disk(seed);
    SeededRandom salts(seed);
    Life life(seed);
    auto spool = Spool::open(disk.mount(), kSmallSegments, salts);
    ASSERT_TRUE(spool);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(life.append(**spool));
    disk.limit_bytes(disk.bytes() + random() % 20'000);
    std::uint64_t number = 1'000'000;
    Result<std::vector<Appended>> appended;
    for (appended = std::vector<Appended>(); appended;) {
      ASSERT_TRUE(appended) << appended.error().message;
      const Delivery delivery = numbered_delivery(number++, random() % 6'000);
      appended = (*spool)->append(std::span(&delivery, 1));
    }
    EXPECT_EQ(appended.error().code, ErrorCode::kIo);
    EXPECT_NE(appended.error().message.find("full"), std::string::npos) << appended.error().message;
    EXPECT_FALSE((*spool)->stats().refusing);
    EXPECT_FALSE((*spool)->find(numbered_delivery(number - 1)));
    disk.limit_bytes({});
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(life.append(**spool));
    const std::uint64_t rows = (*spool)->stats().rows;
    EXPECT_EQ(rows, life.acknowledged() + (number - 1 - 1'000'000));
    spool->reset();
    disk.restart();
    spool = Spool::open(disk.mount(), kSmallSegments, salts);
    ASSERT_TRUE(spool) << spool.error().message;
    EXPECT_EQ((*spool)->stats().rows, rows);
  }
}

}  // namespace
}  // namespace fairlead::store::spool
