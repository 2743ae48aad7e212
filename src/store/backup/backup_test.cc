#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/limits.h"
#include "store/backup/backup_reader.h"
#include "store/backup/backup_writer.h"
#include "store/backup/testing/journal_worlds.h"
#include "store/backup/testing/laned_journal.h"
#include "store/delivery_wire.h"
#include "store/memory/memory_store.h"

namespace fairlead::store::backup {
namespace {

using testing::HasSubstr;

struct Reading {
  Result<BackupSummary> summary;
  std::string transcript;
};

/// Reads `bytes` in pieces of `piece` bytes.
Reading read(std::string_view bytes, std::size_t piece = 1u << 20) {
  Transcript transcript;
  BackupReader reader(transcript);
  while (!bytes.empty()) {
    const std::size_t size = std::min(piece, bytes.size());
    if (const Status fed = reader.feed(bytes.substr(0, size)); !fed) {
      return {std::unexpected(fed.error()), transcript.text};
    }
    bytes.remove_prefix(size);
  }
  return {reader.finish(), transcript.text};
}

ErrorCode code_of(std::string_view bytes) {
  const Reading reading = read(bytes);
  EXPECT_FALSE(reading.summary);
  return reading.summary ? ErrorCode::kConflict : reading.summary.error().code;
}

std::string message_of(std::string_view bytes) {
  const Reading reading = read(bytes);
  EXPECT_FALSE(reading.summary);
  return reading.summary ? "" : reading.summary.error().message;
}

std::string small_backup() {
  const auto journal = make_memory_journal();
  fill_with_everything(*journal, 1, 20);
  return backup_of(*journal);
}

/// A frame as a writer of any skill would make it, with a right checksum.
std::string frame(FrameKind kind, std::string_view plain) {
  return std::string(FramePacker().pack(kind, plain));
}

std::string extent_frame(std::vector<std::uint64_t> last) {
  std::string plain;
  wire::Writer out(plain);
  put_extent(out, {Instant{5}, "x", std::move(last)});
  return frame(FrameKind::kExtent, plain);
}

std::string delivery_frame(std::uint32_t lane, std::uint64_t first, int count) {
  std::string plain;
  wire::Writer out(plain);
  put_place(out, {lane, first});
  for (int i = 0; i < count; ++i)
    put_delivery(out, Delivery{SourceName("events"), Origin("o"), std::to_string(i), {}, {}, "b"});
  return frame(FrameKind::kDeliveries, plain);
}

std::string end_frame(const std::string& before, std::vector<std::uint64_t> deliveries) {
  std::string plain;
  wire::Writer out(plain);
  put_end(out, {std::move(deliveries), 0, 0, 0, std::string(bytes_of(sha256(before)))});
  return frame(FrameKind::kEnd, plain);
}

TEST(Backup, everything_comes_back_as_it_went_in) {
  for (const std::uint32_t lanes : {1u, 3u, 16u}) {
    LanedJournal journal(lanes);
    fill_with_everything(journal, lanes, 500);
    const std::string bytes = backup_of(journal);
    const Reading reading = read(bytes);
    ASSERT_TRUE(reading.summary) << reading.summary.error().message;
    EXPECT_EQ(reading.transcript, transcript_of(journal));
    EXPECT_EQ(reading.summary->extent.deliveries(), 500u);
    EXPECT_EQ(reading.summary->extent.last_sequences.size(), lanes);
    EXPECT_EQ(reading.summary->tokens, 2u);
    EXPECT_EQ(reading.summary->users, 1u);
    EXPECT_EQ(reading.summary->audit, 3u);
    EXPECT_EQ(reading.summary->bytes, bytes.size());
  }
}

TEST(Backup, an_empty_journal_has_a_backup) {
  const auto journal = make_memory_journal();
  const Reading reading = read(backup_of(*journal));
  ASSERT_TRUE(reading.summary);
  EXPECT_EQ(reading.summary->extent.deliveries(), 0u);
}

TEST(Backup, pieces_of_any_size_read_the_same) {
  const std::string bytes = small_backup();
  const Reading whole = read(bytes);
  for (const std::size_t piece : {1, 2, 3, 7, 16, 17, 20, 21, 100}) {
    const Reading pieces = read(bytes, piece);
    ASSERT_TRUE(pieces.summary) << piece;
    EXPECT_EQ(*pieces.summary, *whole.summary);
    EXPECT_EQ(pieces.transcript, whole.transcript);
  }
}

TEST(Backup, the_largest_delivery_fits) {
  const auto journal = make_memory_journal();
  Delivery large{SourceName("github"), Origin("o"), "1", {}, {{"a", std::string(16'000, 'h')}}, {}};
  RandomRows random(3);
  large.body.resize(limits::kHookBodyBytesMax);
  for (char& c : large.body) c = static_cast<char>(random.below(256));
  Delivery small{SourceName("github"), Origin("o"), "0", {}, {}, std::string(kFrameBytesUsual - 100, 's')};
  ASSERT_TRUE(journal->append(std::vector{small, large}));
  const Reading reading = read(backup_of(*journal));
  ASSERT_TRUE(reading.summary) << reading.summary.error().message;
  EXPECT_EQ(reading.transcript, transcript_of(*journal));
}

TEST(Backup, frames_stay_small_however_many_rows_there_are) {
  const auto journal = make_memory_journal();
  for (int i = 0; i < 40'000; ++i) ASSERT_TRUE(journal->append_audit({{i}, "", "", ""}));
  const Reading reading = read(backup_of(*journal));
  ASSERT_TRUE(reading.summary) << reading.summary.error().message;
  EXPECT_EQ(reading.summary->audit, 40'000u);
}

TEST(Backup, deliveries_after_the_beginning_are_not_in_it) {
  class Appending final : public JournalVisitor {
   public:
    explicit Appending(Journal& journal) : journal_(journal) {}
    std::uint64_t seen = 0;
    Status deliveries(std::span<const JournalRow> rows) override {
      seen += rows.size();
      fill_with_everything(journal_, 9, 5'000);  // most ids are new
      return {};
    }

   private:
    Journal& journal_;
  };
  LanedJournal journal(4);
  fill_with_everything(journal, 9, 100);
  Appending visitor(journal);
  const auto extent = extent_of(journal, {}, "");
  ASSERT_TRUE(visit_journal(journal, *extent, visitor));
  EXPECT_EQ(visitor.seen, 100u);
}

TEST(Backup, every_single_bit_flip_is_refused) {
  const std::string bytes = small_backup();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(read(flipped).summary) << "bit " << bit;
  }
}

TEST(Backup, every_truncation_is_refused_and_says_where) {
  const std::string bytes = small_backup();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Reading reading = read(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(reading.summary) << size;
    if (size > 0) {
      EXPECT_EQ(reading.summary.error().code, ErrorCode::kCorrupt);
      EXPECT_THAT(reading.summary.error().message, HasSubstr(fmt::format("at byte {}:", size)));
    }
  }
}

TEST(Backup, bytes_behind_the_end_are_refused) {
  EXPECT_THAT(message_of(small_backup() + "x"), HasSubstr("behind the end"));
  EXPECT_THAT(message_of(small_backup() + small_backup()), HasSubstr("behind the end"));
}

TEST(Backup, what_is_no_backup_says_so_at_once) {
  EXPECT_EQ(code_of(""), ErrorCode::kInvalid);
  EXPECT_EQ(code_of("SQLite format 3"), ErrorCode::kInvalid);
  EXPECT_EQ(code_of(std::string(100, '\0')), ErrorCode::kInvalid);
  EXPECT_THAT(message_of("{\"a\":1}"), HasSubstr("no backup of Fairlead"));
}

TEST(Backup, a_newer_format_is_refused_with_both_numbers) {
  std::string bytes = small_backup();
  bytes[kMagic.size()] = 2;
  EXPECT_EQ(code_of(bytes), ErrorCode::kUnsupported);
  EXPECT_THAT(message_of(bytes), HasSubstr("format 2"));
  EXPECT_THAT(message_of(bytes), HasSubstr("reads format 1"));
}

TEST(Backup, whole_frames_that_are_lost_or_moved_are_noticed) {
  const std::string whole =
      beginning() + extent_frame({3, 1}) + delivery_frame(0, 1, 2) + delivery_frame(0, 3, 1) + delivery_frame(1, 1, 1);
  ASSERT_TRUE(read(whole + end_frame(whole, {3, 1})).summary);

  const auto refused = [](const std::string& frames, std::vector<std::uint64_t> counted) {
    const std::string before = beginning() + frames;
    return code_of(before + end_frame(before, std::move(counted))) == ErrorCode::kCorrupt;
  };
  const std::string extent = extent_frame({3, 1});
  EXPECT_TRUE(refused(extent + delivery_frame(0, 1, 2) + delivery_frame(1, 1, 1), {2, 1}));
  EXPECT_TRUE(refused(extent + delivery_frame(0, 1, 1) + delivery_frame(0, 3, 1) + delivery_frame(1, 1, 1), {3, 1}));
  EXPECT_TRUE(refused(extent + delivery_frame(0, 3, 1) + delivery_frame(0, 1, 2) + delivery_frame(1, 1, 1), {3, 1}));
  EXPECT_TRUE(refused(extent + delivery_frame(1, 1, 1) + delivery_frame(0, 1, 3), {3, 1}));
  EXPECT_TRUE(refused(extent + delivery_frame(0, 1, 3), {3, 0}));
  EXPECT_TRUE(refused(extent + delivery_frame(0, 1, 4) + delivery_frame(1, 1, 1), {4, 1}));
  EXPECT_TRUE(refused(extent + delivery_frame(0, 1, 3) + delivery_frame(1, 1, 1) + delivery_frame(2, 1, 1), {3, 1}));
  EXPECT_TRUE(refused(extent + extent + delivery_frame(0, 1, 3) + delivery_frame(1, 1, 1), {3, 1}));
  EXPECT_TRUE(refused(delivery_frame(0, 1, 3) + extent, {3, 1}));
}

TEST(Backup, an_end_that_counts_or_hashes_something_else_is_refused) {
  const std::string before = beginning() + extent_frame({1}) + delivery_frame(0, 1, 1);
  ASSERT_TRUE(read(before + end_frame(before, {1})).summary);
  EXPECT_THAT(message_of(before + end_frame(before, {2})), HasSubstr("counts"));
  EXPECT_THAT(message_of(before + end_frame(before + "x", {1})), HasSubstr("SHA-256"));
}

TEST(Backup, lengths_and_counts_beyond_their_limits_are_refused_before_anything_is_reserved) {
  FrameHead head{static_cast<std::uint8_t>(FrameKind::kExtent), kFrameBytesMax + 1, 10, 0};
  EXPECT_THAT(message_of(beginning() + head.text()), HasSubstr("impossible length"));
  head = {static_cast<std::uint8_t>(FrameKind::kExtent), 10, 0xFFFFFFFF, 0};
  EXPECT_THAT(message_of(beginning() + head.text()), HasSubstr("impossible length"));
  head = {static_cast<std::uint8_t>(FrameKind::kExtent), kFrameBytesMax, 10, 0};
  EXPECT_THAT(message_of(beginning() + head.text()), HasSubstr("ends early"));

  EXPECT_EQ(code_of(beginning() + extent_frame(std::vector<std::uint64_t>(kLanesMax + 1))), ErrorCode::kCorrupt);
  const auto most = static_cast<int>(kFrameRowsMax);
  const std::string full = beginning() + extent_frame({kFrameRowsMax}) + delivery_frame(0, 1, most);
  EXPECT_TRUE(read(full + end_frame(full, {kFrameRowsMax})).summary);
  EXPECT_THAT(message_of(beginning() + extent_frame({kFrameRowsMax + 1}) + delivery_frame(0, 1, most + 1)),
              HasSubstr("cannot be read"));
}

TEST(Backup, who_could_not_finish_says_why) {
  std::string bytes;
  BackupWriter writer([&](std::string_view piece) {
    bytes.append(piece);
    return Status();
  });
  ASSERT_TRUE(writer.extent({Instant{1}, "x", {5}}));
  ASSERT_TRUE(writer.give_up({ErrorCode::kCorrupt, "delivery 3 of lane 0 is damaged"}));
  EXPECT_THAT(message_of(bytes), HasSubstr("delivery 3 of lane 0 is damaged"));
}

TEST(Backup, an_error_of_the_sink_ends_the_writing) {
  const auto journal = make_memory_journal();
  fill_with_everything(*journal, 1, 20);
  int pieces = 0;
  const Status written = write_backup(*journal, {}, "x", [&](std::string_view) -> Status {
    if (++pieces == 2) return fail(ErrorCode::kIo, "no space");
    return {};
  });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "no space");
}

/// A file of format 1 stays readable for ever, and holds what it always held.
TEST(Backup, the_stored_file_of_format_1_reads_as_ever) {
  const std::string folder = FAIRLEAD_SOURCE_DIR "/src/store/backup/testdata";
  const auto content = [&](const char* name) {
    std::ifstream file(folder + "/" + name, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), {});
  };
  if (std::getenv("FAIRLEAD_REWRITE_GOLDENS") != nullptr) {
    LanedJournal journal(2);
    fill_with_everything(journal, 7, 12);
    std::ofstream(folder + "/format-1.backup", std::ios::binary) << backup_of(journal);
    std::ofstream(folder + "/format-1.txt", std::ios::binary) << transcript_of(journal);
  }
  const Reading reading = read(content("format-1.backup"));
  ASSERT_TRUE(reading.summary) << reading.summary.error().message;
  EXPECT_EQ(reading.transcript, content("format-1.txt"));
}

}  // namespace
}  // namespace fairlead::store::backup
