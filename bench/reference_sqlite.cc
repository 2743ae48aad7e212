#include <fmt/format.h>
#include <sqlite3.h>
#include <xxhash.h>

#include <chrono>
#include <stdexcept>

#include "bench/references.h"
#include "bench/workload.h"

namespace fairlead::bench {

namespace {

using Clock = std::chrono::steady_clock;

void must(sqlite3* database, int code, int wanted = SQLITE_OK) {
  if (code != wanted) throw std::runtime_error(fmt::format("SQLite: {}", sqlite3_errmsg(database)));
}

class Database {
 public:
  explicit Database(const std::filesystem::path& path) {
    must(nullptr, sqlite3_open(path.c_str(), &handle_));
    must(handle_,
         sqlite3_exec(handle_,
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                      "CREATE TABLE IF NOT EXISTS event (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
                      " body BLOB NOT NULL, checksum INTEGER NOT NULL)",
                      nullptr, nullptr, nullptr));
    must(handle_,
         sqlite3_prepare_v2(handle_, "INSERT INTO event (id, body, checksum) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                            -1, &insert_, nullptr));
  }
  ~Database() {
    sqlite3_finalize(insert_);
    sqlite3_close(handle_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Outside of a transaction, so this is one commit with its sync.
  void insert(const std::string& id, const std::string& body) {
    sqlite3_bind_text(insert_, 1, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
    sqlite3_bind_blob(insert_, 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
    sqlite3_bind_int64(insert_, 3, static_cast<sqlite3_int64>(XXH3_64bits(body.data(), body.size())));
    must(handle_, sqlite3_step(insert_), SQLITE_DONE);
    must(handle_, sqlite3_reset(insert_));
  }

 private:
  sqlite3* handle_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

}  // namespace

double sqlite_events_per_second(const std::filesystem::path& folder, double seconds, std::uint64_t salt) {
  Database database(folder / "reference.db");
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration<double>(seconds);
  std::uint64_t n = 0;
  while (Clock::now() < end) {
    database.insert(fmt::format("{:x}-{}", salt, n), deployment_json(n, salt));
    ++n;
  }
  return static_cast<double>(n) / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace fairlead::bench
