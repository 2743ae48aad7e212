#include "store/sqlite/journal_check.h"

#include <limits>

#include "store/delivery_row.h"
#include "store/sql/account_rows.h"
#include "store/sqlite/delivery_ids.h"
#include "store/sqlite/journal_sql.h"

namespace fairlead::store::sqlite {
namespace {

constexpr std::uint64_t kProgressRows = 4096;

Status check_structure(Database& database) {
  Query query(database, "PRAGMA integrity_check(1)");
  if (query.next() && query.text(0) != "ok") {
    return fail(ErrorCode::kCorrupt, "the journal's structure is damaged ({}); restore it from a backup",
                query.text(0));
  }
  return query.status();
}

Status check_accounts(Database& database) {
  RETURN_IF_ERROR(sql::all_tokens(database));
  RETURN_IF_ERROR(sql::all_users(database));
  RETURN_IF_ERROR(sql::latest_audit(database, std::numeric_limits<std::size_t>::max()));
  return {};
}

Status check_id(DeliveryIds& ids, std::string_view id_secret, const JournalRow& row) {
  ASSIGN_OR_RETURN(const auto known, ids.find(DeliveryHash::of(id_secret, row.delivery)));
  if (known && known->sequence == row.position.sequence && known->body == body_hash(row.delivery)) return {};
  return fail(ErrorCode::kCorrupt,
              "the id of delivery {} is not recorded as it should be; restore the journal from a "
              "backup",
              row.position.sequence);
}

}  // namespace

Result<std::uint64_t> check_journal(Database& database, std::string_view id_secret, IdSizes sizes,
                                    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  // One snapshot for everything, so that rows which come meanwhile do not look like contradictions.
  RETURN_IF_ERROR(database.execute("BEGIN"));
  const struct EndOfSnapshot {
    Database& database;
    ~EndOfSnapshot() { static_cast<void>(database.execute("COMMIT")); }
  } end{database};

  RETURN_IF_ERROR(check_structure(database));
  RETURN_IF_ERROR(check_accounts(database));
  DeliveryIds ids(database, sizes);
  RETURN_IF_ERROR(ids.load(id_secret));
  const std::uint64_t total = ids.count();
  DeliveryPacker packer;
  std::uint64_t rows = 0;
  Query query(database, journal_sql::kSelectDeliveries, std::uint64_t{0});
  while (query.next()) {
    ASSIGN_OR_RETURN(const JournalRow row, packer.unpack(stored_delivery(query)));
    if (row.position.sequence != ++rows) {
      return fail(ErrorCode::kCorrupt, "delivery {} is missing; restore the journal from a backup", rows);
    }
    RETURN_IF_ERROR(check_id(ids, id_secret, row));
    if (progress && rows % kProgressRows == 0) progress(rows, total);
  }
  RETURN_IF_ERROR(query.status());
  if (rows != total) {
    return fail(ErrorCode::kCorrupt, "{} deliveries are recorded and {} are there; restore the journal from a backup",
                total, rows);
  }
  if (progress) progress(rows, total);
  return rows;
}

}  // namespace fairlead::store::sqlite
