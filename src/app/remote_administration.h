#pragma once

#include "app/administration.h"

namespace fairlead::app {

/// Asks the server that holds the folder.
std::unique_ptr<Administration> administer_through_server(const std::filesystem::path& data);

}  // namespace fairlead::app
