#pragma once

// What the spool needs of a file system: the seam at which tests put one that loses its power.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fairlead::store::spool {

/// An open file. Nothing of it survives a loss of power before `sync` has returned.
///
/// Where there is no room, writing fails with kLimit, and whoever wrote takes back what is there of it by `truncate`.
/// Every other failure of a write or a sync is kIo and leaves unknown what the file holds.
class File {
 public:
  virtual ~File() = default;
  /// All bytes from `offset` to the end, but at most `bytes_max`.
  virtual Result<std::string> read(std::uint64_t offset, std::uint64_t bytes_max) = 0;
  virtual Status write(std::uint64_t offset, std::string_view bytes) = 0;
  /// Makes the file `bytes` long with zeros at its end, so that later writes and syncs need not change its size. Does
  /// nothing where the file system has no such thing.
  virtual Status preallocate(std::uint64_t bytes) = 0;
  virtual Status truncate(std::uint64_t bytes) = 0;
  virtual Status sync() = 0;
  virtual Result<std::uint64_t> size() = 0;
};

/// A folder of files. Names that come, change and go survive a loss of power only after `sync` of the folder.
class Folder {
 public:
  virtual ~Folder() = default;
  /// For people, in messages.
  virtual std::string name_of(std::string_view file) const = 0;
  virtual Result<std::vector<std::string>> list() = 0;
  virtual Result<std::unique_ptr<File>> create(const std::string& file) = 0;  ///< kIo where it exists.
  virtual Result<std::unique_ptr<File>> open(const std::string& file) = 0;
  virtual Status remove(const std::string& file) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status sync() = 0;
};

/// `path`, made (0700) where it is missing, and that made durable.
Result<std::unique_ptr<Folder>> open_folder(const std::filesystem::path& path);

}  // namespace fairlead::store::spool
