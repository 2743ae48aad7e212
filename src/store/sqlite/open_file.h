#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/sqlite/database.h"
#include "store/sqlite/schema.h"

namespace fairlead::store::sqlite {

/// The writing connection of one of our files, created or migrated as needed, in WAL mode. `pragmas` are run first.
Result<std::unique_ptr<Database>> open_file(const std::filesystem::path& path, const std::string& vfs,
                                            const std::string& advice, const std::string& pragmas,
                                            const Schema& schema);

}  // namespace fairlead::store::sqlite
