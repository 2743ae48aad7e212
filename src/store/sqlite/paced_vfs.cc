#include "store/sqlite/paced_vfs.h"

#include <sqlite3.h>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <new>

#include "base/check.h"

namespace fairlead::store::sqlite {
namespace {

constexpr int kBytesPerSync = 128 * 1024;

/// A file's methods: those of the base, with `write` put in. Lies behind the base's own file object, in the same piece
/// of memory, which SQLite allocates and frees.
struct Pace : sqlite3_io_methods {
  explicit Pace(const sqlite3_io_methods& methods);

  const sqlite3_io_methods& base;
  int unsynced_bytes = 0;
};

/// Everything but `open` is the base's, which takes its own data from `pAppData`.
struct PacedVfs : sqlite3_vfs {
  PacedVfs(sqlite3_vfs& vfs, std::string own_name);

  sqlite3_vfs& base;
  const std::string name;
};

/// Where the pace of a file begins: after the base's object.
std::size_t pace_offset(const sqlite3_vfs& base) {
  return (static_cast<std::size_t>(base.szOsFile) + alignof(Pace) - 1) / alignof(Pace) * alignof(Pace);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  Pace& pace = *static_cast<Pace*>(const_cast<sqlite3_io_methods*>(file->pMethods));
  const int code = pace.base.xWrite(file, bytes, size, offset);
  if (code != SQLITE_OK) return code;
  pace.unsynced_bytes += size;
  if (pace.unsynced_bytes < kBytesPerSync) return SQLITE_OK;
  pace.unsynced_bytes = 0;
  return pace.base.xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  sqlite3_vfs& base = static_cast<PacedVfs*>(vfs)->base;
  const int code = base.xOpen(&base, name, file, flags, flags_out);
  if (code != SQLITE_OK || (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0) return code;
  file->pMethods = new (reinterpret_cast<char*>(file) + pace_offset(base)) Pace(*file->pMethods);
  return code;
}

Pace::Pace(const sqlite3_io_methods& methods) : sqlite3_io_methods(methods), base(methods) {
  xWrite = write;
}

PacedVfs::PacedVfs(sqlite3_vfs& vfs, std::string own_name) : sqlite3_vfs(vfs), base(vfs), name(std::move(own_name)) {
  zName = name.c_str();
  szOsFile = static_cast<int>(pace_offset(vfs) + sizeof(Pace));
  xOpen = open;
  CHECK(sqlite3_vfs_register(this, 0) == SQLITE_OK);
}

}  // namespace

std::string paced_vfs(const std::string& base) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<PacedVfs>> registered;
  const std::lock_guard lock(mutex);
  std::unique_ptr<PacedVfs>& vfs = registered[base];
  if (!vfs) {
    sqlite3_vfs* found = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
    CHECK(found != nullptr);
    vfs = std::make_unique<PacedVfs>(*found, "paced-" + base);
  }
  return vfs->name;
}

}  // namespace fairlead::store::sqlite
