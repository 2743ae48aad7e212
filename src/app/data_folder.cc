#include "app/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace fairlead::app {
namespace {

std::string reason(int error) {
  return std::strerror(error);
}

Status create_folder(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (!error && mkdir(path.c_str(), 0700) != 0) error.assign(errno, std::generic_category());
  if (!error) return {};
  return fail(ErrorCode::kIo, "the data folder {} cannot be created ({}): choose another one with --data",
              path.string(), error.message());
}

/// The process that wrote itself into the lock file, for people.
std::string holder_of(int lock) {
  char text[32] = {};
  const auto size = pread(lock, text, sizeof text - 1, 0);
  const std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  if (pid.empty() || pid.find_first_not_of("0123456789") != std::string::npos) return "another Fairlead";
  return fmt::format("another Fairlead (process {})", pid);
}

}  // namespace

Result<DataFolder> DataFolder::hold(const std::filesystem::path& path, Missing missing) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (missing == Missing::kRefuse) {
      return fail(ErrorCode::kNotFound, "there is no data folder {}: name the one that the server uses with --data",
                  path.string());
    }
    RETURN_IF_ERROR(create_folder(path));
  } else if (!S_ISDIR(info.st_mode)) {
    return fail(ErrorCode::kIo, "{} is no folder: choose another one with --data", path.string());
  }

  http::Descriptor lock(open((path / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0) {
    return fail(ErrorCode::kIo,
                "the data folder {} is not writable ({}): give it to this user, or choose another one with --data",
                path.string(), reason(errno));
  }
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return fail(ErrorCode::kConflict,
                  "{} uses the data folder {}: stop it first, or choose another folder with --data",
                  holder_of(lock.get()), path.string());
    }
    return fail(ErrorCode::kIo, "the data folder {} cannot be locked ({}): choose one on a local disk with --data",
                path.string(), reason(errno));
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(lock.get(), 0) != 0 || pwrite(lock.get(), pid.data(), pid.size(), 0) < 0) {
    return fail(ErrorCode::kIo, "the data folder {} is not writable ({}): make room, or choose another one with --data",
                path.string(), reason(errno));
  }
  return DataFolder(path, std::move(lock));
}

Result<ControlSocket> ControlSocket::in(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "control.sock";
  if (path.native().size() < sizeof(sockaddr_un::sun_path)) return ControlSocket(std::move(path), http::Descriptor());
  http::Descriptor descriptor(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0) {
    return fail(ErrorCode::kIo, "the data folder {} cannot be opened ({})", folder.string(), reason(errno));
  }
  path = fmt::format("/proc/self/fd/{}/control.sock", descriptor.get());
  return ControlSocket(std::move(path), std::move(descriptor));
}

}  // namespace fairlead::app
