#pragma once

// A disk in memory that can lose its power. It stands below SQLite as a VFS. Writes survive a cut once their file is
// synced, names of new and removed files once their folder is; what was written since may survive in part.

#include <cstdint>
#include <memory>
#include <string>

#include "store/testing/fault_plan.h"

namespace fairlead::store {

class FaultDisk final : public FaultControls {
 public:
  /// `seed` decides what survives a cut.
  explicit FaultDisk(std::uint64_t seed);
  ~FaultDisk();  ///< All files must be closed.

  /// For SqliteOptions::vfs.
  const std::string& vfs() const;

  enum class Swallowed { kNothing, kSyncsOfWal, kAllSyncs };
  /// Syncs report success and do nothing: the I/O of synchronous=NORMAL (no sync at a commit) and of OFF.
  void swallow(Swallowed syncs);
  /// Opening for writing is refused, as in a read-only folder.
  void refuse_writers(bool refuse);

  /// After a cut, with all files closed: the files are what survived, and the power is back.
  void restart();

  std::uint64_t bytes() const;

  struct Vfs;  ///< What SQLite sees.

 private:
  explicit FaultDisk(std::unique_ptr<Vfs> vfs);

  std::unique_ptr<Vfs> vfs_;
};

}  // namespace fairlead::store
