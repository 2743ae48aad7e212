#include "store/backup/backup_writer.h"

#include "store/delivery_wire.h"

namespace fairlead::store::backup {

Status BackupWriter::extent(const JournalExtent& extent) {
  end_.deliveries.assign(extent.last_sequences.size(), 0);
  RETURN_IF_ERROR(write(beginning()));
  kind_ = FrameKind::kExtent;
  wire::Writer out(plain_);
  put_extent(out, extent);
  return close_frame();
}

Status BackupWriter::deliveries(std::span<const JournalRow> rows) {
  kind_ = FrameKind::kDeliveries;
  for (const JournalRow& row : rows) {
    wire::Writer out(plain_);
    if (plain_.empty()) put_place(out, row.position);
    put_delivery(out, row.delivery);
    if (plain_.size() > kFrameBytesMax) {
      return fail(ErrorCode::kLimit, "delivery {} of lane {} is too large for a backup", row.position.sequence,
                  row.position.lane);
    }
    ++end_.deliveries.at(row.position.lane);
    RETURN_IF_ERROR(close_full_frame());
  }
  return close_frame();
}

Status BackupWriter::audit(std::span<const AuditRow> rows) {
  return add(FrameKind::kAudit, rows, end_.audit);
}

Status BackupWriter::tokens(std::span<const TokenRow> rows) {
  return add(FrameKind::kTokens, rows, end_.tokens);
}

Status BackupWriter::users(std::span<const UserRow> rows) {
  return add(FrameKind::kUsers, rows, end_.users);
}

template <class Row>
Status BackupWriter::add(FrameKind kind, std::span<const Row> rows, std::uint64_t& count) {
  kind_ = kind;
  for (const Row& row : rows) {
    wire::Writer out(plain_);
    put(out, row);
    ++count;
    RETURN_IF_ERROR(close_full_frame());
  }
  return close_frame();
}

Status BackupWriter::finish() {
  end_.sha256 = std::string(bytes_of(hash_.finish()));
  wire::Writer out(plain_);
  put_end(out, end_);
  return sink_(packer_.pack(FrameKind::kEnd, plain_));
}

Status BackupWriter::give_up(const Error& why) {
  plain_.clear();
  wire::Writer(plain_).text(why.message);
  return sink_(packer_.pack(FrameKind::kFailure, plain_));
}

/// After each row.
Status BackupWriter::close_full_frame() {
  ++rows_;
  if (plain_.size() < kFrameBytesUsual && rows_ < kFrameRowsMax) return {};
  return close_frame();
}

Status BackupWriter::close_frame() {
  if (plain_.empty()) return {};
  const Status written = write(packer_.pack(kind_, plain_));
  plain_.clear();
  rows_ = 0;
  return written;
}

Status BackupWriter::write(std::string_view bytes) {
  hash_.update(bytes);
  return sink_(bytes);
}

Status write_backup(Journal& journal, Instant now, std::string made_by, ByteSink sink) {
  ASSIGN_OR_RETURN(const JournalExtent extent, extent_of(journal, now, std::move(made_by)));
  BackupWriter writer(std::move(sink));
  const Status visited = visit_journal(journal, extent, writer);
  if (!visited) {
    // Whoever reads this shall know why it ends, if it can be told.
    static_cast<void>(writer.give_up(visited.error()));
    return visited;
  }
  return writer.finish();
}

}  // namespace fairlead::store::backup
