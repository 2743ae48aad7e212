#pragma once

#include <optional>

#include "app/administration.h"
#include "app/data_folder.h"

namespace fairlead::app {

/// Works on the files in the folder, or on the database that `store` names, which needs none. It holds the folder, so
/// no server can start on it meanwhile.
Result<std::unique_ptr<Administration>> administer_stores(std::optional<DataFolder> folder, const std::string& store,
                                                          const Clock& clock, Random& random);

}  // namespace fairlead::app
