#include "store/spool/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace fairlead::store::spool {
namespace {

bool no_room(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

std::unexpected<Error> failure(std::string_view what, const std::string& path, int error) {
  return fail(no_room(error) ? ErrorCode::kLimit : ErrorCode::kIo, "cannot {} {}: {}", what, path,
              std::strerror(error));
}

template <class Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<std::string> read(std::uint64_t offset, std::uint64_t bytes_max) override {
    ASSIGN_OR_RETURN(const std::uint64_t bytes, size());
    if (offset >= bytes) return std::string();
    std::string out(std::min(bytes_max, bytes - offset), '\0');
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = uninterrupted(
          [&] { return ::pread(fd(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done)); });
      if (n < 0) return failure("read", path_, errno);
      if (n == 0) break;  // Somebody made it shorter.
      done += static_cast<std::size_t>(n);
    }
    out.resize(done);
    return out;
  }

  Status write(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n =
          uninterrupted([&] { return ::pwrite(fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
      if (n < 0) return failure("write", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  Status preallocate(std::uint64_t bytes) override {
    if (uninterrupted([&] { return ::fallocate(fd(), 0, 0, static_cast<off_t>(bytes)); }) == 0) return {};
    if (errno == EOPNOTSUPP || errno == ENOSYS) return {};
    return failure("make room in", path_, errno);
  }

  Status truncate(std::uint64_t bytes) override {
    if (uninterrupted([&] { return ::ftruncate(fd(), static_cast<off_t>(bytes)); }) == 0) return {};
    return failure("shorten", path_, errno);
  }

  /// Never repeated, not even after EINTR: the second call may report success for pages that are gone.
  Status sync() override {
    if (::fdatasync(fd()) == 0) return {};
    return fail(ErrorCode::kIo, "cannot sync {}: {}", path_, std::strerror(errno));
  }

  Result<std::uint64_t> size() override {
    struct stat found {};
    if (::fstat(fd(), &found) != 0) return failure("look at", path_, errno);
    return static_cast<std::uint64_t>(found.st_size);
  }

 private:
  int fd() const { return descriptor_.get(); }

  const Descriptor descriptor_;
  const std::string path_;
};

class PosixFolder final : public Folder {
 public:
  PosixFolder(Descriptor descriptor, std::filesystem::path path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  std::string name_of(std::string_view file) const override { return (path_ / file).string(); }

  Result<std::vector<std::string>> list() override {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    if (error) return fail(ErrorCode::kIo, "cannot read the folder {}: {}", path_.string(), error.message());
    return names;
  }

  Result<std::unique_ptr<File>> create(const std::string& file) override {
    return open_with(file, O_RDWR | O_CREAT | O_EXCL, "create");
  }
  Result<std::unique_ptr<File>> open(const std::string& file) override { return open_with(file, O_RDWR, "open"); }

  Status remove(const std::string& file) override {
    if (::unlinkat(descriptor_.get(), file.c_str(), 0) == 0) return {};
    return failure("remove", name_of(file), errno);
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::renameat(descriptor_.get(), from.c_str(), descriptor_.get(), to.c_str()) == 0) return {};
    return failure("rename", name_of(from), errno);
  }

  Status sync() override {
    if (::fsync(descriptor_.get()) == 0) return {};
    return fail(ErrorCode::kIo, "cannot sync the folder {}: {}", path_.string(), std::strerror(errno));
  }

 private:
  Result<std::unique_ptr<File>> open_with(const std::string& file, int flags, std::string_view what) {
    const int fd = uninterrupted(
        [&] { return ::openat(descriptor_.get(), file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR); });
    if (fd < 0) return failure(what, name_of(file), errno);
    return std::make_unique<PosixFile>(Descriptor(fd), name_of(file));
  }

  const Descriptor descriptor_;
  const std::filesystem::path path_;
};

Result<Descriptor> open_directory(const std::filesystem::path& path) {
  const int fd = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) return failure("open the folder", path.string(), errno);
  return Descriptor(fd);
}

}  // namespace

Result<std::unique_ptr<Folder>> open_folder(const std::filesystem::path& path) {
  const bool made = ::mkdir(path.c_str(), S_IRWXU) == 0;
  if (!made && errno != EEXIST) return failure("make the folder", path.string(), errno);
  ASSIGN_OR_RETURN(Descriptor descriptor, open_directory(path));
  if (made) {
    ASSIGN_OR_RETURN(const Descriptor parent, open_directory(path.has_parent_path() ? path.parent_path() : "."));
    if (::fsync(parent.get()) != 0) return failure("sync the folder above", path.string(), errno);
  }
  return std::make_unique<PosixFolder>(std::move(descriptor), path);
}

}  // namespace fairlead::store::spool
