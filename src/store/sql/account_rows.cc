#include "store/sql/account_rows.h"

#include <algorithm>

#include "base/hash.h"
#include "base/random.h"
#include "model/wire.h"

namespace fairlead::store::sql {
namespace {

constexpr std::string_view kInsertSecret = "INSERT INTO secrets (name, value, checksum) VALUES ($1, $2, $3)";
constexpr std::string_view kSelectSecret = "SELECT value, checksum FROM secrets WHERE name = $1";

constexpr std::string_view kPutToken =
    "INSERT INTO tokens (id, secret_hash, role, name, created_at, revoked_at, checksum) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET secret_hash = excluded.secret_hash, "
    "role = excluded.role, name = excluded.name, created_at = excluded.created_at, "
    "revoked_at = excluded.revoked_at, checksum = excluded.checksum";
constexpr std::string_view kSelectToken =
    "SELECT id, secret_hash, role, name, created_at, revoked_at, checksum FROM tokens WHERE id = $1";
constexpr std::string_view kSelectTokens =
    "SELECT id, secret_hash, role, name, created_at, revoked_at, checksum FROM tokens ORDER BY id";

constexpr std::string_view kPutUser =
    "INSERT INTO users (name, password_hash, role, created_at, checksum) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, role = excluded.role, "
    "created_at = excluded.created_at, checksum = excluded.checksum";
constexpr std::string_view kSelectUser =
    "SELECT name, password_hash, role, created_at, checksum FROM users WHERE name = $1";
constexpr std::string_view kSelectUsers =
    "SELECT name, password_hash, role, created_at, checksum FROM users ORDER BY name";
constexpr std::string_view kDeleteUser = "DELETE FROM users WHERE name = $1";

constexpr std::string_view kLastAuditRow = "SELECT max(row) FROM audit";
constexpr std::string_view kInsertAudit =
    "INSERT INTO audit (row, at, actor, action, subject, checksum) VALUES ($1, $2, $3, $4, $5, $6)";
constexpr std::string_view kSelectAudit =
    "SELECT row, at, actor, action, subject, checksum FROM audit ORDER BY row DESC LIMIT $1";
constexpr std::string_view kIdSecretName = "delivery_ids";
constexpr std::size_t kIdSecretBytes = 32;

std::int64_t sum(const std::string& bytes) {
  return static_cast<std::int64_t>(checksum64(bytes));
}

std::int64_t checksum(const TokenRow& token) {
  std::string bytes;
  wire::Writer writer(bytes);
  writer.text(token.id);
  writer.text(token.secret_hash);
  writer.integer(static_cast<std::int64_t>(token.role));
  writer.text(token.name);
  writer.time(token.created_at);
  writer.byte(token.revoked_at ? 1 : 0);
  if (token.revoked_at) writer.time(*token.revoked_at);
  return sum(bytes);
}

std::int64_t checksum(const UserRow& user) {
  std::string bytes;
  wire::Writer writer(bytes);
  writer.text(user.name);
  writer.text(user.password_hash);
  writer.integer(static_cast<std::int64_t>(user.role));
  writer.time(user.created_at);
  return sum(bytes);
}

std::int64_t checksum(std::int64_t number, const AuditRow& row) {
  std::string bytes;
  wire::Writer writer(bytes);
  writer.integer(number);
  writer.time(row.at);
  writer.text(row.actor);
  writer.text(row.action);
  writer.text(row.subject);
  return sum(bytes);
}

std::unexpected<Error> damaged(std::string_view what, std::string_view name) {
  return fail(ErrorCode::kCorrupt, "{} `{}` does not match its checksum; restore the journal from a backup", what,
              name);
}

Result<Role> parse_role(std::int64_t number) {
  if (number < 0 || number > static_cast<std::int64_t>(Role::kAdmin)) {
    return fail(ErrorCode::kUnsupported, "the journal names a role that only a newer version of Fairlead knows");
  }
  return static_cast<Role>(number);
}

Result<TokenRow> token_of(const Query& query) {
  TokenRow token;
  token.id = query.text(0);
  token.secret_hash = query.bytes(1);
  ASSIGN_OR_RETURN(token.role, parse_role(query.integer(2)));
  token.name = query.text(3);
  token.created_at = query.instant(4);
  token.revoked_at = query.optional_instant(5);
  if (query.integer(6) != checksum(token)) return damaged("token", token.id);
  return token;
}

Result<UserRow> user_of(const Query& query) {
  UserRow user;
  user.name = query.text(0);
  user.password_hash = query.text(1);
  ASSIGN_OR_RETURN(user.role, parse_role(query.integer(2)));
  user.created_at = query.instant(3);
  if (query.integer(4) != checksum(user)) return damaged("user", user.name);
  return user;
}

Result<AuditRow> audit_of(const Query& query) {
  AuditRow row{query.instant(1), std::string(query.text(2)), std::string(query.text(3)), std::string(query.text(4))};
  if (query.integer(5) != checksum(query.integer(0), row))
    return damaged("audit row", std::to_string(query.integer(0)));
  return row;
}

/// Every row of `query`, read by `read`.
template <class Row>
Result<std::vector<Row>> all_of(Query& query, Result<Row> (*read)(const Query&)) {
  std::vector<Row> rows;
  while (query.next()) {
    ASSIGN_OR_RETURN(Row row, read(query));
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(query.status());
  return rows;
}

template <class Row>
Result<std::optional<Row>> first_of(Query& query, Result<Row> (*read)(const Query&)) {
  ASSIGN_OR_RETURN(std::vector<Row> rows, all_of(query, read));
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace

Status put_token(Connection& connection, const TokenRow& token) {
  return connection.execute(kPutToken, token.id, Blob{token.secret_hash}, static_cast<std::int64_t>(token.role),
                            token.name, token.created_at, token.revoked_at, checksum(token));
}

Result<std::optional<TokenRow>> find_token(Connection& connection, std::string_view id) {
  Query query(connection, kSelectToken, id);
  return first_of(query, token_of);
}

Result<std::vector<TokenRow>> all_tokens(Connection& connection) {
  Query query(connection, kSelectTokens);
  return all_of(query, token_of);
}

Status put_user(Connection& connection, const UserRow& user) {
  return connection.execute(kPutUser, user.name, user.password_hash, static_cast<std::int64_t>(user.role),
                            user.created_at, checksum(user));
}

Result<std::optional<UserRow>> find_user(Connection& connection, std::string_view name) {
  Query query(connection, kSelectUser, name);
  return first_of(query, user_of);
}

Result<std::vector<UserRow>> all_users(Connection& connection) {
  Query query(connection, kSelectUsers);
  return all_of(query, user_of);
}

Status remove_user(Connection& connection, std::string_view name) {
  return connection.execute(kDeleteUser, name);
}

Status append_audit(Connection& connection, const AuditRow& row) {
  ASSIGN_OR_RETURN(const auto last, connection.integer(kLastAuditRow));
  const std::int64_t number = last.value_or(0) + 1;
  return connection.execute(kInsertAudit, number, row.at, row.actor, row.action, row.subject, checksum(number, row));
}

Result<std::vector<AuditRow>> latest_audit(Connection& connection, std::size_t rows_max) {
  Query query(connection, kSelectAudit,
              static_cast<std::int64_t>(std::min<std::size_t>(rows_max, std::numeric_limits<std::int32_t>::max())));
  return all_of(query, audit_of);
}

Result<std::string> ensure_id_secret(Connection& connection) {
  {
    Query query(connection, kSelectSecret, kIdSecretName);
    if (query.next()) {
      std::string secret(query.bytes(0));
      if (query.integer(1) != sum(secret)) return damaged("secret", kIdSecretName);
      return secret;
    }
    RETURN_IF_ERROR(query.status());
  }
  const std::string secret = SystemRandom().bytes(kIdSecretBytes);
  RETURN_IF_ERROR(connection.execute(kInsertSecret, kIdSecretName, Blob{secret}, sum(secret)));
  return secret;
}

}  // namespace fairlead::store::sql
