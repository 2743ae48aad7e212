#include "app/administration.h"

#include "app/data_folder.h"
#include "app/local_administration.h"
#include "app/remote_administration.h"

namespace fairlead::app {

Result<std::unique_ptr<Administration>> administer(const std::filesystem::path& data, const std::string& store,
                                                   bool create, const Clock& clock, Random& random) {
  auto folder = DataFolder::hold(data, create ? DataFolder::Missing::kCreate : DataFolder::Missing::kRefuse);
  if (folder) return administer_stores(std::move(*folder), store, clock, random);
  if (folder.error().code == ErrorCode::kConflict) return administer_through_server(data);
  return std::unexpected(std::move(folder).error());
}

}  // namespace fairlead::app
