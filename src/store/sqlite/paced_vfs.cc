#include "store/sqlite/paced_vfs.h"

#include <sqlite3.h>

#include <cstddef>
#include <new>

#include "base/check.h"

namespace fairlead::store::sqlite {
namespace {

constexpr const char* kName = "fairlead-paced";
constexpr int kBytesPerSync = 128 * 1024;

/// Lies behind the default VFS's own file object, in the same piece of memory, which SQLite allocates and frees.
struct Pace {
  const sqlite3_io_methods* base = nullptr;
  sqlite3_io_methods methods{};  ///< The base's, with `write` put in.
  int unsynced_bytes = 0;
};

sqlite3_vfs* default_vfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  return vfs;
}

std::size_t pace_offset() {
  constexpr std::size_t kAlignment = alignof(Pace);
  return (static_cast<std::size_t>(default_vfs()->szOsFile) + kAlignment - 1) / kAlignment * kAlignment;
}

Pace& pace_of(sqlite3_file* file) {
  return *reinterpret_cast<Pace*>(reinterpret_cast<char*>(file) + pace_offset());
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  Pace& pace = pace_of(file);
  const int code = pace.base->xWrite(file, bytes, size, offset);
  if (code != SQLITE_OK) return code;
  pace.unsynced_bytes += size;
  if (pace.unsynced_bytes < kBytesPerSync) return SQLITE_OK;
  pace.unsynced_bytes = 0;
  return pace.base->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  const int code = default_vfs()->xOpen(default_vfs(), name, file, flags, flags_out);
  if (code != SQLITE_OK || (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0) return code;
  Pace* pace = new (&pace_of(file)) Pace{file->pMethods, *file->pMethods, 0};
  pace->methods.xWrite = write;
  file->pMethods = &pace->methods;
  return code;
}

}  // namespace

const char* paced_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs copy = *default_vfs();
    copy.zName = kName;
    copy.szOsFile = static_cast<int>(pace_offset() + sizeof(Pace));
    copy.xOpen = open;
    return copy;
  }();
  static const bool registered = sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  CHECK(registered);
  return kName;
}

}  // namespace fairlead::store::sqlite
