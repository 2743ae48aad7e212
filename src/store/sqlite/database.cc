#include "store/sqlite/database.h"

#include <algorithm>

#include "base/check.h"

namespace fairlead::store::sqlite {
namespace {

/// How long one connection waits for another's short lock (a WAL recovery, a closing checkpoint).
constexpr int kBusyTimeoutMs = 5'000;

}  // namespace

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

Query::Query(Database& database, std::string_view sql, sqlite3_destructor_type lifetime)
    : database_(database), sql_(sql), statement_(database.borrow(sql)), lifetime_(lifetime) {
  if (statement_ == nullptr) code_ = database.last_failure();
}

Query::~Query() {
  if (statement_ != nullptr) database_.give_back(sql_, statement_);
}

bool Query::next() {
  if (statement_ == nullptr || code_ != SQLITE_OK) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    code_ = code;
    database_.remember_failure(code);
  }
  return false;
}

Status Query::status() const {
  if (code_ == SQLITE_OK) return {};
  return std::unexpected(database_.describe(code_));
}

std::string_view Query::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::optional<Instant> Query::optional_instant(int column) const {
  if (is_null(column)) return std::nullopt;
  return instant(column);
}

EntityKey Query::key(int column) const {
  EntityKey key;
  const std::string_view stored = bytes(column);
  std::copy_n(stored.begin(), std::min(stored.size(), key.bytes.size()), key.bytes.begin());
  return key;
}

// SQLite takes a null pointer for NULL, even with length 0.
void Query::bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_, index, text.data() == nullptr ? "" : text.data(), text.size(), lifetime_,
                      SQLITE_UTF8);
}

void Query::bind(int index, Blob blob) {
  sqlite3_bind_blob64(statement_, index, blob.bytes.data() == nullptr ? "" : blob.bytes.data(), blob.bytes.size(),
                      lifetime_);
}

}  // namespace fairlead::store::sqlite
