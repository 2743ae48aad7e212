#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "store/backup/frames.h"
#include "store/backup/journal_visitor.h"
#include "store/backup/records.h"

namespace fairlead::store::backup {

/// What a whole and undamaged backup holds.
struct BackupSummary {
  JournalExtent extent;
  std::uint64_t tokens = 0;
  std::uint64_t users = 0;
  std::uint64_t audit = 0;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< In hex: tells one backup from every other.
  friend bool operator==(const BackupSummary&, const BackupSummary&) = default;
};

/// Reads a backup that comes in pieces of any size, from a file or a server, and shows a visitor what is in it. What it
/// shows has passed its own checks (checksum, form, order), but only `finish` says whether the whole is right: who must
/// not act on half of one reads it twice. Holds one frame. Bytes may be anything.
class BackupReader {
 public:
  explicit BackupReader(JournalVisitor& visitor) : visitor_(visitor) {}

  /// kInvalid: no backup; kUnsupported: of a newer format; kCorrupt: damaged; else what the visitor or the writer of
  /// the backup failed with. Every message about the file names the place. After an error there is nothing to go on
  /// with.
  Status feed(std::string_view bytes);
  /// After the last piece.
  Result<BackupSummary> finish();

 private:
  Status take_beginning();
  Result<bool> take_frame();
  Status handle(const FrameHead& head, std::string_view stored);
  Status show(FrameKind kind, std::string_view plain);
  Status show_extent(std::string_view plain);
  Status show_deliveries(std::string_view plain);
  Status check_end(std::string_view plain);
  Status advance_to(FrameKind kind);
  std::unexpected<Error> damaged(std::string_view what) const;

  JournalVisitor& visitor_;
  FrameUnpacker unpacker_;
  Sha256Stream hash_;
  std::string waiting_;      ///< Bytes that are not yet a whole frame.
  std::uint64_t place_ = 0;  ///< Of the first of them in the file.
  bool begun_ = false;
  std::optional<FrameKind> latest_;
  std::uint32_t lane_ = 0;  ///< Of the latest deliveries.
  JournalExtent extent_;
  End found_;  ///< Counted so far.
  std::optional<BackupSummary> summary_;
};

}  // namespace fairlead::store::backup
