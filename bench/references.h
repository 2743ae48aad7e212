#pragma once

// What Fairlead's ingest is measured against: the same events made durable by the plainest means, and a web server that
// only sends a file.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/load_generator.h"

namespace fairlead::bench {

/// Latencies in µs, sorted, of `count` times write(bytes) + fdatasync on a file that already has its size, as a log has
/// that is reused.
std::vector<double> sync_latencies_us(const std::filesystem::path& folder, std::size_t bytes, std::size_t count);

/// Bytes per second of write + fdatasync, one body after the other appended to one file.
double synced_bytes_per_second(const std::filesystem::path& folder, const std::vector<std::string>& bodies);

/// Events per second of SQLite with one commit per event: WAL, synchronous=FULL, a unique key, a checksum.
double sqlite_events_per_second(const std::filesystem::path& folder, double seconds, std::uint64_t salt);

/// A PostgreSQL server of its own on a unix socket and with default durability, gone when destroyed.
class Postgres {
 public:
  explicit Postgres(const std::filesystem::path& folder);
  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  /// Events per second of `clients` connections that each insert and commit one event at a time: the same unique key,
  /// the same checksum.
  double events_per_second(int clients, double seconds, std::uint64_t salt);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// nginx with one worker that answers every request with the same small file: what HTTP alone costs on this machine.
class Nginx {
 public:
  explicit Nginx(const std::filesystem::path& folder);
  ~Nginx();
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  LoadResult load(LoadOptions options) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::bench
