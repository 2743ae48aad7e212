#include "api/user_rules.h"

#include <algorithm>

namespace fairlead::api {
namespace {

constexpr std::size_t kNameBytesMax = 100;

}  // namespace

Status check_user_name(std::string_view name) {
  const bool odd = std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/' || c == '\\'; });
  if (name.empty() || name.size() > kNameBytesMax || odd || name == "." || name == "..") {
    return fail(ErrorCode::kInvalid,
                "a user's name has 1 to {} bytes, none of them a control character, a slash or a backslash",
                kNameBytesMax);
  }
  return {};
}

Status check_user_change(std::span<const store::UserRow> users, std::string_view name,
                         std::optional<store::Role> becomes) {
  const auto user = std::ranges::find(users, name, &store::UserRow::name);
  if (user == users.end()) {
    if (becomes) return {};
    return fail(ErrorCode::kNotFound, "there is no user with the name '{}'", name);
  }
  const bool loses_admin = user->role == store::Role::kAdmin && becomes != store::Role::kAdmin;
  if (loses_admin && std::ranges::count(users, store::Role::kAdmin, &store::UserRow::role) == 1) {
    return fail(ErrorCode::kConflict, "'{}' is the last admin: make another user an admin first", name);
  }
  return {};
}

}  // namespace fairlead::api
