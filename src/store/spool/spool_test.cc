#include "store/spool/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/hash.h"
#include "store/spool/testing/spooled.h"
#include "store/testing/random_rows.h"

namespace fairlead::store::spool {
namespace {

using Outcome = Appended::Outcome;

constexpr SpoolOptions kSmallSegments{1u << 20, 100'000, 4'096};

class SpoolTest : public testing::Test {
 protected:
  std::unique_ptr<Spool> open(const SpoolOptions& options = kSmallSegments) {
    auto opened = try_open(options);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *std::move(opened) : nullptr;
  }
  Result<std::unique_ptr<Spool>> try_open(const SpoolOptions& options = kSmallSegments) {
    return Spool::open(disk_.mount(), options, random_);
  }
  /// Appends deliveries `from` to `to`, in batches of `rows`.
  static void fill(Spool& spool, std::uint64_t from, std::uint64_t to, std::size_t rows = 5) {
    while (from < to) {
      std::vector<Delivery> batch;
      while (from < to && batch.size() < rows) batch.push_back(numbered_delivery(from++));
      const auto appended = spool.append(batch);
      ASSERT_TRUE(appended) << appended.error().message;
      for (const Appended& one : *appended) ASSERT_EQ(one.outcome, Outcome::kSpooled);
    }
  }
  static Outcome append_one(Spool& spool, const Delivery& delivery) {
    const auto appended = spool.append(std::span(&delivery, 1));
    EXPECT_TRUE(appended) << appended.error().message;
    return appended ? appended->front().outcome : Outcome::kStored;
  }
  static void expect_numbered(const std::vector<Delivery>& deliveries, std::uint64_t from, std::uint64_t to) {
    ASSERT_EQ(deliveries.size(), to - from);
    for (const Delivery& delivery : deliveries) ASSERT_TRUE(same(delivery, numbered_delivery(from++))) << delivery.id;
  }

  FaultFolder disk_{1};
  SeededRandom random_{1};
};

TEST_F(SpoolTest, what_was_appended_comes_back_whole_and_in_order_also_after_a_restart) {
  for (const bool restart : {false, true}) {
    auto spool = open();
    fill(*spool, 0, 300);
    if (restart) {
      spool.reset();
      spool = open();
    }
    EXPECT_EQ(spool->stats().rows, 300u);
    EXPECT_GT(disk_.files().size(), 3u) << "segments must have been begun";
    const auto drained = drain(*spool);
    ASSERT_TRUE(drained) << drained.error().message;
    expect_numbered(*drained, 0, 300);
    EXPECT_EQ(spool->stats().rows, 0u);
    EXPECT_EQ(spool->stats().oldest, std::nullopt);
    EXPECT_LE(disk_.files().size(), 1u) << "what is delivered is removed";
  }
}

TEST_F(SpoolTest, a_delivery_that_waits_is_a_duplicate_and_another_body_a_conflict) {
  auto spool = open();
  fill(*spool, 0, 50);
  Delivery other = numbered_delivery(7);
  other.body += "!";
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(append_one(*spool, numbered_delivery(7)), Outcome::kDuplicate);
    EXPECT_EQ(append_one(*spool, other), Outcome::kConflict);
    ASSERT_TRUE(spool->find(other));
    EXPECT_EQ(spool->find(other)->outcome, Outcome::kConflict);
    EXPECT_FALSE(spool->find(numbered_delivery(50)));
    spool.reset();
    spool = open();
  }
  const std::vector batch{numbered_delivery(60), numbered_delivery(60), numbered_delivery(7)};
  const auto appended = spool->append(batch);
  ASSERT_TRUE(appended);
  EXPECT_EQ((*appended)[0].outcome, Outcome::kSpooled);
  EXPECT_EQ((*appended)[1].outcome, Outcome::kDuplicate);
  EXPECT_EQ((*appended)[2].outcome, Outcome::kDuplicate);
  EXPECT_EQ(spool->stats().rows, 51u);
}

TEST_F(SpoolTest, ids_are_forgotten_only_with_their_segment_so_a_repetition_of_what_was_delivered_is_a_duplicate) {
  auto spool = open();
  fill(*spool, 0, 20);
  auto batch = spool->next(5, 1 << 20);
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->deliveries.size(), 5u);
  ASSERT_TRUE(spool->delivered(*batch, false));
  EXPECT_EQ(append_one(*spool, numbered_delivery(0)), Outcome::kDuplicate);
  ASSERT_TRUE(drain(*spool));
  EXPECT_FALSE(spool->find(numbered_delivery(0)));
}

