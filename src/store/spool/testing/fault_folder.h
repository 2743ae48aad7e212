#pragma once

// A folder in memory that can lose its power, as FaultDisk does it below SQLite, for plain files. Content survives a
// cut once its file is synced, names once the folder is; each name that came, changed or went since may survive or not,
// alone.

#include <cstdint>
#include <memory>
#include <string>

#include "store/spool/folder.h"
#include "store/testing/fault_plan.h"

namespace fairlead::store::spool {

class FaultFolder final : public FaultControls {
 public:
  /// `seed` decides what survives a cut.
  explicit FaultFolder(std::uint64_t seed);
  ~FaultFolder();

  /// What a spool opens. Files of before a `restart` are dead.
  std::unique_ptr<Folder> mount();

  enum class Swallowed { kNothing, kSyncsOfFiles, kSyncsOfTheFolder };
  /// These syncs report success and do nothing.
  void swallow(Swallowed syncs);
  /// Nothing more fits, although making room beforehand succeeds: half of a write, and then no more.
  void fill_up_during_writes();

  /// The files are what survived, and the power is back.
  void restart();

  std::uint64_t bytes() const;
  /// The content as programs see it; for tests that damage it.
  std::string& content(const std::string& file);
  std::vector<std::string> files() const;

  struct Disk;

 private:
  explicit FaultFolder(std::shared_ptr<Disk> disk);

  std::shared_ptr<Disk> disk_;
};

}  // namespace fairlead::store::spool
