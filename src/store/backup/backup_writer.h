#pragma once

#include <functional>
#include <string_view>

#include "base/hash.h"
#include "store/backup/frames.h"
#include "store/backup/journal_visitor.h"
#include "store/backup/records.h"

namespace fairlead::store::backup {

/// Takes pieces of the file, one after the other.
using ByteSink = std::function<Status(std::string_view bytes)>;

/// Writes what it is shown as a backup. Holds one frame.
class BackupWriter final : public JournalVisitor {
 public:
  explicit BackupWriter(ByteSink sink) : sink_(std::move(sink)) {}

  Status extent(const JournalExtent& extent) override;
  Status deliveries(std::span<const JournalRow> rows) override;
  Status audit(std::span<const AuditRow> rows) override;
  Status tokens(std::span<const TokenRow> rows) override;
  Status users(std::span<const UserRow> rows) override;

  /// Exactly one of these ends the file.
  Status finish();
  Status give_up(const Error& why);

 private:
  template <class Row>
  Status add(FrameKind kind, std::span<const Row> rows, std::uint64_t& count);
  Status close_full_frame();
  Status close_frame();
  Status write(std::string_view bytes);

  const ByteSink sink_;
  FramePacker packer_;
  Sha256Stream hash_;
  End end_;
  FrameKind kind_ = FrameKind::kExtent;  ///< Of the open frame.
  std::string plain_;                    ///< Its content; empty: none is open.
  std::size_t rows_ = 0;                 ///< In it.
};

/// All that `journal` holds now, as a whole backup.
Status write_backup(Journal& journal, Instant now, std::string made_by, ByteSink sink);

}  // namespace fairlead::store::backup
