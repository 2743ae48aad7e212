#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "http/descriptor.h"

namespace fairlead::app {

/// A file that is there as a whole or not at all: written beside its place as NAME.partial, for its owner alone, synced
/// and then renamed. Without `commit` the partial one is removed.
class NewFile {
 public:
  /// kConflict: another process writes the same file now.
  static Result<NewFile> begin(const std::filesystem::path& path);
  ~NewFile();
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;

  Status write(std::string_view bytes);
  /// After this the file is in its place, also after the power was lost.
  Status commit();

 private:
  NewFile(std::filesystem::path path, std::filesystem::path partial, http::Descriptor file)
      : path_(std::move(path)), partial_(std::move(partial)), file_(std::move(file)) {}

  std::filesystem::path path_;
  std::filesystem::path partial_;  ///< Empty once there is nothing to remove.
  http::Descriptor file_;
};

}  // namespace fairlead::app
