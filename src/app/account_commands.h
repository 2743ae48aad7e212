#pragma once

#include <functional>

#include "app/administration.h"
#include "app/command_line.h"

namespace fairlead::app {

/// Runs `act` on whoever can administer the store now. `create`: whether a data folder that is not there is made.
Outcome with_administration(const CommandLine& line, bool create,
                            const std::function<Status(Administration&, const Config&)>& act);

// Tokens and users.

Outcome run_token_create(const CommandLine& line);
Outcome run_token_list(const CommandLine& line);
Outcome run_token_revoke(const CommandLine& line);
Outcome run_user_add(const CommandLine& line);
Outcome run_user_list(const CommandLine& line);
Outcome run_user_remove(const CommandLine& line);

}  // namespace fairlead::app
