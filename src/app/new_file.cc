#include "app/new_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace fairlead::app {
namespace {

std::unexpected<Error> failed(const std::filesystem::path& path, std::string_view what) {
  return fail(ErrorCode::kIo, "{} cannot be {} ({})", path.string(), what, std::strerror(errno));
}

}  // namespace

Result<NewFile> NewFile::begin(const std::filesystem::path& path) {
  const std::filesystem::path partial = path.string() + ".partial";
  // What an earlier run left is written over; what one writes now is not.
  http::Descriptor file(open(partial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return failed(partial, "written");
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::kConflict, "{} is being written by another process", partial.string());
  }
  if (fchmod(file.get(), 0600) != 0 || ftruncate(file.get(), 0) != 0) return failed(partial, "written");
  return NewFile(path, partial, std::move(file));
}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)), partial_(std::exchange(other.partial_, {})), file_(std::move(other.file_)) {}

NewFile::~NewFile() {
  if (!partial_.empty()) unlink(partial_.c_str());
}

Status NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(partial_, "written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status NewFile::commit() {
  if (fsync(file_.get()) != 0) return failed(partial_, "synced");
  std::filesystem::path folder = path_.parent_path();
  if (folder.empty()) folder = ".";
  const http::Descriptor directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return failed(folder, "opened");
  if (rename(partial_.c_str(), path_.c_str()) != 0) return failed(path_, "put in its place");
  partial_.clear();
  if (fsync(directory.get()) != 0) return failed(folder, "synced");
  return {};
}

}  // namespace fairlead::app
