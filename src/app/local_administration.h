#pragma once

#include "app/administration.h"
#include "app/data_folder.h"

namespace fairlead::app {

/// Works on the files. It holds the folder, so no server can start meanwhile.
Result<std::unique_ptr<Administration>> administer_files(DataFolder folder, const Clock& clock, Random& random);

}  // namespace fairlead::app
