#pragma once

// Where the tables go when the database has the extension Citus. Each table is declared beside the statements that make
// it (journal_schema.h, derived_schema.h); this declaration is what migrations carry out and what the schema's test
// holds the tables against.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "store/postgres/connection.h"

namespace fairlead::store::postgres {

enum class Placement : std::uint8_t {
  kDistributed,  ///< Its rows are divided by one column; those with one value lie on one node.
  kReference,    ///< All of it on every node.
  kLocal,        ///< On the coordinator alone, as without Citus.
};

struct TablePlacement {
  std::string_view table;
  Placement placement;
  std::string_view column;  ///< What a distributed table is divided by.
  std::string_view beside;  ///< A distributed table that was declared before: equal values lie on the same node.
  std::string_view why;
};

/// Whether the database has Citus.
Result<bool> has_citus(PostgresConnection& connection);

/// Distributes those of the tables that are there and not distributed yet, in the transaction that is open. Nothing
/// happens where there is no Citus.
Status distribute(PostgresConnection& connection, std::span<const TablePlacement> tables);

}  // namespace fairlead::store::postgres
