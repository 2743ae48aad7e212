#include "app/backup_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "app/control_client.h"
#include "app/data_folder.h"
#include "app/progress.h"
#include "app/version.h"
#include "http/descriptor.h"

namespace fairlead::app {
namespace {

using store::backup::BackupReader;
using store::backup::BackupSummary;
using store::backup::ByteSink;

class JournalHere final : public BackupSource {
 public:
  JournalHere(OpenJournal opened, const Clock& clock) : opened_(std::move(opened)), clock_(clock) {}
  Status read(const ByteSink& sink) override {
    return store::backup::write_backup(*opened_.journal, clock_.now(), kVersion, sink);
  }
  /// A folder is locked; a database may have replicas on it.
  bool may_be_in_use() const override { return !opened_.folder; }

 private:
  OpenJournal opened_;
  const Clock& clock_;
};

class RunningServerSource final : public BackupSource {
 public:
  explicit RunningServerSource(const std::filesystem::path& folder) : client_(folder) {}
  Status read(const ByteSink& sink) override { return client_.stream("GET", "/api/v1/admin/backup", sink); }
  bool may_be_in_use() const override { return true; }

 private:
  ControlClient client_;
};

class FileSource final : public BackupSource {
 public:
  FileSource(std::filesystem::path path, http::Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  Status read(const ByteSink& sink) override {
    if (lseek(file_.get(), 0, SEEK_SET) < 0) return unreadable();
    std::array<char, 256 * 1024> bytes;
    while (true) {
      const ssize_t size = ::read(file_.get(), bytes.data(), bytes.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return unreadable();
      if (size == 0) return {};
      RETURN_IF_ERROR(sink({bytes.data(), static_cast<std::size_t>(size)}));
    }
  }

 private:
  std::unexpected<Error> unreadable() const {
    return fail(ErrorCode::kIo, "{} cannot be read ({})", path_.string(), std::strerror(errno));
  }
  const std::filesystem::path path_;
  const http::Descriptor file_;
};

/// Passes on what it is shown and tells the terminal.
class Watched final : public store::JournalVisitor {
 public:
  Watched(store::JournalVisitor& inner, std::string what) : inner_(inner), progress_(std::move(what)) {}

  Status extent(const store::JournalExtent& extent) override {
    total_ = extent.deliveries();
    return inner_.extent(extent);
  }
  Status deliveries(std::span<const store::JournalRow> rows) override {
    RETURN_IF_ERROR(inner_.deliveries(rows));
    progress_(done_ += rows.size(), total_);
    return {};
  }
  Status audit(std::span<const store::AuditRow> rows) override { return inner_.audit(rows); }
  Status tokens(std::span<const store::TokenRow> rows) override { return inner_.tokens(rows); }
  Status users(std::span<const store::UserRow> rows) override { return inner_.users(rows); }

 private:
  store::JournalVisitor& inner_;
  Progress progress_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace

Result<std::unique_ptr<BackupSource>> journal_source(const JournalAddress& address, const Clock& clock) {
  auto opened = open_journal(address, DataFolder::Missing::kRefuse);
  if (opened) return std::make_unique<JournalHere>(std::move(*opened), clock);
  if (opened.error().code == ErrorCode::kConflict && !address.folder.empty()) {
    return std::make_unique<RunningServerSource>(address.folder);
  }
  return std::unexpected(std::move(opened).error());
}

Result<std::unique_ptr<BackupSource>> file_source(const std::filesystem::path& file) {
  http::Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) {
    return fail(ErrorCode::kIo, "{} cannot be opened ({})", file.string(), std::strerror(errno));
  }
  return std::make_unique<FileSource>(file, std::move(descriptor));
}

Result<BackupSummary> show(BackupSource& source, store::JournalVisitor& visitor) {
  BackupReader reader(visitor);
  RETURN_IF_ERROR(source.read([&reader](std::string_view bytes) { return reader.feed(bytes); }));
  return reader.finish();
}

Result<BackupSummary> show_with_progress(BackupSource& source, store::JournalVisitor& visitor, std::string what) {
  Watched watched(visitor, std::move(what));
  return show(source, watched);
}

}  // namespace fairlead::app
