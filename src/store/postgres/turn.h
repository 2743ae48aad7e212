#pragma once

#include <cstdint>

#include "store/postgres/connection.h"

namespace fairlead::store::postgres {

/// "fairlead" as a number, and one for each lock of the kind.
inline constexpr std::int64_t kTurnLock = 0x6661'6972'6C65'6166;

/// Waits until no other replica writes derived state or changes whose a lease is, and keeps that so until the end of
/// the open transaction. A lock of the lock manager and not of a row: where a database is spread over several nodes
/// (Citus), a row's lock is given up before all nodes have committed. Goes out with the next read, which sees what the
/// one before has written.
inline Status take_turn(PostgresConnection& connection) {
  return connection.execute("SELECT pg_advisory_xact_lock($1)", kTurnLock);
}

}  // namespace fairlead::store::postgres
