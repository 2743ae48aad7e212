#pragma once

#include <filesystem>

#include "http/descriptor.h"

namespace fairlead::git {

/// Takes from a process and from everything that it starts, for good, the right to write anywhere but below one folder
/// and to gain rights by running a program. The first where the kernel has Landlock, the second everywhere.
class WriteGuard {
 public:
  /// Whether this kernel can keep a process from writing.
  static bool available();

  /// `folder` empty: it writes nowhere.
  explicit WriteGuard(const std::filesystem::path& folder);

  /// Between fork and exec: only system calls. False where the kernel has it and refuses all the same.
  bool apply() const;

 private:
  http::Descriptor rules_;
};

}  // namespace fairlead::git
