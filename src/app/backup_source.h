#pragma once

#include <filesystem>
#include <memory>

#include "app/journal_address.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/backup/backup_reader.h"
#include "store/backup/backup_writer.h"

namespace fairlead::app {

/// Whoever can give all that a journal holds, as the bytes of a backup. May be read more than once; a journal in use
/// has grown by then.
class BackupSource {
 public:
  virtual ~BackupSource() = default;
  virtual Status read(const store::backup::ByteSink& sink) = 0;
  /// Somebody may go on writing there.
  virtual bool may_be_in_use() const { return false; }
};

/// A journal: opened here, or where a server holds its data folder, read through that server's control socket.
Result<std::unique_ptr<BackupSource>> journal_source(const JournalAddress& address, const Clock& clock);

/// A backup file. Errors name it.
Result<std::unique_ptr<BackupSource>> file_source(const std::filesystem::path& file);

/// Shows `visitor` what the source holds, and returns what that was once the whole of it proved right.
Result<store::backup::BackupSummary> show(BackupSource& source, store::JournalVisitor& visitor);

/// The same, with a line on the terminal that says how far it is: `what` and the deliveries so far.
Result<store::backup::BackupSummary> show_with_progress(BackupSource& source, store::JournalVisitor& visitor,
                                                        std::string what);

}  // namespace fairlead::app
