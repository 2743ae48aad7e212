#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/delivery_hash.h"
#include "store/postgres/connection.h"
#include "store/store.h"

namespace fairlead::store::postgres {

/// The lowest four bits of the hash's first byte.
std::uint32_t lane_of(const DeliveryHash& hash);

/// Journal::append on one connection, in two round trips. `id_secret` is the key of the hashes of ids.
///
/// Numbers are drawn under the lock of the lane's row, so that rows become visible in the order of their numbers: a
/// reader that has seen a sequence has seen all before it. Locks are taken in the order of the lanes, so two appends
/// never wait for each other.
Result<std::vector<Appended>> append(PostgresConnection& connection, std::string_view id_secret,
                                     std::span<const Delivery> batch);

}  // namespace fairlead::store::postgres
