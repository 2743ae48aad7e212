#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "store/postgres/connection.h"

namespace fairlead::store::postgres {

/// What `fairlead verify` does with the journal: each row against its checksum, and deliveries, their ids and their
/// lanes against each other, so that a row that is lost as a whole is noticed, too. All in one snapshot. Returns the
/// number of deliveries.
Result<std::uint64_t> check_journal(PostgresConnection& connection, std::string_view id_secret,
                                    const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace fairlead::store::postgres
