#include "store/sqlite/database.h"

#include <algorithm>

#include "base/check.h"

namespace fairlead::store::sqlite {
namespace {

/// How long one connection waits for another's short lock (a WAL recovery, a closing checkpoint).
constexpr int kBusyTimeoutMs = 5'000;

}  // namespace

/// A borrowed statement with its arguments bound; given back when destroyed.
class Database::Statement {
 public:
  /// `lifetime` is SQLITE_STATIC where the arguments outlive the execution.
  Statement(Database& database, std::string_view sql, std::span<const sql::Argument> arguments,
            sqlite3_destructor_type lifetime)
      : database_(database), sql_(sql), handle_(database.borrow(sql)), lifetime_(lifetime) {
    if (handle_ == nullptr) {
      code_ = database.last_failure();
      return;
    }
    int index = 0;
    for (const sql::Argument& argument : arguments) bind(++index, argument);
  }
  ~Statement() {
    if (handle_ != nullptr) database_.give_back(sql_, handle_);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  bool step() {
    if (handle_ == nullptr || code_ != SQLITE_OK) return false;
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) {
      code_ = code;
      database_.remember_failure(code);
    }
    return false;
  }
  Status status() const {
    if (code_ == SQLITE_OK) return {};
    return std::unexpected(database_.describe(code_));
  }
  sqlite3_stmt* handle() const { return handle_; }

 private:
  void bind(int index, const sql::Argument& argument) {
    // SQLite takes a null pointer for NULL, even with length 0.
    const std::string_view bytes = argument.bytes();
    const char* const data = bytes.data() == nullptr ? "" : bytes.data();
    switch (argument.kind()) {
      case sql::Argument::Kind::kNull:
        sqlite3_bind_null(handle_, index);
        break;
      case sql::Argument::Kind::kInteger:
        sqlite3_bind_int64(handle_, index, argument.integer());
        break;
      case sql::Argument::Kind::kText:
        sqlite3_bind_text64(handle_, index, data, bytes.size(), lifetime_, SQLITE_UTF8);
        break;
      case sql::Argument::Kind::kBytes:
        sqlite3_bind_blob64(handle_, index, data, bytes.size(), lifetime_);
        break;
    }
  }

  Database& database_;
  std::string_view sql_;
  sqlite3_stmt* handle_;
  sqlite3_destructor_type lifetime_;
  int code_ = SQLITE_OK;
};

class Database::StatementRows final : public sql::Rows {
 public:
  StatementRows(Database& database, std::string_view sql, std::span<const sql::Argument> arguments)
      : statement_(database, sql, arguments, SQLITE_TRANSIENT) {}

  bool next() override { return statement_.step(); }
  Status status() const override { return statement_.status(); }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_.handle(), column); }
  bool is_null(int column) const override { return sqlite3_column_type(statement_.handle(), column) == SQLITE_NULL; }
  std::string_view bytes(int column) const override {
    const void* data = sqlite3_column_blob(statement_.handle(), column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle(), column))};
  }

 private:
  Statement statement_;
};

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Mode mode, const std::string& vfs,
                                                 std::string advice) {
  const int access = mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                   vfs.empty() ? nullptr : vfs.c_str());
  if (handle == nullptr) return fail(ErrorCode::kUnavailable, "out of memory while opening {}", path);
  std::unique_ptr<Database> database(new Database(handle, path, std::move(advice)));
  if (code != SQLITE_OK) return std::unexpected(database->describe(code));
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

int Database::note_wal_pages(void* self, sqlite3*, const char*, int pages) {
  static_cast<Database*>(self)->wal_pages_ = pages;
  return SQLITE_OK;
}

void Database::take_over_checkpoints() {
  sqlite3_wal_hook(handle_, note_wal_pages, this);
}

Database::~Database() {
  for (auto& [sql, statements] : idle_) {
    for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
  }
  sqlite3_close_v2(handle_);
}

Status Database::run_script(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  remember_failure(code);
  return std::unexpected(describe(code));
}

/// The snapshot is taken by the first read, so one follows at once.
Status Database::begin_read() {
  RETURN_IF_ERROR(execute("BEGIN"));
  RETURN_IF_ERROR(integer("SELECT 1 FROM sqlite_schema LIMIT 1"));
  return {};
}

Status Database::run(std::string_view sql, std::span<const sql::Argument> arguments) {
  Statement statement(*this, sql, arguments, SQLITE_STATIC);
  statement.step();
  return statement.status();
}

std::unique_ptr<sql::Rows> Database::open(std::string_view sql, std::span<const sql::Argument> arguments,
                                          sql::Reading) {
  return std::make_unique<StatementRows>(*this, sql, arguments);
}

void Database::open_each(std::string_view sql, std::size_t width, std::span<const sql::Argument> arguments,
                         const EachRows& take) {
  for (std::size_t i = 0; i * width < arguments.size(); ++i) {
    StatementRows rows(*this, sql, arguments.subspan(i * width, width));
    take(i, rows);
  }
}

std::vector<std::int64_t> Database::run_each(std::string_view sql, std::size_t width,
                                             std::span<const sql::Argument> arguments) {
  std::vector<std::int64_t> changes;
  changes.reserve(arguments.size() / width);
  for (std::size_t i = 0; i * width < arguments.size(); ++i) {
    if (!run(sql, arguments.subspan(i * width, width))) return {};
    changes.push_back(sqlite3_changes64(handle_));
  }
  return changes;
}

Status Database::status() const {
  if (error_) return std::unexpected(*error_);
  return {};
}

Result<int> Database::checkpoint() {
  int in_wal = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_wal, &copied);
  if (code == SQLITE_OK || code == SQLITE_BUSY) return std::max(0, in_wal - copied);
  last_failure_ = code;
  return std::unexpected(describe(code));
}

void Database::keep_wal_at_close() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

sqlite3_stmt* Database::borrow(std::string_view sql) {
  auto& idle = idle_[sql];
  if (!idle.empty()) {
    sqlite3_stmt* statement = idle.back();
    idle.pop_back();
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) remember_failure(code);
  return statement;
}

void Database::give_back(std::string_view sql, sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  idle_[sql].push_back(statement);
}

void Database::remember_failure(int code) {
  last_failure_ = code;
  if (!error_) error_ = describe(code);
}

Error Database::describe(int code) const {
  const std::string reason = sqlite3_errmsg(handle_);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::kIo, fmt::format("the disk is full: cannot write {}; free some space", path_)};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // Our own statements are right, so the schema that they name was damaged.
    case SQLITE_FORMAT:
    case SQLITE_CONSTRAINT:
      return {ErrorCode::kCorrupt, fmt::format("{} is damaged ({}); {}", path_, reason, advice_)};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::kIo, fmt::format("cannot open {} for writing ({}); check that the folder exists and that this "
                                          "user may write to it and to every file in it",
                                          path_, reason)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kUnavailable, fmt::format("{} is in use by another process; stop it first", path_)};
    case SQLITE_NOMEM:
      return {ErrorCode::kUnavailable, fmt::format("out of memory while working on {}", path_)};
    case SQLITE_TOOBIG:
      return {ErrorCode::kLimit, fmt::format("a value is too big to be stored in {}", path_)};
    default:
      return {ErrorCode::kIo, fmt::format("input/output error on {} ({}, code {}); check the disk and the system log",
                                          path_, reason, code)};
  }
}

}  // namespace fairlead::store::sqlite
