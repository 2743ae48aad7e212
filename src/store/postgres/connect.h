#pragma once

// Reaching a PostgreSQL server: the store's address, the session's settings, and whether the server is one that
// Fairlead can use.

#include <libpq-fe.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace fairlead::store::postgres {

inline constexpr int kOldestServer = 130000;  ///< 13.0, as PQserverVersion counts.

struct FreeHandle {
  void operator()(PGconn* handle) const { PQfinish(handle); }
};
using Handle = std::unique_ptr<PGconn, FreeHandle>;

struct ConnectOptions {
  /// The server ends a statement that takes longer; 0: never.
  Duration statement_time_max = {};
  /// The server ends a statement that waits longer for a lock.
  Duration lock_time_max = Duration::seconds(10);
  /// The server ends the session when a transaction stands still for longer: a replica that hangs must not keep the
  /// others from their locks.
  Duration idle_transaction_max = Duration::seconds(10);
  /// For statements that all look up rows by key: no statistics can talk the planner into reading whole tables.
  bool only_by_index = false;
};

/// How long a server may say nothing before it is asked whether it is there, and how long it has to answer then.
inline constexpr Duration kSilenceMax = Duration::seconds(4);
inline constexpr Duration kPingTimeMax = Duration::seconds(4);

/// Connects to `uri`, `postgres://USER:PASSWORD@HOST:PORT/DATABASE?…` with libpq's options (among them TLS and several
/// hosts). Errors never show the password. kUnsupported: the server is older than 13.
Result<Handle> connect(const std::string& uri);

/// What a session must have run before anything else.
std::string session_settings(const ConnectOptions& options);

/// `PostgreSQL at HOST:PORT, database NAME`.
std::string server_name(PGconn* handle);

/// Whether anybody answers where `handle` is connected to, on a connection of its own.
bool server_answers(PGconn* handle);

}  // namespace fairlead::store::postgres
