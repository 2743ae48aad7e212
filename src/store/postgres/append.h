#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/postgres/connection.h"
#include "store/store.h"

namespace fairlead::store::postgres {

/// By a hash of origin and id without a key, so that a delivery has the same lane in every database.
std::uint32_t lane_of(const Delivery& delivery);

/// What one statement of an append is about. With Citus a lane's rows lie together on one of many nodes, so that a
/// statement about one lane goes to that node alone; everywhere else one statement for all lanes costs least.
enum class Statements : std::uint8_t { kForAllLanes, kLaneByLane };

/// Journal::append on one connection, in two round trips. `id_secret` is the key of the hashes of ids.
///
/// Numbers are drawn under the lock of the lane's row, so that rows become visible in the order of their numbers: a
/// reader that has seen a sequence has seen all before it. Locks are taken in the order of the lanes, so two appends
/// never wait for each other.
Result<std::vector<Appended>> append(PostgresConnection& connection, std::string_view id_secret,
                                     std::span<const Delivery> batch, Statements statements);

}  // namespace fairlead::store::postgres
