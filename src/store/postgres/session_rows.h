#pragma once

// The table `sessions`. A row that does not match its checksum is no session: the person logs in again.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "store/session_store.h"
#include "store/sql/connection.h"

namespace fairlead::store::postgres {

/// Within a transaction that no other writer of sessions overlaps.
Status insert_session(sql::Connection& connection, const SessionRow& row, const SessionBounds& bounds);
Status write_uses(sql::Connection& connection, std::span<const SessionUse> uses);
Status delete_sessions_of(sql::Connection& connection, std::string_view user);

Result<std::optional<SessionRow>> find_session(sql::Connection& connection, std::string_view key);
Result<std::vector<SessionRow>> read_sessions(sql::Connection& connection);
Status delete_session(sql::Connection& connection, std::string_view key);

}  // namespace fairlead::store::postgres
