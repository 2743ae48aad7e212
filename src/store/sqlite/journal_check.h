#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "store/sqlite/database.h"
#include "store/sqlite/delivery_ids.h"

namespace fairlead::store::sqlite {

/// What `fairlead verify` does with the journal: the file's structure, each row against its checksum, and deliveries
/// and their ids against each other, so that a row that is lost as a whole is noticed, too. Returns the number of
/// deliveries.
Result<std::uint64_t> check_journal(Database& database, std::string_view id_secret, IdSizes sizes,
                                    const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace fairlead::store::sqlite
