#pragma once

// What PostgreSQL reports, as one sentence that says what to do.

#include <string>
#include <string_view>

#include "base/result.h"

namespace fairlead::store::postgres {

/// A failed statement: `sqlstate` has five characters (PostgreSQL, appendix A), `message` is the server's first line,
/// `server` names it (`PostgreSQL at HOST:PORT, database NAME`).
Error statement_failure(std::string_view sqlstate, std::string_view message, std::string_view server);

/// No connection could be made. `message` is libpq's.
Error connect_failure(std::string_view sqlstate, std::string_view message, std::string_view server);

/// The address demands TLS (`mode` is its sslmode), and the server has none or cannot prove who it is.
Error tls_failure(std::string_view mode, std::string_view message, std::string_view server);

/// A connection that was there is gone. `reason` is the server's or libpq's, or empty.
Error lost_connection(std::string_view reason, std::string_view server);

/// A connection was lost, or a replica's answer did not come, while a transaction was being committed.
Error unknown_outcome(std::string_view reason, std::string_view server);

/// On one line, without what libpq and the server put around it.
std::string one_line(std::string_view message);

}  // namespace fairlead::store::postgres
