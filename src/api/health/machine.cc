#include "api/health/machine.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string>

namespace fairlead::api {
namespace {

/// The number at the beginning of a file; nothing where there is none (`max`).
std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  if (!(file >> number)) return std::nullopt;
  return number;
}

/// The control group of this process in version 2 of the hierarchy.
std::optional<std::uint64_t> group_memory_max() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::/")) continue;
    std::optional<std::uint64_t> least;
    // A limit of any group above counts, too.
    for (std::filesystem::path group = line.substr(4);; group = group.parent_path()) {
      if (const auto max = number_in(std::filesystem::path("/sys/fs/cgroup") / group / "memory.max")) {
        least = std::min(least.value_or(*max), *max);
      }
      if (group.empty()) return least;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<DiskSpace> disk_space(const std::filesystem::path& folder) {
  struct statvfs info {};
  if (statvfs(folder.c_str(), &info) != 0) {
    return fail(ErrorCode::kIo, "the file system of {} cannot be asked ({})", folder.string(), std::strerror(errno));
  }
  return DiskSpace{static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize,
                   static_cast<std::uint64_t>(info.f_blocks) * info.f_frsize, info.f_favail, info.f_files,
                   (info.f_flag & ST_RDONLY) != 0};
}

std::optional<Usage> open_descriptors() {
  rlimit limit{};
  DIR* const folder = opendir("/proc/self/fd");
  if (folder == nullptr || getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    if (folder != nullptr) closedir(folder);
    return std::nullopt;
  }
  std::uint64_t entries = 0;
  while (readdir(folder) != nullptr) ++entries;
  closedir(folder);
  return Usage{entries - std::min<std::uint64_t>(entries, 3), limit.rlim_cur};  // `.`, `..` and the folder itself
}

std::optional<Usage> memory() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t virtual_pages = 0, resident_pages = 0;
  if (!(file >> virtual_pages >> resident_pages)) return std::nullopt;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  Usage usage{resident_pages * page, static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page};
  if (const auto group = group_memory_max()) usage.limit = std::min(usage.limit, *group);
  rlimit own{};
  if (getrlimit(RLIMIT_AS, &own) == 0 && own.rlim_cur != RLIM_INFINITY) {
    usage.limit = std::min<std::uint64_t>(usage.limit, own.rlim_cur);
  }
  return usage;
}

}  // namespace fairlead::api
