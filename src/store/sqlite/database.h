#pragma once

// The SQLite driver: connections over the C API, prepared statements kept for reuse, and errors that say what to do.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/sql/connection.h"

namespace fairlead::store::sqlite {

using sql::Blob;
using sql::Query;

/// One connection, used by one thread at a time. Statements run at once.
class Database final : public sql::Connection {
 public:
  enum class Mode { kReadWriteCreate, kReadOnly };

  /// `advice` is what an administrator is told to do about a damaged file.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Mode mode, const std::string& vfs,
                                                std::string advice);
  ~Database() override;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs one or more statements without arguments.
  Status run_script(const std::string& sql);

  bool remote() const override { return false; }
  Status begin_write() override { return execute("BEGIN IMMEDIATE"); }
  Status begin_read() override;
  Status commit() override { return execute("COMMIT"); }
  void rollback() override { static_cast<void>(execute("ROLLBACK")); }
  Status run(std::string_view sql, std::span<const sql::Argument> arguments) override;
  std::unique_ptr<sql::Rows> open(std::string_view sql, std::span<const sql::Argument> arguments,
                                  sql::Reading reading) override;
  void open_each(std::string_view sql, std::size_t width, std::span<const sql::Argument> arguments,
                 const EachRows& take) override;
  std::vector<std::int64_t> run_each(std::string_view sql, std::size_t width,
                                     std::span<const sql::Argument> arguments) override;

  Status status() const override;
  void note(Error error) override {
    if (!error_) error_ = std::move(error);
  }
  void clear_status() override { error_.reset(); }
  std::int64_t changes() const { return sqlite3_changes64(handle_); }  ///< Of the latest statement that wrote.
  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  /// From here the caller checkpoints; SQLite does not by itself.
  void take_over_checkpoints();
  /// Pages in the WAL after the latest commit of this connection.
  int wal_pages() const { return wal_pages_; }
  /// Copies at most what is there from the WAL into the file, without waiting for anybody. Returns the pages that are
  /// left in the WAL; a writer may begin the WAL anew when there are none.
  Result<int> checkpoint();
  /// Leaves the WAL alone when the connection closes.
  void keep_wal_at_close();
  /// SQLite's extended result code of the latest failure.
  int last_failure() const { return last_failure_; }

  sqlite3* handle() { return handle_; }

 private:
  class Statement;
  class StatementRows;
  Database(sqlite3* handle, std::string path, std::string advice)
      : handle_(handle), path_(std::move(path)), advice_(std::move(advice)) {}
  static int note_wal_pages(void* self, sqlite3* handle, const char* schema, int pages);

  sqlite3_stmt* borrow(std::string_view sql);
  void give_back(std::string_view sql, sqlite3_stmt* statement);
  void remember_failure(int code);
  Error describe(int code) const;

  sqlite3* handle_;
  std::string path_;
  std::string advice_;
  std::unordered_map<std::string_view, std::vector<sqlite3_stmt*>> idle_;
  std::optional<Error> error_;
  int last_failure_ = SQLITE_OK;
  int wal_pages_ = 0;
};

}  // namespace fairlead::store::sqlite
