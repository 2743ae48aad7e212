#include "app/backup.h"

#include <fstream>

#include "app/backup_source.h"
#include "app/derived_files.h"
#include "app/new_file.h"
#include "store/backup/journal_fill.h"

namespace fairlead::app {
namespace {

namespace fs = std::filesystem;
using store::backup::BackupSummary;

constexpr std::string_view kActor = "local";
constexpr std::string_view kBegin = "restore.begin";
constexpr std::string_view kEnd = "restore.end";

/// A file that is already there is replaced only by a newer backup, never because of a mistyped name.
Status check_may_replace(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  std::string first(store::backup::kMagic.size(), '\0');
  std::ifstream(file, std::ios::binary).read(first.data(), static_cast<std::streamsize>(first.size()));
  if (fs::is_regular_file(file, ignored) && first == store::backup::kMagic) return {};
  return fail(ErrorCode::kConflict, "{} is there already and is no backup: choose another name", file.string());
}

std::string in_words(const BackupSummary& summary) {
  return fmt::format("{} deliveries, {} tokens, {} users, {} audit rows, made {} by version {}, {} bytes, sha256 {}",
                     summary.extent.deliveries(), summary.tokens, summary.users, summary.audit,
                     format_time(summary.extent.made_at), summary.extent.made_by, summary.bytes, summary.sha256);
}

Error about_file(const fs::path& file, Error error) {
  error.message = fmt::format("the backup {} cannot be used: {}", file.string(), error.message);
  return error;
}

Result<BackupSummary> read_file(BackupSource& source, const fs::path& file, store::JournalVisitor& visitor,
                                std::string what) {
  auto summary = show_with_progress(source, visitor, std::move(what));
  if (!summary) return std::unexpected(about_file(file, std::move(summary).error()));
  return summary;
}

/// Keeps the bytes of a backup while they are read, and reads them on.
class KeptSource final : public BackupSource {
 public:
  KeptSource(BackupSource& from, NewFile& file) : from_(from), file_(file) {}
  Status read(const store::backup::ByteSink& sink) override {
    return from_.read([&](std::string_view bytes) -> Status {
      RETURN_IF_ERROR(file_.write(bytes));
      return sink(bytes);
    });
  }

 private:
  BackupSource& from_;
  NewFile& file_;
};

}  // namespace

Result<std::string> back_up(const JournalAddress& from, const fs::path& file, const Clock& clock) {
  RETURN_IF_ERROR(check_may_replace(file));
  ASSIGN_OR_RETURN(const auto source, journal_source(from, clock));
  ASSIGN_OR_RETURN(NewFile out, NewFile::begin(file));
  KeptSource kept(*source, out);
  store::JournalVisitor nothing;
  // Reading what is written costs little, and only a backup that reads well gets its name.
  ASSIGN_OR_RETURN(const BackupSummary summary, show_with_progress(kept, nothing, "backup"));
  RETURN_IF_ERROR(out.commit());
  return fmt::format("{} holds {}\n", file.string(), in_words(summary));
}

Result<std::string> check_backup(const fs::path& file) {
  ASSIGN_OR_RETURN(const auto source, file_source(file));
  store::JournalVisitor nothing;
  ASSIGN_OR_RETURN(const BackupSummary summary, read_file(*source, file, nothing, "check"));
  return fmt::format("{} is whole and undamaged: {}\n", file.string(), in_words(summary));
}

Result<std::string> restore_backup(const fs::path& file, const JournalAddress& to, const Clock& clock) {
  ASSIGN_OR_RETURN(const auto source, file_source(file));
  store::JournalVisitor nothing;
  ASSIGN_OR_RETURN(const BackupSummary checked, read_file(*source, file, nothing, "check"));

  ASSIGN_OR_RETURN(const OpenJournal target, open_journal(to, DataFolder::Missing::kCreate));
  const auto mark = [&](std::string_view action) {
    return store::AuditRow{clock.now(), std::string(kActor), std::string(action), checked.sha256};
  };
  store::JournalFill fill(*target.journal, mark(kBegin));
  RETURN_IF_ERROR(fill.prepare());
  if (fill.audit_rows_before() > checked.audit) {
    return fail(ErrorCode::kConflict, "the backup {} was restored to {} before, to its end; nothing was changed",
                file.string(), to.text());
  }
  // Derived from another journal, if anything is there.
  if (target.folder) RETURN_IF_ERROR(remove_derived(target.folder->path()));
  ASSIGN_OR_RETURN(const BackupSummary restored, read_file(*source, file, fill, "restore"));
  if (restored != checked) {
    return fail(ErrorCode::kConflict, "{} was changed while it was restored: empty {} and begin again", file.string(),
                to.text());
  }
  RETURN_IF_ERROR(fill.finish());
  RETURN_IF_ERROR(target.journal->append_audit(mark(kEnd)));
  return fmt::format(
      "restored to {}: {}\nstart the server: it derives everything else from the deliveries, which takes a while\n",
      to.text(), in_words(restored));
}

}  // namespace fairlead::app
