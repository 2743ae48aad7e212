#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/sqlite/database.h"

namespace fairlead::store::sqlite {

/// Read-only connections to one file, made when all others are lent, kept for reuse. Thread-safe.
class ReaderPool : public std::enable_shared_from_this<ReaderPool> {
 public:
  ReaderPool(std::string path, std::string vfs, std::string advice)
      : path_(std::move(path)), vfs_(std::move(vfs)), advice_(std::move(advice)) {}

  /// A connection on loan; goes back when destroyed.
  class Loan {
   public:
    Loan(std::shared_ptr<ReaderPool> pool, std::unique_ptr<Database> database)
        : pool_(std::move(pool)), database_(std::move(database)) {}
    Loan(Loan&&) = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (database_) pool_->give_back(std::move(database_));
    }
    Database& operator*() const { return *database_; }
    Database* operator->() const { return database_.get(); }

   private:
    std::shared_ptr<ReaderPool> pool_;
    std::unique_ptr<Database> database_;
  };

  Result<Loan> lend();
  /// Closes the idle connections; those on loan close when they come back.
  void close();

 private:
  void give_back(std::unique_ptr<Database> database);

  const std::string path_;
  const std::string vfs_;
  const std::string advice_;
  std::mutex mutex_;  ///< Guards everything below.
  std::vector<std::unique_ptr<Database>> idle_;
  bool closed_ = false;
};

}  // namespace fairlead::store::sqlite
