#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/result.h"

namespace fairlead::api {

struct DiskSpace {
  std::uint64_t free_bytes = 0;  ///< For this user.
  std::uint64_t total_bytes = 0;
  std::uint64_t free_files = 0;
  std::uint64_t total_files = 0;  ///< 0: the file system does not count them.
  bool read_only = false;
};

/// How much of something with a limit is used.
struct Usage {
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
};

Result<DiskSpace> disk_space(const std::filesystem::path& folder);

/// Open file descriptors of this process; nothing where the system does not tell.
std::optional<Usage> open_descriptors();

/// Resident memory of this process, and the least of what its control group, its own limit and the machine allow.
std::optional<Usage> memory();

}  // namespace fairlead::api
