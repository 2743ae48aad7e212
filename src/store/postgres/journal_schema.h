#pragma once

// The journal's tables on PostgreSQL (docs/formats.md). Columns are BIGINT or BYTEA: names come from outside and may
// hold any byte, and BYTEA is compared byte by byte, as SQLite compares text. Every unique key of what grows has the
// lane in front, so that the tables can be distributed by it.

#include <array>
#include <string_view>

#include "store/postgres/schema.h"

namespace fairlead::store::postgres {

inline constexpr std::uint32_t kLanes = 16;

/// Stored in the database, append only.
inline constexpr std::array<std::string_view, 2> kJournalSteps = {R"sql(
CREATE TABLE deliveries (
  lane BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  source BYTEA NOT NULL,
  origin BYTEA NOT NULL,
  id BYTEA NOT NULL,
  headers BYTEA NOT NULL,
  encoding BIGINT NOT NULL,
  body_bytes BIGINT NOT NULL,
  body BYTEA NOT NULL,
  checksum BIGINT NOT NULL,
  PRIMARY KEY (lane, sequence)
);
-- What is worth it is compressed already.
ALTER TABLE deliveries ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE delivery_ids (
  lane BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  sequence BIGINT NOT NULL,
  body BIGINT NOT NULL,
  PRIMARY KEY (lane, hash)
);
-- Updated by every append: room for new versions beside the old ones.
CREATE TABLE lanes (
  lane BIGINT PRIMARY KEY,
  last_sequence BIGINT NOT NULL
) WITH (fillfactor = 10);
CREATE TABLE secrets (
  name BYTEA PRIMARY KEY,
  value BYTEA NOT NULL,
  checksum BIGINT NOT NULL
);
CREATE TABLE tokens (
  id BYTEA PRIMARY KEY,
  secret_hash BYTEA NOT NULL,
  role BIGINT NOT NULL,
  name BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  checksum BIGINT NOT NULL
);
CREATE TABLE users (
  name BYTEA PRIMARY KEY,
  password_hash BYTEA NOT NULL,
  role BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  checksum BIGINT NOT NULL
);
-- Small and short-lived; logins and ends of sessions are rare beside deliveries.
CREATE TABLE sessions (
  key BYTEA PRIMARY KEY,
  user_name BYTEA NOT NULL,
  role BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  checksum BIGINT NOT NULL
);
CREATE TABLE audit (
  row BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  actor BYTEA NOT NULL,
  action BYTEA NOT NULL,
  subject BYTEA NOT NULL,
  checksum BIGINT NOT NULL
);
)sql",
                                                                  R"sql(
-- A step of its own, so that with Citus the rows come when the table is where it belongs.
INSERT INTO lanes SELECT n, 0 FROM generate_series(0, 15) AS n;
)sql"};

inline constexpr std::string_view kFewAccounts =
    "few rows, found by several columns and written under one lock; no statement joins them with others";
inline constexpr std::array<TablePlacement, 8> kJournalTables = {{
    {"lanes", Placement::kDistributed, "lane", "",
     "the lock of a lane lies with the lane's rows, and is given up together with their commit"},
    {"delivery_ids", Placement::kDistributed, "lane", "lanes", "an id is looked for in the lane that it falls to"},
    {"deliveries", Placement::kDistributed, "lane", "lanes", "most of all bytes; written and read lane by lane"},
    {"secrets", Placement::kLocal, "", "", kFewAccounts},
    {"tokens", Placement::kLocal, "", "", kFewAccounts},
    {"users", Placement::kLocal, "", "", kFewAccounts},
    {"sessions", Placement::kLocal, "", "", kFewAccounts},
    {"audit", Placement::kLocal, "", "", kFewAccounts},
}};

inline constexpr Component kJournalComponent{"journal", kJournalSteps, kJournalTables};

}  // namespace fairlead::store::postgres
