#pragma once

// A folder in memory that can lose its power, as FaultDisk does it below SQLite, for plain files: two planes, what
// programs see and what survives a cut. Content reaches the second plane only by a sync of its file, names only by a
// sync of the folder; on a cut each sector of what was written since, and each name that came, changed or went, may
// survive or not, alone.
//
// A sync that fails once drops what it should have synced, as Linux does.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "store/spool/folder.h"

namespace fairlead::store::spool {

class FaultFolder {
 public:
  /// `seed` decides what survives a cut.
  explicit FaultFolder(std::uint64_t seed);
  ~FaultFolder();
  FaultFolder(const FaultFolder&) = delete;
  FaultFolder& operator=(const FaultFolder&) = delete;

  /// What a spool opens. Files of before a `restart` are dead.
  std::unique_ptr<Folder> mount();

  enum class Swallowed { kNothing, kSyncsOfFiles, kSyncsOfTheFolder };
  /// These syncs report success and do nothing.
  void swallow(Swallowed syncs);
  /// The `count`-th change from now (1 = the next write, truncation, sync, creation, removal) and all after it fail.
  void cut_power_after(std::uint64_t count);
  /// The `count`-th sync (write) from now fails, once.
  void fail_sync(std::uint64_t count);
  void fail_write(std::uint64_t count);
  /// What would need more than this many bytes in all finds the disk full.
  void limit_bytes(std::optional<std::uint64_t> bytes);

  /// Nothing more fits, although making room beforehand succeeds: half of a write, and then no more.
  void fill_up_during_writes();

  /// The files are what survived, and the power is back.
  void restart();

  std::uint64_t changes() const;
  std::uint64_t syncs() const;
  std::uint64_t bytes() const;
  /// The content as programs see it; for tests that damage it.
  std::string& content(const std::string& file);
  std::vector<std::string> files() const;

  struct Disk;

 private:
  std::shared_ptr<Disk> disk_;
};

}  // namespace fairlead::store::spool
