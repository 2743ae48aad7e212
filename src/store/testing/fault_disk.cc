#include "store/testing/fault_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "base/check.h"

namespace fairlead::store {
namespace {

/// The WAL index that the connections to one file share, and its locks.
struct SharedMemory {
  std::vector<std::unique_ptr<std::array<char, 32'768>>> regions;
  std::array<int, SQLITE_SHM_NLOCK> holders{};  ///< Number of shared holders, or -1 for an exclusive one.
};

struct Inode {
  FaultyContent content;
  int shared_locks = 0;
  const void* reserved = nullptr;
  const void* exclusive = nullptr;
  SharedMemory memory;
};

using Folder = std::map<std::string, std::shared_ptr<Inode>>;

}  // namespace

struct FaultDisk::Vfs : FaultPlan {
  using FaultPlan::FaultPlan;

  sqlite3_vfs base{};
  std::string name;
  Folder live;  ///< Guarded by the mutex, like everything below.
  Folder durable;
  Swallowed swallowed = Swallowed::kNothing;
  bool refuses_writers = false;
  int open_files = 0;

  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [file, inode] : live) sum += inode->content.live().size();
    return sum;
  }
};

namespace {

struct File {
  sqlite3_file base;
  FaultDisk::Vfs* disk;
  std::shared_ptr<Inode>* inode;
  bool is_wal;
  bool syncs_folder;
  int lock;
  std::uint32_t shm_shared;
  std::uint32_t shm_exclusive;
};

File& file_of(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}
Inode& inode_of(sqlite3_file* file) {
  return **file_of(file).inode;
}
FaultyContent& content_of(sqlite3_file* file) {
  return inode_of(file).content;
}
FaultDisk::Vfs& disk_of(sqlite3_vfs* vfs) {
  return *static_cast<FaultDisk::Vfs*>(vfs->pAppData);
}

void unlock_memory(File& file) {
  auto& holders = (*file.inode)->memory.holders;
  for (std::size_t i = 0; i < holders.size(); ++i) {
    if (file.shm_exclusive >> i & 1) holders[i] = 0;
    if (file.shm_shared >> i & 1) --holders[i];
  }
  file.shm_exclusive = file.shm_shared = 0;
}

int set_lock(sqlite3_file* f, int level) {
  File& file = file_of(f);
  const std::lock_guard guard(file.disk->mutex);
  Inode& inode = inode_of(f);
  if (level <= file.lock) return SQLITE_OK;
  if (level == SQLITE_LOCK_SHARED) {
    if (inode.exclusive != nullptr) return SQLITE_BUSY;
    ++inode.shared_locks;
  } else if (level == SQLITE_LOCK_RESERVED) {
    if (inode.reserved != nullptr) return SQLITE_BUSY;
    inode.reserved = f;
  } else {
    if (inode.exclusive != nullptr || (inode.reserved != nullptr && inode.reserved != f)) return SQLITE_BUSY;
    if (inode.shared_locks > 1) return SQLITE_BUSY;
    inode.reserved = inode.exclusive = f;
  }
  file.lock = level;
  return SQLITE_OK;
}

void clear_lock(File& file, int level) {
  Inode& inode = **file.inode;
  const void* self = &file.base;
  if (level >= file.lock) return;
  if (inode.exclusive == self) inode.exclusive = nullptr;
  if (inode.reserved == self && level < SQLITE_LOCK_RESERVED) inode.reserved = nullptr;
  if (level == SQLITE_LOCK_NONE && file.lock >= SQLITE_LOCK_SHARED) --inode.shared_locks;
  file.lock = level;
}

int close_file(sqlite3_file* f) {
  File& file = file_of(f);
  FaultDisk::Vfs& disk = *file.disk;
  const std::lock_guard guard(disk.mutex);
  unlock_memory(file);
  clear_lock(file, SQLITE_LOCK_NONE);
  delete file.inode;
  --disk.open_files;
  return SQLITE_OK;
}

int read_file(sqlite3_file* f, void* out, int amount, sqlite3_int64 offset) {
  FaultDisk::Vfs& disk = *file_of(f).disk;
  const std::lock_guard guard(disk.mutex);
  if (!disk.power) return SQLITE_IOERR_READ;
  const std::string& live = content_of(f).live();
  const auto size = static_cast<std::size_t>(amount);
  const auto start = std::min<std::size_t>(static_cast<std::size_t>(offset), live.size());
  const auto there = std::min(size, live.size() - start);
  std::memcpy(out, live.data() + start, there);
  std::memset(static_cast<char*>(out) + there, 0, size - there);
  return there == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* f, const void* bytes, int amount, sqlite3_int64 at) {
  FaultDisk::Vfs& disk = *file_of(f).disk;
  const std::lock_guard guard(disk.mutex);
  FaultyContent& content = content_of(f);
  const auto offset = static_cast<std::uint64_t>(at);
  std::string written(static_cast<const char*>(bytes), static_cast<std::size_t>(amount));
  const bool powered_before = disk.power;
  if (!disk.change()) {
    if (powered_before) content.write_while_cut(offset, std::move(written));
    return SQLITE_IOERR_WRITE;
  }
  if (disk.write_fails()) return SQLITE_IOERR_WRITE;
  const std::uint64_t end = offset + written.size();
  const std::uint64_t grows = end > content.live().size() ? end - content.live().size() : 0;
  if (disk.bytes_max && grows > 0 && disk.bytes() + grows > *disk.bytes_max) return SQLITE_FULL;
  content.write(offset, std::move(written));
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  FaultDisk::Vfs& disk = *file_of(f).disk;
  const std::lock_guard guard(disk.mutex);
  if (!disk.change()) return SQLITE_IOERR_TRUNCATE;
  content_of(f).resize(static_cast<std::uint64_t>(size));
  return SQLITE_OK;
}

int sync_file(sqlite3_file* f, int) {
  File& file = file_of(f);
  FaultDisk::Vfs& disk = *file.disk;
  const std::lock_guard guard(disk.mutex);
  FaultyContent& content = content_of(f);
  if (!disk.change()) return SQLITE_IOERR_FSYNC;
  ++disk.syncs;
  if (disk.swallowed == FaultDisk::Swallowed::kAllSyncs) return SQLITE_OK;
  if (disk.swallowed == FaultDisk::Swallowed::kSyncsOfWal && file.is_wal) return SQLITE_OK;
  if (disk.sync_fails()) {
    content.sync_in_vain();
    return SQLITE_IOERR_FSYNC;
  }
  content.sync();
  // As SQLite's own VFS does it: the first sync of a new WAL or rollback journal syncs the folder, too.
  if (file.syncs_folder) disk.durable = disk.live;
  file.syncs_folder = false;
  return SQLITE_OK;
}

int file_size(sqlite3_file* f, sqlite3_int64* size) {
  const std::lock_guard guard(file_of(f).disk->mutex);
  *size = static_cast<sqlite3_int64>(content_of(f).live().size());
  return SQLITE_OK;
}

int unlock_file(sqlite3_file* f, int level) {
  const std::lock_guard guard(file_of(f).disk->mutex);
  clear_lock(file_of(f), level);
  return SQLITE_OK;
}

int check_reserved(sqlite3_file* f, int* is_reserved) {
  const std::lock_guard guard(file_of(f).disk->mutex);
  *is_reserved = inode_of(f).reserved != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file*) {
  return 4096;
}
/// As SQLite's own VFS says by default: a torn write damages nothing beside itself.
int device_characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int map_memory(sqlite3_file* f, int region, int bytes, int extend, void volatile** out) {
  const std::lock_guard guard(file_of(f).disk->mutex);
  auto& regions = inode_of(f).memory.regions;
  const auto index = static_cast<std::size_t>(region);
  CHECK(bytes == 32'768);
  *out = nullptr;
  if (index >= regions.size() && extend == 0) return SQLITE_OK;
  while (index >= regions.size()) regions.push_back(std::make_unique<std::array<char, 32'768>>());
  *out = regions[index]->data();
  return SQLITE_OK;
}

int lock_memory(sqlite3_file* f, int offset, int count, int flags) {
  File& file = file_of(f);
  const std::lock_guard guard(file.disk->mutex);
  auto& holders = inode_of(f).memory.holders;
  const auto first = static_cast<std::size_t>(offset), end = static_cast<std::size_t>(offset + count);
  const auto mask = static_cast<std::uint32_t>((1u << end) - (1u << first));
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    for (std::size_t i = first; i < end; ++i) {
      if (file.shm_exclusive >> i & 1) holders[i] = 0;
      if (file.shm_shared >> i & 1) --holders[i];
    }
    file.shm_exclusive &= ~mask;
    file.shm_shared &= ~mask;
    return SQLITE_OK;
  }
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  for (std::size_t i = first; i < end; ++i) {
    if (exclusive ? holders[i] != 0 : holders[i] < 0) return SQLITE_BUSY;
  }
  for (std::size_t i = first; i < end; ++i) holders[i] = exclusive ? -1 : holders[i] + 1;
  (exclusive ? file.shm_exclusive : file.shm_shared) |= mask;
  return SQLITE_OK;
}

void memory_barrier(sqlite3_file* f) {
  const std::lock_guard guard(file_of(f).disk->mutex);
}

int unmap_memory(sqlite3_file* f, int remove) {
  const std::lock_guard guard(file_of(f).disk->mutex);
  unlock_memory(file_of(f));
  if (remove != 0) inode_of(f).memory = {};
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = {2,
                                         close_file,
                                         read_file,
                                         write_file,
                                         truncate_file,
                                         sync_file,
                                         file_size,
                                         set_lock,
                                         unlock_file,
                                         check_reserved,
                                         file_control,
                                         sector_size,
                                         device_characteristics,
                                         map_memory,
                                         lock_memory,
                                         memory_barrier,
                                         unmap_memory,
                                         nullptr,
                                         nullptr};

int open_file(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* f, int flags, int* flags_out) {
  FaultDisk::Vfs& disk = disk_of(vfs);
  const std::lock_guard guard(disk.mutex);
  f->pMethods = nullptr;
  const std::string path = name != nullptr ? name : "temporary";
  if (!disk.power) return SQLITE_CANTOPEN;
  if (disk.refuses_writers && (flags & SQLITE_OPEN_READWRITE) != 0) return SQLITE_CANTOPEN;
  auto at = disk.live.find(path);
  const bool is_new = at == disk.live.end();
  if (is_new) {
    if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    at = disk.live.emplace(path, std::make_shared<Inode>()).first;
  }
  File& file = file_of(f);
  const int logs = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
  file = File{{&kMethods},
              &disk,
              new std::shared_ptr<Inode>(at->second),
              (flags & SQLITE_OPEN_WAL) != 0,
              is_new && (flags & logs) != 0,
              SQLITE_LOCK_NONE,
              0,
              0};
  ++disk.open_files;
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  FaultDisk::Vfs& disk = disk_of(vfs);
  const std::lock_guard guard(disk.mutex);
  if (!disk.change()) return SQLITE_IOERR_DELETE;
  if (disk.live.erase(name) == 0) return SQLITE_IOERR_DELETE_NOENT;
  if (sync_folder != 0 && disk.swallowed != FaultDisk::Swallowed::kAllSyncs) disk.durable = disk.live;
  return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* name, int, int* there) {
  FaultDisk::Vfs& disk = disk_of(vfs);
  const std::lock_guard guard(disk.mutex);
  const auto at = disk.live.find(name);
  *there = at != disk.live.end() && !at->second->content.live().empty() ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

}  // namespace

FaultDisk::FaultDisk(std::uint64_t seed) : FaultDisk(std::make_unique<Vfs>(seed)) {}

FaultDisk::FaultDisk(std::unique_ptr<Vfs> its_vfs) : FaultControls(*its_vfs), vfs_(std::move(its_vfs)) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  CHECK(system != nullptr);
  Vfs& vfs = *vfs_;
  vfs.name = "fault-" + std::to_string(reinterpret_cast<std::uintptr_t>(&vfs));
  vfs.base = *system;
  vfs.base.pNext = nullptr;
  vfs.base.iVersion = 1;
  vfs.base.szOsFile = sizeof(File);
  vfs.base.zName = vfs.name.c_str();
  vfs.base.pAppData = &vfs;
  vfs.base.xOpen = open_file;
  vfs.base.xDelete = delete_file;
  vfs.base.xAccess = access_file;
  vfs.base.xFullPathname = full_path;
  CHECK(sqlite3_vfs_register(&vfs.base, 0) == SQLITE_OK);
}

FaultDisk::~FaultDisk() {
  CHECK(vfs_->open_files == 0);
  sqlite3_vfs_unregister(&vfs_->base);
}

const std::string& FaultDisk::vfs() const {
  return vfs_->name;
}

void FaultDisk::swallow(Swallowed syncs) {
  const std::lock_guard guard(vfs_->mutex);
  vfs_->swallowed = syncs;
}

void FaultDisk::refuse_writers(bool refuse) {
  const std::lock_guard guard(vfs_->mutex);
  vfs_->refuses_writers = refuse;
}

void FaultDisk::restart() {
  Vfs& vfs = *vfs_;
  const std::lock_guard guard(vfs.mutex);
  CHECK(vfs.open_files == 0);
  const unsigned percent = std::array{0u, 50u, 90u, 100u}[vfs.random() % 4];
  // Names that were made or removed since the folder's last sync may be there or not.
  Folder folder = vfs.durable;
  for (const auto& [name, inode] : vfs.live) {
    if (vfs.random() % 2 == 0) folder.insert_or_assign(name, inode);
  }
  for (const auto& [name, inode] : vfs.durable) {
    if (!vfs.live.contains(name) && vfs.random() % 2 == 0) folder.erase(name);
  }
  for (auto& [name, inode] : folder) {
    auto left = std::make_shared<Inode>();
    left->content = FaultyContent(inode->content.survived(vfs.random, percent));
    inode = std::move(left);
  }
  vfs.live = vfs.durable = std::move(folder);
  vfs.restore_power();
}

std::uint64_t FaultDisk::bytes() const {
  const std::lock_guard guard(vfs_->mutex);
  return vfs_->bytes();
}

}  // namespace fairlead::store
