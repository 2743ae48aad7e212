#include "store/postgres/session_rows.h"

#include "base/hash.h"
#include "model/wire.h"

namespace fairlead::store::postgres {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO sessions (key, user_name, role, opened_at, used_at, checksum) VALUES ($1, $2, $3, $4, $5, $6)";
constexpr std::string_view kDeleteBeyondOfUser =
    "DELETE FROM sessions WHERE key IN "
    "(SELECT key FROM sessions WHERE user_name = $1 ORDER BY used_at DESC, key OFFSET $2)";
constexpr std::string_view kDeleteBeyond =
    "DELETE FROM sessions WHERE key IN (SELECT key FROM sessions ORDER BY used_at DESC, key OFFSET $1)";
constexpr std::string_view kUse = "UPDATE sessions SET used_at = $2 WHERE key = $1 AND used_at < $2";
constexpr std::string_view kDeleteOfUser = "DELETE FROM sessions WHERE user_name = $1";
constexpr std::string_view kDelete = "DELETE FROM sessions WHERE key = $1";
constexpr std::string_view kSelect =
    "SELECT key, user_name, role, opened_at, used_at, checksum FROM sessions WHERE key = $1";
constexpr std::string_view kSelectAll =
    "SELECT key, user_name, role, opened_at, used_at, checksum FROM sessions ORDER BY key";

/// Over what stays as it is while the session lasts.
std::int64_t checksum(const SessionRow& row) {
  std::string bytes;
  wire::Writer writer(bytes);
  writer.text(row.key);
  writer.text(row.user);
  writer.integer(static_cast<std::int64_t>(row.role));
  writer.time(row.opened_at);
  return static_cast<std::int64_t>(checksum64(bytes));
}

/// Nothing where the row is damaged or of a role that this version does not know.
std::optional<SessionRow> session_of(const sql::Query& query) {
  const std::int64_t role = query.integer(2);
  if (role < 0 || role > static_cast<std::int64_t>(Role::kAdmin)) return std::nullopt;
  SessionRow row{std::string(query.text(0)), std::string(query.text(1)), static_cast<Role>(role), query.instant(3),
                 query.instant(4)};
  if (query.integer(5) != checksum(row)) return std::nullopt;
  return row;
}

}  // namespace

Status insert_session(sql::Connection& connection, const SessionRow& row, const SessionBounds& bounds) {
  RETURN_IF_ERROR(connection.execute(kDeleteBeyondOfUser, row.user, static_cast<std::int64_t>(bounds.per_user) - 1));
  RETURN_IF_ERROR(connection.execute(kDeleteBeyond, static_cast<std::int64_t>(bounds.all) - 1));
  return connection.execute(kInsert, row.key, row.user, static_cast<std::int64_t>(row.role), row.opened_at, row.used_at,
                            checksum(row));
}

Status write_uses(sql::Connection& connection, std::span<const SessionUse> uses) {
  for (const SessionUse& use : uses) RETURN_IF_ERROR(connection.execute(kUse, use.key, use.at));
  return {};
}

Status delete_sessions_of(sql::Connection& connection, std::string_view user) {
  return connection.execute(kDeleteOfUser, user);
}

Result<std::optional<SessionRow>> find_session(sql::Connection& connection, std::string_view key) {
  sql::Query query(connection, kSelect, key);
  std::optional<SessionRow> row;
  while (query.next()) row = session_of(query);
  RETURN_IF_ERROR(query.status());
  return row;
}

Result<std::vector<SessionRow>> read_sessions(sql::Connection& connection) {
  sql::Query query(connection, kSelectAll);
  std::vector<SessionRow> rows;
  while (query.next()) {
    if (auto row = session_of(query)) rows.push_back(*std::move(row));
  }
  RETURN_IF_ERROR(query.status());
  return rows;
}

Status delete_session(sql::Connection& connection, std::string_view key) {
  return connection.execute(kDelete, key);
}

}  // namespace fairlead::store::postgres
