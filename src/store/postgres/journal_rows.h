#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "store/postgres/connection.h"
#include "store/store.h"

namespace fairlead::store::postgres {

/// Journal::read on one connection.
Result<std::vector<JournalRow>> read_rows(PostgresConnection& connection, std::uint32_t lane,
                                          std::uint64_t after_sequence, std::size_t rows_max, std::size_t bytes_max);

/// Journal::row on one connection.
Result<std::optional<JournalRow>> find_row(PostgresConnection& connection, JournalPosition position);

}  // namespace fairlead::store::postgres
