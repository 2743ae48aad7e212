#pragma once

#include <filesystem>

#include "base/result.h"
#include "http/descriptor.h"

namespace fairlead::app {

/// The folder with the databases. Whoever has one of these is the only process that may open them.
class DataFolder {
 public:
  enum class Missing { kCreate, kRefuse };

  /// Takes the folder's lock. kConflict: another process holds it; kNotFound: there is no such folder and `missing`
  /// says not to make one.
  static Result<DataFolder> hold(const std::filesystem::path& path, Missing missing);

  const std::filesystem::path& path() const { return path_; }

 private:
  DataFolder(std::filesystem::path path, http::Descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  http::Descriptor lock_;  ///< The lock ends with the descriptor, however the process ends.
};

/// The control socket of the server that holds `folder`, by a name that fits into a socket's address however long the
/// folder's own is.
class ControlSocket {
 public:
  static Result<ControlSocket> in(const std::filesystem::path& folder);
  const std::filesystem::path& path() const { return path_; }

 private:
  ControlSocket(std::filesystem::path path, http::Descriptor folder)
      : path_(std::move(path)), folder_(std::move(folder)) {}

  std::filesystem::path path_;
  http::Descriptor folder_;  ///< What the short name goes through; unused otherwise.
};

}  // namespace fairlead::app
