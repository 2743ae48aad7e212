#include "store/sqlite/reader_pool.h"

namespace fairlead::store::sqlite {
namespace {

/// More idle connections than this are closed; each holds up to its page cache.
constexpr std::size_t kIdleMax = 8;

/// Readers never checkpoint: that is the writing connection's alone (design.md, Storage). A megabyte of cache suffices,
/// because the operating system's cache is behind it.
constexpr const char* kReaderPragmas =
    "PRAGMA query_only=1;PRAGMA wal_autocheckpoint=0;PRAGMA cache_size=-1024;PRAGMA temp_store=MEMORY;";

}  // namespace

Result<ReaderPool::Loan> ReaderPool::lend() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto database = std::move(idle_.back());
      idle_.pop_back();
      return Loan(shared_from_this(), std::move(database));
    }
  }
  ASSIGN_OR_RETURN(auto database, Database::open(path_, Database::Mode::kReadOnly, vfs_, advice_));
  RETURN_IF_ERROR(database->run_script(kReaderPragmas));
  return Loan(shared_from_this(), std::move(database));
}

void ReaderPool::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  idle_.clear();
}

void ReaderPool::give_back(std::unique_ptr<Database> database) {
  database->clear_status();
  const std::lock_guard lock(mutex_);
  if (!closed_ && idle_.size() < kIdleMax) idle_.push_back(std::move(database));
}

}  // namespace fairlead::store::sqlite
