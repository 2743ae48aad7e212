#include "app/derived_files.h"

#include <fmt/format.h>

namespace fairlead::app {

namespace fs = std::filesystem;

Status remove_database(const fs::path& folder, std::string_view name) {
  for (const std::string_view suffix : {"", "-wal", "-shm", "-journal"}) {
    std::error_code error;
    const fs::path file = folder / fmt::format("{}{}", name, suffix);
    fs::remove(file, error);
    if (error) return fail(ErrorCode::kIo, "{} cannot be removed ({})", file.string(), error.message());
  }
  return {};
}

Status remove_derived(const fs::path& folder) {
  return remove_database(folder, kDerivedName);
}

}  // namespace fairlead::app
