#include "store/backup/backup_reader.h"

#include <algorithm>

namespace fairlead::store::backup {
namespace {

std::uint32_t format_of(std::string_view beginning) {
  std::uint32_t format = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    format |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(beginning[kMagic.size() + i])) << (8 * i);
  }
  return format;
}

}  // namespace

Status BackupReader::feed(std::string_view bytes) {
  while (true) {
    // A large piece goes through in steps, so that what waits stays about one frame.
    const std::size_t step = std::min<std::size_t>(bytes.size(), kFrameBytesUsual);
    waiting_.append(bytes.substr(0, step));
    bytes.remove_prefix(step);
    if (!begun_) RETURN_IF_ERROR(take_beginning());
    while (begun_) {
      ASSIGN_OR_RETURN(const bool taken, take_frame());
      if (!taken) break;
    }
    if (bytes.empty()) return {};
  }
}

Result<BackupSummary> BackupReader::finish() {
  if (summary_ && waiting_.empty()) return *summary_;
  const std::uint64_t end = place_ + waiting_.size();
  if (end == 0) return fail(ErrorCode::kInvalid, "it is empty, and no backup");
  return fail(ErrorCode::kCorrupt, "it ends early, at byte {}: the rest of the backup is missing", end);
}

Status BackupReader::take_beginning() {
  const std::string_view there = std::string_view(waiting_).substr(0, kMagic.size());
  if (there != kMagic.substr(0, there.size())) {
    return fail(ErrorCode::kInvalid, "it is no backup of Fairlead: its first bytes are others");
  }
  if (waiting_.size() < kBeginningBytes) return {};
  const std::uint32_t format = format_of(waiting_);
  if (format != kFormat) {
    return fail(ErrorCode::kUnsupported,
                "it says that it is a backup of format {}, and this version of Fairlead reads format {}: use the "
                "version that made it, or a newer one",
                format, kFormat);
  }
  hash_.update(std::string_view(waiting_).substr(0, kBeginningBytes));
  waiting_.erase(0, kBeginningBytes);
  place_ = kBeginningBytes;
  begun_ = true;
  return {};
}

/// False where more bytes are needed.
Result<bool> BackupReader::take_frame() {
  if (waiting_.empty()) return false;
  if (summary_) return damaged("more bytes follow behind the end");
  if (waiting_.size() < kFrameHeadBytes) return false;
  const FrameHead head = FrameHead::of(std::string_view(waiting_).substr(0, kFrameHeadBytes));
  // Before anything waits or is reserved for it: the lengths may be damaged, too.
  if (head.plain_bytes > kFrameBytesMax || head.stored_bytes > ZSTD_compressBound(kFrameBytesMax)) {
    return damaged("a frame has an impossible length");
  }
  const std::size_t size = kFrameHeadBytes + head.stored_bytes;
  if (waiting_.size() < size) return false;
  RETURN_IF_ERROR(handle(head, std::string_view(waiting_).substr(kFrameHeadBytes, head.stored_bytes)));
  if (!summary_) hash_.update(std::string_view(waiting_).substr(0, size));
  waiting_.erase(0, size);
  place_ += size;
  if (summary_) summary_->bytes = place_;
  return true;
}

Status BackupReader::handle(const FrameHead& head, std::string_view stored) {
  if (head.checksum != head.checksum_with(stored)) return damaged("a frame does not match its checksum");
  const auto plain = unpacker_.unpack(head, stored);
  if (!plain) return damaged("a frame cannot be unpacked");
  const auto kind = static_cast<FrameKind>(head.kind);
  RETURN_IF_ERROR(advance_to(kind));
  return show(kind, *plain);
}

/// Frames come in the order of their kinds. A failure may come at any time.
Status BackupReader::advance_to(FrameKind kind) {
  if (kind == FrameKind::kFailure) return {};
  if (kind < FrameKind::kExtent || kind > FrameKind::kFailure) return damaged("a frame is of no known kind");
  const bool first = kind == FrameKind::kExtent;
  const bool again = latest_ == kind && (kind == FrameKind::kExtent || kind == FrameKind::kEnd);
  if (first != !latest_.has_value() || again || (latest_ && kind < *latest_)) return damaged("a frame is out of order");
  latest_ = kind;
  return {};
}

Status BackupReader::show(FrameKind kind, std::string_view plain) {
  const auto rows = [&](auto read, std::uint64_t& count, auto visit) -> Status {
    const auto found = read(plain);
    if (!found) return damaged("a frame cannot be read");
    count += found->size();
    return (visitor_.*visit)(*found);
  };
  switch (kind) {
    case FrameKind::kExtent:
      return show_extent(plain);
    case FrameKind::kDeliveries:
      return show_deliveries(plain);
    case FrameKind::kTokens:
      return rows(tokens_in, found_.tokens, &JournalVisitor::tokens);
    case FrameKind::kUsers:
      return rows(users_in, found_.users, &JournalVisitor::users);
    case FrameKind::kAudit:
      return rows(audit_in, found_.audit, &JournalVisitor::audit);
    case FrameKind::kEnd:
      return check_end(plain);
    case FrameKind::kFailure:
      break;
  }
  wire::Reader in(plain);
  const std::string_view why = in.text();
  return fail(ErrorCode::kUnavailable, "the backup could not be taken to its end: {}", why);
}

Status BackupReader::show_extent(std::string_view plain) {
  const auto found = extent_in(plain);
  if (!found) return damaged("a frame cannot be read");
  extent_ = *found;
  found_.deliveries.assign(extent_.last_sequences.size(), 0);
  return visitor_.extent(extent_);
}

Status BackupReader::show_deliveries(std::string_view plain) {
  const auto rows = deliveries_in(plain);
  if (!rows) return damaged("a frame cannot be read");
  const JournalPosition first = rows->front().position;
  if (first.lane < lane_ || first.lane >= found_.deliveries.size() ||
      first.sequence != found_.deliveries[first.lane] + 1) {
    return damaged(fmt::format("deliveries are missing before number {} of lane {}", first.sequence, first.lane));
  }
  lane_ = first.lane;
  found_.deliveries[lane_] += rows->size();
  if (found_.deliveries[lane_] > extent_.last_sequences[lane_]) {
    return damaged(fmt::format("lane {} has more deliveries than its beginning says", lane_));
  }
  return visitor_.deliveries(*rows);
}

Status BackupReader::check_end(std::string_view plain) {
  const auto end = end_in(plain);
  if (!end) return damaged("the last frame cannot be read");
  found_.sha256 = std::string(bytes_of(hash_.finish()));
  if (found_.deliveries != extent_.last_sequences) return damaged("fewer deliveries came than its beginning says");
  if (end->sha256 != found_.sha256) return damaged("the SHA-256 over all that came is another one");
  if (*end != found_) return damaged("the counts of its end are others than what came");
  summary_ = BackupSummary{extent_, found_.tokens, found_.users, found_.audit, 0, to_hex(found_.sha256)};
  return {};
}

std::unexpected<Error> BackupReader::damaged(std::string_view what) const {
  return fail(ErrorCode::kCorrupt, "it is damaged at byte {}: {}", place_, what);
}

}  // namespace fairlead::store::backup
