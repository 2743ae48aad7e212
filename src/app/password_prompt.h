#pragma once

#include <string>

#include "base/result.h"

namespace fairlead::app {

/// A new password from whoever types: twice and unseen on a terminal, else the first line of standard input.
Result<std::string> ask_new_password(const std::string& user);

}  // namespace fairlead::app
