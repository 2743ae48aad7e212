#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "import/git_import.h"

namespace fairlead::app {

/// What `import git` and `report git` say about the repository.
struct GitSource {
  std::string location;  ///< A path, or an https address.
  std::string service;   ///< Empty: by the configuration, else `owner/name`, else the folder.
  std::string tags = std::string(imports::kReleaseTags);
};

/// What a user should know of an import that has ended well, one line each.
std::vector<std::string> remarks_of(const imports::GitImportCounts& counts, const std::string& release_tags);

/// Brings the history into the data folder, through the server that holds it, if one does. Returns what to tell the
/// user, one line each.
Result<std::string> import_git_history(const GitSource& source, const Config& config);

}  // namespace fairlead::app
