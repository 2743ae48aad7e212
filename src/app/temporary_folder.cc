#include "app/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace fairlead::app {

Result<TemporaryFolder> TemporaryFolder::make() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  std::string pattern = (parent / "fairlead-XXXXXX").string();
  if (!error && mkdtemp(pattern.data()) != nullptr) return TemporaryFolder(pattern);
  return fail(ErrorCode::kIo, "no temporary folder can be made in {} ({}): name a folder with --data", parent.string(),
              error ? error.message() : std::strerror(errno));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what cannot be removed from the system's temporary folder, the system removes
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace fairlead::app
