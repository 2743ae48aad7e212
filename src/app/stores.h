#pragma once

#include <filesystem>
#include <string_view>

#include "app/config.h"
#include "base/result.h"
#include "store/fleet.h"
#include "store/store.h"

namespace fairlead::app {

/// Whether the configuration's `store` is an address of PostgreSQL.
bool is_postgres(std::string_view store);

/// What a server works on: two files in `folder`, or the database that `config.store` names. There the folder holds
/// the spool, which keeps deliveries while the database is away.
Result<store::Stores> open_stores(const Config& config, const std::filesystem::path& folder);

}  // namespace fairlead::app
