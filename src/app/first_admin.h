#pragma once

#include <filesystem>
#include <optional>

#include "app/config.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace fairlead::app {

/// The variable with the first administrator's password.
inline constexpr const char* kAdminPasswordVariable = "FAIRLEAD_ADMIN_PASSWORD";

/// A password in the environment that could not be one is an error before anything starts.
Status check_admin_password(const Environment& environment);

/// Where no user exists yet: makes the user `admin` with the password from the environment, else with a random one,
/// which is written to a file in `folder` that only its owner reads. Returns that file's path, if it was written.
/// Hashing takes tens of milliseconds, so this runs after the server answers.
Result<std::optional<std::filesystem::path>> ensure_first_admin(store::Journal& journal,
                                                                const std::filesystem::path& folder,
                                                                const Environment& environment, const Clock& clock,
                                                                Random& random);

}  // namespace fairlead::app