TEST_F(SpoolTest, what_was_not_called_delivered_comes_again) {
  auto spool = open();
  fill(*spool, 0, 100);
  for (int i = 0; i < 3; ++i) {
    const auto batch = spool->next(20, 1 << 20);
    ASSERT_TRUE(batch);
    expect_numbered(batch->deliveries, 0, 20);
  }
  spool.reset();
  spool = open();
  const auto drained = drain(*spool);
  ASSERT_TRUE(drained);
  expect_numbered(*drained, 0, 100);
}

TEST_F(SpoolTest, batches_keep_to_the_limits_but_hold_at_least_one_delivery) {
  auto spool = open({64u << 20, 100'000, 1u << 20});
  for (std::uint64_t i = 0; i < 6; ++i) EXPECT_EQ(append_one(*spool, numbered_delivery(i, 100'000)), Outcome::kSpooled);
  EXPECT_EQ(append_one(*spool, numbered_delivery(6, 3'000'000)), Outcome::kSpooled);
  std::vector<std::size_t> sizes;
  std::uint64_t at = 0;
  for (auto batch = spool->next(2, 250'000); batch && !batch->deliveries.empty(); batch = spool->next(2, 250'000)) {
    sizes.push_back(batch->deliveries.size());
    for (const Delivery& delivery : batch->deliveries) EXPECT_EQ(delivery.id, numbered_delivery(at++).id);
    ASSERT_TRUE(spool->delivered(*batch, false));
  }
  EXPECT_EQ(at, 7u);
  EXPECT_LE(*std::ranges::max_element(sizes), 2u);
  EXPECT_EQ(sizes.back(), 1u);
}

TEST_F(SpoolTest, a_batch_of_many_frames_is_one_sync) {
  auto spool = open({64u << 20, 100'000, 32u << 20});
  fill(*spool, 0, 1);
  const std::uint64_t before = disk_.syncs();
  fill(*spool, 1, 9'001, 9'000);
  EXPECT_EQ(disk_.syncs(), before + 1);
  const auto drained = drain(*spool, 1'000);
  ASSERT_TRUE(drained);
  expect_numbered(*drained, 0, 9'001);
}

TEST_F(SpoolTest, an_empty_batch_and_one_of_duplicates_write_nothing) {
  auto spool = open();
  fill(*spool, 0, 1);
  const std::uint64_t before = disk_.changes();
  EXPECT_TRUE(spool->append({}));
  EXPECT_EQ(append_one(*spool, numbered_delivery(0)), Outcome::kDuplicate);
  EXPECT_EQ(disk_.changes(), before);
}

TEST_F(SpoolTest, the_limit_of_bytes_holds_and_what_is_refused_leaves_no_trace) {
  const std::uint64_t max = 20'000;
  auto spool = open({max, 100'000, 4'096});
  std::uint64_t taken = 0;
  Result<std::vector<Appended>> appended;
  do {
    const Delivery delivery = numbered_delivery(taken, 300);
    appended = spool->append(std::span(&delivery, 1));
    if (appended) ++taken;
  } while (appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(appended.error().message.find("spool.max_bytes"), std::string::npos) << appended.error().message;
  EXPECT_LE(spool->stats().bytes, max);
  EXPECT_GT(spool->stats().bytes, max - 1'000);
  EXPECT_FALSE(spool->stats().refusing);
  EXPECT_FALSE(spool->find(numbered_delivery(taken))) << "what was refused is no duplicate later";
  EXPECT_EQ(append_one(*spool, numbered_delivery(0, 300)), Outcome::kDuplicate) << "what waits is still known";
  const auto drained = drain(*spool);
  ASSERT_TRUE(drained);
  EXPECT_EQ(drained->size(), taken);
  EXPECT_EQ(append_one(*spool, numbered_delivery(taken, 300)), Outcome::kSpooled) << "and there is room again";
}

TEST_F(SpoolTest, the_limit_of_rows_holds) {
  auto spool = open({1u << 20, 10, 4'096});
  fill(*spool, 0, 10);
  const Delivery eleventh = numbered_delivery(10);
  const auto appended = spool->append(std::span(&eleventh, 1));
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(spool->stats().rows, 10u);
}

TEST_F(SpoolTest, what_was_refused_for_good_is_kept_in_a_file_of_its_own_and_counts) {
  auto spool = open();
  fill(*spool, 0, 10);
  const auto batch = spool->next(100, 1 << 20);
  ASSERT_TRUE(batch);
  ASSERT_TRUE(spool->delivered(*batch, true));
  EXPECT_THAT(disk_.files(), testing::ElementsAre("0000000000000001.kept"));
  EXPECT_GT(spool->stats().kept_bytes, 0u);
  spool.reset();
  spool = open();
  EXPECT_EQ(spool->stats().rows, 0u);
  EXPECT_GT(spool->stats().kept_bytes, 0u);
  EXPECT_EQ(spool->stats().bytes, spool->stats().kept_bytes);
}

TEST_F(SpoolTest, the_oldest_is_the_first_that_waits) {
  auto spool = open();
  EXPECT_EQ(spool->stats().oldest, std::nullopt);
  fill(*spool, 5, 305);
  EXPECT_EQ(spool->stats().oldest, numbered_delivery(5).received_at);
  const auto batch = spool->next(20, 1 << 20);
  ASSERT_TRUE(batch && spool->delivered(*batch, false));
  ASSERT_TRUE(spool->next(20, 1 << 20));
  EXPECT_EQ(spool->stats().oldest, numbered_delivery(25).received_at);
}

// ---------------------------------------------------------------------------------------------------------------------
// Damage

class SpoolDamage : public SpoolTest {
 protected:
  void expect_damage(const std::string& file, std::string_view what) {
    const auto opened = try_open();
    ASSERT_FALSE(opened) << what;
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt) << what;
    EXPECT_NE(opened.error().message.find(file), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().message.find("byte "), std::string::npos) << opened.error().message;
  }
};

TEST_F(SpoolDamage, every_flip_and_every_cut_of_a_closed_spool_is_recognised_and_changes_no_file) {
  {
    auto spool = open();
    fill(*spool, 0, 120);
  }
  const auto files = disk_.files();
  ASSERT_GT(files.size(), 2u);
  std::mt19937_64 random(7);
  // The last file is the empty one that ends the others.
  for (std::size_t i = 0; i + 1 < files.size(); ++i) {
    std::string& content = disk_.content(files[i]);
    const std::string whole = content;
    for (int trial = 0; trial < 400; ++trial) {
      const std::size_t at = random() % whole.size();
      if (trial % 2 == 0) {
        content[at] = static_cast<char>(content[at] ^ (1 << random() % 8));
      } else {
        content.resize(at);
      }
      const std::string damaged = content;
      const auto opened = try_open();
      ASSERT_FALSE(opened) << "byte " << at << " of " << files[i] << " was changed and nobody noticed";
      ASSERT_EQ(opened.error().code, ErrorCode::kCorrupt) << opened.error().message;
      ASSERT_EQ(content, damaged);
      ASSERT_EQ(disk_.files(), files);
      content = whole;
    }
  }
  auto spool = open();
  const auto drained = drain(*spool);
  ASSERT_TRUE(drained);
  expect_numbered(*drained, 0, 120);
}

/// Without the file that a proper end leaves behind: only what was written last may have been under way.
TEST_F(SpoolDamage, after_a_crash_damage_before_the_last_frame_is_recognised) {
  auto spool = open();
  fill(*spool, 0, 15);
  ASSERT_EQ(disk_.files().size(), 1u);
  const std::string file = disk_.files().front();
  std::string& content = disk_.content(file);
  const std::string whole = content;
  const std::uint64_t end = spool->stats().bytes;
  const std::size_t last_frame = whole.rfind("FLF1", end);
  for (std::size_t at = 0; at < end; ++at) {
    content[at] = static_cast<char>(content[at] ^ 1);
    {
      const auto opened = try_open();
      if (at < last_frame) {
        ASSERT_FALSE(opened) << at;
        ASSERT_EQ(opened.error().code, ErrorCode::kCorrupt) << at;
        EXPECT_NE(opened.error().message.find(file), std::string::npos) << opened.error().message;
      } else {
        ASSERT_TRUE(opened) << at << ": " << opened.error().message;
        EXPECT_EQ((*opened)->stats().rows, 10u);
        EXPECT_GT((*opened)->stats().cut_bytes, 0u) << "it is said that something was cut";
      }
    }
    for (const std::string& made : disk_.files()) {
      if (made != file) ASSERT_TRUE(disk_.mount()->remove(made));
    }
    disk_.content(file) = whole;
  }
}

TEST_F(SpoolDamage, a_missing_file_is_named) {
  {
    auto spool = open();
    fill(*spool, 0, 200);
  }
  const std::string gone = disk_.files()[1];
  ASSERT_TRUE(disk_.mount()->remove(gone));
  expect_damage(gone, "a file in the middle");
}

TEST_F(SpoolDamage, a_newer_format_is_refused) {
  {
    auto spool = open();
    fill(*spool, 0, 3);
  }
  SegmentHeader header{1, 5, 0};
  std::string bytes = pack_header(header);
  bytes[8] = 2;
  const std::uint64_t sum = checksum64(std::string_view(bytes).substr(0, 40));
  for (int i = 0; i < 8; ++i) bytes[40 + i] = static_cast<char>(sum >> (8 * i));
  disk_.content(disk_.files()[0]).replace(0, bytes.size(), bytes);
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(opened.error().message.find("newer"), std::string::npos) << opened.error().message;
}

/// After a crash the last file may end anywhere in the frame that was being written.
TEST_F(SpoolDamage, a_torn_tail_is_cut_wherever_it_is_torn) {
  FaultFolder& disk = disk_;
  auto spool = open();
  fill(*spool, 0, 10);
  const std::string file = disk.files().back();
  const std::string before = disk.content(file).substr(0, spool->stats().bytes);
  fill(*spool, 10, 15);
  const std::string after = disk.content(file).substr(0, spool->stats().bytes);
  for (std::size_t size = before.size(); size < after.size(); ++size) {
    FaultFolder crashed(size);
    {
      auto folder = crashed.mount();
      auto copy = folder->create(file);
      ASSERT_TRUE((*copy)->write(0, after.substr(0, size)));
      if (size % 2 == 0) {
        ASSERT_TRUE((*copy)->preallocate(4'096));
      }
    }
    auto reopened = Spool::open(crashed.mount(), kSmallSegments, random_);
    ASSERT_TRUE(reopened) << size << ": " << reopened.error().message;
    const auto drained = drain(**reopened);
    ASSERT_TRUE(drained);
    // Zeros stand where the padding of the last frame would: then it is whole.
    const bool whole = size % 2 == 0 && after.find_first_not_of('\0', size) == std::string::npos;
    ASSERT_EQ(drained->size(), whole ? 15u : 10u) << size;
  }
}

/// The same bytes at another place, or of a file that was here before, are no frames.
TEST_F(SpoolDamage, a_frame_counts_only_where_it_was_written) {
  FramePacker packer;
  const Delivery delivery = numbered_delivery(1);
  const Delivery* row = &delivery;
  std::string bytes;
  packer.pack({1, 42, 0}, 48, std::span(&row, 1), bytes);
  EXPECT_TRUE(frame_at({1, 42, 0}, 48, bytes));
  EXPECT_FALSE(frame_at({1, 42, 0}, 56, bytes));
  EXPECT_FALSE(frame_at({1, 43, 0}, 48, bytes));
}

/// A batch of several frames finds the disk full after the first of them.
TEST_F(SpoolTest, a_batch_that_did_not_fit_leaves_nothing_of_itself) {
  const SpoolOptions one_segment{64u << 20, 100'000, 32u << 20};
  auto spool = open(one_segment);
  fill(*spool, 0, 10);
  std::vector<Delivery> batch;
  for (std::uint64_t i = 10; i < 10'000; ++i) batch.push_back(numbered_delivery(i));
  disk_.fill_up_during_writes();
  const auto appended = spool->append(batch);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kIo);
  // What the next server finds if this one is killed now.
  EXPECT_EQ(open(one_segment)->stats().rows, 10u);
}

// ---------------------------------------------------------------------------------------------------------------------
// The index

TEST(IdIndex, agrees_with_a_map_through_random_additions_and_removals) {
  for (std::uint64_t seed = first_seed(), end = seed + seeds(20); seed < end; ++seed) {
    SCOPED_TRACE("FAIRLEAD_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    IdIndex index;
    std::map<std::uint64_t, std::uint64_t> expected;
    const std::uint64_t keys = 1 + random() % 5'000;
    for (int i = 0; i < 20'000; ++i) {
      // Few slots, so that neighbours stand in each other's places, also around the end of the table.
      const std::uint64_t number = random() % keys;
      const IdKey key{(number % 64) * 0xFFFF'FFFF'FFFF'FFC1, number + 1};
      if (random() % 2 == 0) {
        EXPECT_EQ(index.add(key, i), expected.emplace(number, i).second);
      } else {
        index.remove(key);
        expected.erase(number);
      }
      ASSERT_EQ(index.size(), expected.size());
    }
    for (std::uint64_t number = 0; number < keys; ++number) {
      const auto at = expected.find(number);
      const auto found = index.find({(number % 64) * 0xFFFF'FFFF'FFFF'FFC1, number + 1});
      ASSERT_EQ(found, at == expected.end() ? std::nullopt : std::optional(at->second));
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Real files

TEST(SpoolFiles, a_folder_is_made_and_survives_a_restart) {
  const TemporaryFolder scratch;
  SystemRandom random;
  const auto path = scratch.path() / "spool";
  for (int round = 0; round < 3; ++round) {
    auto folder = open_folder(path);
    ASSERT_TRUE(folder) << folder.error().message;
    auto spool = Spool::open(*std::move(folder), {}, random);
    ASSERT_TRUE(spool) << spool.error().message;
    EXPECT_EQ((*spool)->stats().rows, static_cast<std::uint64_t>(round));
    const Delivery delivery = numbered_delivery(static_cast<std::uint64_t>(round), 50'000);
    ASSERT_TRUE((*spool)->append(std::span(&delivery, 1)));
  }
  EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::others_all,
            std::filesystem::perms::none);
  auto spool = Spool::open(*open_folder(path), {}, random);
  ASSERT_TRUE(spool);
  const auto drained = drain(**spool);
  ASSERT_TRUE(drained);
  ASSERT_EQ(drained->size(), 3u);
  EXPECT_TRUE(same((*drained)[2], numbered_delivery(2, 50'000)));
}

TEST(SpoolFiles, a_path_that_is_no_folder_is_an_error_that_names_it) {
  const auto folder = open_folder("/dev/null/spool");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::kIo);
  EXPECT_NE(folder.error().message.find("/dev/null/spool"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::store::spool
