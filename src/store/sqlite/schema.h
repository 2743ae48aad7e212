#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "store/sqlite/database.h"

namespace fairlead::store::sqlite {

/// One file's schema: the steps that lead to it from nothing. Step n brings version n-1 to n. Stored on disk, append
/// only: a released step never changes.
struct Schema {
  std::int32_t application_id;  ///< Tells our files, and the two kinds of them, from other databases.
  std::span<const std::string_view> steps;
};

/// A newer version is kUnsupported, a file of another kind kCorrupt. Changes nothing.
Status check_schema(Database& database, const std::string& path, const Schema& schema);

/// Brings the file to the newest version, each step in a transaction of its own together with its number, so that an
/// interrupted migration goes on where it stopped.
Status migrate(Database& database, const Schema& schema);

}  // namespace fairlead::store::sqlite
