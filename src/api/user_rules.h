#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace fairlead::api {

/// 1 to 100 bytes without control characters, and without what a path of a URL cannot carry: slashes and backslashes,
/// `.` and `..`.
Status check_user_name(std::string_view name);

/// Whether `name` may get the role `becomes`, or be removed where that is empty: kConflict where no admin would be left
/// of those that there are, kNotFound for the removal of nobody. Whoever changes users asks this and writes the change
/// without letting another change in between.
Status check_user_change(std::span<const store::UserRow> users, std::string_view name,
                         std::optional<store::Role> becomes);

}  // namespace fairlead::api
