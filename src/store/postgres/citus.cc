#include "store/postgres/citus.h"

#include <algorithm>
#include <string>
#include <vector>

namespace fairlead::store::postgres {
namespace {

constexpr std::string_view kHasCitus = "SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = 'citus'";
constexpr std::string_view kUndistributed =
    "SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'fairlead' AND c.relkind = 'r' "
    "AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_dist_partition p WHERE p.logicalrelid = c.oid)";

/// The statement that moves the table to its place.
std::string move(const TablePlacement& table) {
  if (table.placement == Placement::kReference) {
    return fmt::format("SELECT create_reference_table('fairlead.{}')", table.table);
  }
  const std::string beside = table.beside.empty() ? "none" : fmt::format("fairlead.{}", table.beside);
  return fmt::format("SELECT create_distributed_table('fairlead.{}', '{}', colocate_with => '{}')", table.table,
                     table.column, beside);
}

}  // namespace

Result<bool> has_citus(PostgresConnection& connection) {
  ASSIGN_OR_RETURN(const auto found, connection.integer(kHasCitus));
  return found == 1;
}

Status distribute(PostgresConnection& connection, std::span<const TablePlacement> tables) {
  ASSIGN_OR_RETURN(const bool citus, has_citus(connection));
  if (!citus) return {};
  std::vector<std::string> undistributed;
  sql::Query query(connection, kUndistributed);
  while (query.next()) undistributed.emplace_back(query.text(0));
  RETURN_IF_ERROR(query.status());
  for (const TablePlacement& table : tables) {
    if (table.placement == Placement::kLocal || std::ranges::count(undistributed, table.table) == 0) continue;
    RETURN_IF_ERROR(connection.run_script(move(table)));
  }
  return {};
}

}  // namespace fairlead::store::postgres
