#include "store/postgres/journal_rows.h"

#include <algorithm>
#include <limits>

#include "store/delivery_row.h"

namespace fairlead::store::postgres {
namespace {

/// The server stops where the bytes do, so that no more comes over the network than is taken.
constexpr std::string_view kSelectDeliveries =
    "SELECT sequence, lane, received_at, source, origin, id, headers, encoding, body_bytes, body, checksum "
    "FROM (SELECT *, sum(body_bytes) OVER so_far AS bytes_so_far, row_number() OVER so_far AS place "
    "FROM deliveries WHERE lane = $1 AND sequence > $2 "
    "WINDOW so_far AS (ORDER BY sequence ROWS UNBOUNDED PRECEDING) ORDER BY sequence LIMIT $3) AS following "
    "WHERE bytes_so_far <= $4 OR place = 1 ORDER BY sequence";
constexpr std::string_view kSelectDelivery =
    "SELECT sequence, lane, received_at, source, origin, id, headers, encoding, body_bytes, body, checksum "
    "FROM deliveries WHERE lane = $1 AND sequence = $2";

/// As the server counts.
std::int64_t clamped(std::uint64_t number) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(number, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

Result<std::vector<JournalRow>> read_rows(PostgresConnection& connection, std::uint32_t lane,
                                          std::uint64_t after_sequence, std::size_t rows_max, std::size_t bytes_max) {
  std::vector<JournalRow> rows;
  DeliveryPacker packer;
  sql::Query query(connection, kSelectDeliveries, lane, clamped(after_sequence), clamped(rows_max), clamped(bytes_max));
  while (query.next()) {
    ASSIGN_OR_RETURN(JournalRow row, packer.unpack(stored_delivery(query)));
    if (row.position.sequence != after_sequence + rows.size() + 1) {
      return fail(ErrorCode::kCorrupt, "delivery {} of lane {} is missing on {}; restore the database from a backup",
                  after_sequence + rows.size() + 1, lane, connection.server());
    }
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(query.status());
  return rows;
}

Result<std::optional<JournalRow>> find_row(PostgresConnection& connection, JournalPosition position) {
  sql::Query query(connection, kSelectDelivery, position.lane, clamped(position.sequence));
  if (query.next()) {
    DeliveryPacker packer;
    ASSIGN_OR_RETURN(JournalRow row, packer.unpack(stored_delivery(query)));
    return row;
  }
  RETURN_IF_ERROR(query.status());
  return std::nullopt;
}

}  // namespace fairlead::store::postgres
