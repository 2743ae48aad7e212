#pragma once

#include <filesystem>
#include <string>

#include "store/store.h"

namespace fairlead::store {

struct SqliteOptions {
  /// A registered SQLite VFS, for tests that inject faults; empty: the default one.
  std::string vfs;
  /// Pages in the journal's WAL after which it is copied into the file; 0: the usual number.
  int checkpoint_pages = 0;
  /// For tests: the index of delivery ids merges after a few deliveries already. A file keeps what it was made with.
  bool small_id_runs = false;
};

/// `directory/journal.db`, created and migrated as needed. WAL with synchronous=FULL: `append` returns after the sync.
/// A newer schema is kUnsupported, a file that is no database kCorrupt, each with what to do.
Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& directory,
                                                     const SqliteOptions& options = {});

/// `directory/NAME` (default derived.db), synchronous=NORMAL: it may lose its newest transactions with the power and
/// then goes on from its own position. Its writes are paced, so that the journal's syncs do not wait behind them.
Result<std::unique_ptr<Derived>> open_sqlite_derived(const std::filesystem::path& directory,
                                                     const SqliteOptions& options = {},
                                                     std::string_view name = "derived.db");

}  // namespace fairlead::store
