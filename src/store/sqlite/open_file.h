#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/sqlite/database.h"
#include "store/sqlite/schema.h"

namespace fairlead::store::sqlite {

/// Where a file lies: a registered SQLite VFS (empty: the default one), and whether that knows folders. One in the
/// memory of a test does not.
struct FileSystem {
  std::string vfs;
  bool has_folders = true;
};

/// The writing connection of one of our files, created or migrated as needed, in WAL mode. `pragmas` are run first.
Result<std::unique_ptr<Database>> open_file(const std::filesystem::path& path, const FileSystem& system,
                                            const std::string& advice, const std::string& pragmas,
                                            const Schema& schema);

}  // namespace fairlead::store::sqlite
