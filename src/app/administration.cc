#include "app/administration.h"

#include "app/data_folder.h"
#include "app/local_administration.h"
#include "app/remote_administration.h"
#include "app/stores.h"

namespace fairlead::app {

Result<std::unique_ptr<Administration>> administer(const std::filesystem::path& data, const std::string& store,
                                                   bool create, const Clock& clock, Random& random) {
  const bool needs_folder = !is_postgres(store);
  auto folder =
      DataFolder::hold(data, create && needs_folder ? DataFolder::Missing::kCreate : DataFolder::Missing::kRefuse);
  if (folder) return administer_stores(std::move(*folder), store, clock, random);
  if (folder.error().code == ErrorCode::kConflict) return administer_through_server(data);
  if (folder.error().code == ErrorCode::kNotFound && !needs_folder) {
    return administer_stores(std::nullopt, store, clock, random);
  }
  return std::unexpected(std::move(folder).error());
}

}  // namespace fairlead::app
