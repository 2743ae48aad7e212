#pragma once

// The tables of journal.db, and the statements about deliveries and their ids.

#include <array>
#include <string_view>

namespace fairlead::store::sqlite::journal_sql {

/// Stored on disk, append only. docs/formats.md describes the tables.
inline constexpr std::array<std::string_view, 1> kSteps = {R"sql(
CREATE TABLE deliveries (
  sequence INTEGER PRIMARY KEY,
  lane INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  source TEXT NOT NULL,
  origin TEXT NOT NULL,
  id TEXT NOT NULL,
  headers BLOB NOT NULL,
  encoding INTEGER NOT NULL,
  body_bytes INTEGER NOT NULL,
  body BLOB NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE id_batches (
  first_sequence INTEGER PRIMARY KEY,
  entries BLOB NOT NULL
);
CREATE TABLE id_runs (
  run INTEGER PRIMARY KEY,
  level INTEGER NOT NULL,
  state INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  through INTEGER NOT NULL
);
CREATE TABLE id_pages (
  page INTEGER PRIMARY KEY,
  entries BLOB NOT NULL
);
CREATE TABLE id_filters (
  part INTEGER PRIMARY KEY,
  bits BLOB NOT NULL
);
CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  secret_hash BLOB NOT NULL,
  role INTEGER NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER,
  checksum INTEGER NOT NULL
);
CREATE TABLE users (
  name TEXT PRIMARY KEY,
  password_hash TEXT NOT NULL,
  role INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE audit (
  row INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  checksum INTEGER NOT NULL
);
)sql"};

inline constexpr std::string_view kInsertDelivery =
    "INSERT INTO deliveries (sequence, lane, received_at, source, origin, id, headers, encoding, body_bytes, body, "
    "checksum) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
inline constexpr std::string_view kSelectDeliveries =
    "SELECT sequence, lane, received_at, source, origin, id, headers, encoding, body_bytes, body, checksum "
    "FROM deliveries WHERE sequence > $1 ORDER BY sequence";
inline constexpr std::string_view kSelectDelivery =
    "SELECT sequence, lane, received_at, source, origin, id, headers, encoding, body_bytes, body, checksum "
    "FROM deliveries WHERE sequence = $1";
inline constexpr std::string_view kLastSequence = "SELECT max(sequence) FROM deliveries";

inline constexpr std::string_view kInsertBatch = "INSERT INTO id_batches (first_sequence, entries) VALUES ($1, $2)";
inline constexpr std::string_view kFirstBatch = "SELECT min(first_sequence) FROM id_batches";
inline constexpr std::string_view kSelectBatches =
    "SELECT entries FROM id_batches WHERE first_sequence > $1 ORDER BY first_sequence";
inline constexpr std::string_view kDeleteBatches = "DELETE FROM id_batches WHERE first_sequence <= $1";
inline constexpr std::string_view kInsertRun =
    "INSERT INTO id_runs (run, level, state, entries, through) VALUES ($1, $2, $3, $4, $5)";
inline constexpr std::string_view kSelectRuns = "SELECT run, level, state, entries, through FROM id_runs ORDER BY run";
inline constexpr std::string_view kSetRunState = "UPDATE id_runs SET state = $1 WHERE run = $2";
inline constexpr std::string_view kDeleteRun = "DELETE FROM id_runs WHERE run = $1";
inline constexpr std::string_view kPutPage =
    "INSERT INTO id_pages (page, entries) VALUES ($1, $2) ON CONFLICT (page) DO UPDATE SET entries = excluded.entries";
inline constexpr std::string_view kSelectPage = "SELECT entries FROM id_pages WHERE page = $1";
inline constexpr std::string_view kDeletePages =
    "DELETE FROM id_pages WHERE page IN (SELECT page FROM id_pages WHERE page >= $1 AND page < $2 ORDER BY page "
    "LIMIT $3)";
inline constexpr std::string_view kInsertFilter = "INSERT INTO id_filters (part, bits) VALUES ($1, $2)";
inline constexpr std::string_view kSelectFilters =
    "SELECT bits FROM id_filters WHERE part >= $1 AND part < $2 ORDER BY part";
inline constexpr std::string_view kDeleteFilters = "DELETE FROM id_filters WHERE part >= $1 AND part < $2";

}  // namespace fairlead::store::sqlite::journal_sql
