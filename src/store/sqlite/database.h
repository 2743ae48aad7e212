#pragma once

// A thin layer over the SQLite C API: connections, prepared statements kept for reuse, and errors that say what to do.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/keys.h"
#include "model/names.h"

namespace fairlead::store::sqlite {

/// Bytes, as opposed to text.
struct Blob {
  std::string_view bytes;
};

class Query;

/// One connection, used by one thread at a time. The first failure of any statement is kept in `status()`, so that a
/// sequence of writes can be checked once, at its end.
class Database {
 public:
  enum class Mode { kReadWriteCreate, kReadOnly };

  /// `advice` is what an administrator is told to do about a damaged file.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Mode mode, const std::string& vfs,
                                                std::string advice);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs one or more statements without arguments.
  Status run_script(const std::string& sql);

  /// Runs one statement to its end, without rows. `sql` must live as long as the program (a literal).
  template <class... Args>
  Status execute(std::string_view sql, const Args&... args);

  /// The single integer that `sql` yields; nothing if it yields no row.
  template <class... Args>
  Result<std::optional<std::int64_t>> integer(std::string_view sql, const Args&... args);

  std::int64_t changes() const { return sqlite3_changes64(handle_); }
  Status status() const;
  /// Keeps an error that no statement reported, such as a stored value that cannot be.
  void note(Error error) {
    if (!error_) error_ = std::move(error);
  }
  void clear_status() { error_.reset(); }
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
  friend class Query;
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

/// One execution of a statement. Rows are read between `next` calls; text and blobs live until the next one.
class Query {
 public:
  /// Copies its arguments, so temporaries may be passed.
  template <class... Args>
  Query(Database& database, std::string_view sql, const Args&... args) : Query(database, sql, SQLITE_TRANSIENT) {
    bind_all(args...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Moves to the next row. False at the end and after a failure; `status()` tells which.
  bool next();
  Status status() const;

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  bool is_blob(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_BLOB; }
  std::string_view text(int column) const { return bytes(column); }
  std::string_view bytes(int column) const;
  Instant instant(int column) const { return {integer(column)}; }
  std::optional<Instant> optional_instant(int column) const;
  EntityKey key(int column) const;

  void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_, index, value); }
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::int32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::uint32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, bool value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, Instant at) { bind(index, at.ms); }
  void bind(int index, std::string_view text);
  void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
  void bind(int index, const char* text) { bind(index, std::string_view(text)); }
  void bind(int index, Blob blob);
  void bind(int index, const EntityKey& key) { bind(index, Blob{key.view()}); }
  void bind(int index, std::nullptr_t) { sqlite3_bind_null(statement_, index); }
  /// For values with a stored form of their own.
  template <class T>
  requires requires(const T& value, Query& query) { value.bind(query, 1); }
  void bind(int index, const T& value) { value.bind(*this, index); }
  template <class Tag>
  void bind(int index, const Name<Tag>& name) {
    bind(index, std::string_view(name.text));
  }
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    value ? bind(index, *value) : bind(index, nullptr);
  }

 private:
  friend class Database;
  /// `lifetime` is SQLITE_STATIC where the arguments outlive the execution.
  Query(Database& database, std::string_view sql, sqlite3_destructor_type lifetime);

  template <class... Args>
  void bind_all(const Args&... args) {
    if (statement_ == nullptr) return;
    int index = 0;
    (bind(++index, args), ...);
  }

  Database& database_;
  std::string_view sql_;
  sqlite3_stmt* statement_;
  sqlite3_destructor_type lifetime_;
  int code_ = SQLITE_OK;
};

template <class... Args>
Status Database::execute(std::string_view sql, const Args&... args) {
  Query query(*this, sql, SQLITE_STATIC);
  query.bind_all(args...);
  query.next();
  return query.status();
}

template <class... Args>
Result<std::optional<std::int64_t>> Database::integer(std::string_view sql, const Args&... args) {
  Query query(*this, sql, SQLITE_STATIC);
  query.bind_all(args...);
  if (query.next()) {
    if (query.is_null(0)) return std::nullopt;
    return query.integer(0);
  }
  RETURN_IF_ERROR(query.status());
  return std::nullopt;
}

}  // namespace fairlead::store::sqlite
