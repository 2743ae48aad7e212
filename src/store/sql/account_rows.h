#pragma once

// Tokens, users and the audit log in the journal. Every row carries a checksum over its columns.

#include <optional>
#include <string_view>
#include <vector>

#include "store/sql/connection.h"
#include "store/store.h"

namespace fairlead::store::sql {

Status put_token(Connection& connection, const TokenRow& token);
Result<std::optional<TokenRow>> find_token(Connection& connection, std::string_view id);
Result<std::vector<TokenRow>> all_tokens(Connection& connection);

Status put_user(Connection& connection, const UserRow& user);
Result<std::optional<UserRow>> find_user(Connection& connection, std::string_view name);
Result<std::vector<UserRow>> all_users(Connection& connection);
Status remove_user(Connection& connection, std::string_view name);

Status append_audit(Connection& connection, const AuditRow& row);
/// Newest first.
Result<std::vector<AuditRow>> latest_audit(Connection& connection, std::size_t rows_max);

/// The key of the delivery hashes; drawn when the file is new.
Result<std::string> ensure_id_secret(Connection& connection);

}  // namespace fairlead::store::sql
