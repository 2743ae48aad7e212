#include "store/sqlite/open_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>

namespace fairlead::store::sqlite {
namespace {

/// Puts a folder's entries on stable storage.
Status sync_folder(const std::filesystem::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (synced) return {};
  return fail(ErrorCode::kIo, "cannot sync the folder {}; check the disk and the permissions", folder.string());
}

/// A folder that was made just now could vanish with the power, and everything in it.
Status make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kIo, "cannot create the folder {} ({}); name another one or create it", folder.string(),
                error.message());
  }
  return sync_folder(std::filesystem::absolute(folder).parent_path());
}

}  // namespace

Result<std::unique_ptr<Database>> open_file(const std::filesystem::path& path, const FileSystem& system,
                                            const std::string& advice, const std::string& pragmas,
                                            const Schema& schema) {
  if (system.has_folders) RETURN_IF_ERROR(make_folder(path.parent_path()));
  ASSIGN_OR_RETURN(auto database, Database::open(path.string(), Database::Mode::kReadWriteCreate, system.vfs, advice));
  if (sqlite3_db_readonly(database->handle(), "main") == 1) {
    return fail(ErrorCode::kIo, "cannot write {}; check that this user may write to it and to its folder",
                path.string());
  }
  // Before anything is changed: a file that is not ours, or newer than us, stays as it is.
  RETURN_IF_ERROR(check_schema(*database, path.string(), schema));
  RETURN_IF_ERROR(database->run_script("PRAGMA journal_mode=WAL;" + pragmas));
  RETURN_IF_ERROR(migrate(*database, schema));
  if (system.has_folders) RETURN_IF_ERROR(sync_folder(path.parent_path()));
  return database;
}

}  // namespace fairlead::store::sqlite
