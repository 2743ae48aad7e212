#pragma once

// A disk in memory that can lose its power. It stands below SQLite as a VFS with two planes: what programs see, and
// what survives a power cut. Writes reach the second plane only by a sync of their file, and names of new and removed
// files only by a sync of their folder; on a cut each sector of what was written since may survive or not, alone.
//
// A sync that fails once drops what it should have synced, as Linux does: a later sync of the same file reports success
// and yet those bytes are gone.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace fairlead::store {

class FaultDisk {
 public:
  /// `seed` decides what survives a cut.
  explicit FaultDisk(std::uint64_t seed);
  ~FaultDisk();  ///< All files must be closed.
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;

  /// For SqliteOptions::vfs.
  const std::string& vfs() const;

  enum class Swallowed { kNothing, kSyncsOfWal, kAllSyncs };
  /// Syncs report success and do nothing: the I/O of synchronous=NORMAL (no sync at a commit) and of OFF.
  void swallow(Swallowed syncs);
  /// The `count`-th change from now (1 = the next write, truncation, sync or removal) and everything after it fails.
  void cut_power_after(std::uint64_t count);
  /// The `count`-th sync (write) from now fails, once.
  void fail_sync(std::uint64_t count);
  void fail_write(std::uint64_t count);
  /// Writes that need more than this many bytes in all find the disk full.
  void limit_bytes(std::optional<std::uint64_t> bytes);
  /// Opening for writing is refused, as in a read-only folder.
  void refuse_writers(bool refuse);

  /// After a cut, with all files closed: the files are what survived, and the power is back.
  void restart();

  std::uint64_t changes() const;  ///< So far: writes, truncations, syncs, removals.
  std::uint64_t syncs() const;
  std::uint64_t bytes() const;

  struct Vfs;  ///< What SQLite sees.

 private:
  std::unique_ptr<Vfs> vfs_;
};

}  // namespace fairlead::store
