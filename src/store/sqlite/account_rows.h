#pragma once

// Tokens, users and the audit log in the journal. Every row carries a checksum over its columns.

#include <optional>
#include <string_view>
#include <vector>

#include "store/sqlite/database.h"
#include "store/store.h"

namespace fairlead::store::sqlite {

Status put_token(Database& database, const TokenRow& token);
Result<std::optional<TokenRow>> find_token(Database& database, std::string_view id);
Result<std::vector<TokenRow>> all_tokens(Database& database);

Status put_user(Database& database, const UserRow& user);
Result<std::optional<UserRow>> find_user(Database& database, std::string_view name);
Result<std::vector<UserRow>> all_users(Database& database);
Status remove_user(Database& database, std::string_view name);

Status append_audit(Database& database, const AuditRow& row);
/// Newest first.
Result<std::vector<AuditRow>> latest_audit(Database& database, std::size_t rows_max);

/// The key of the delivery hashes; drawn when the file is new.
Result<std::string> ensure_id_secret(Database& database);

}  // namespace fairlead::store::sqlite
