#include "store/postgres/journal_check.h"

#include <array>
#include <limits>

#include "store/delivery_hash.h"
#include "store/postgres/append.h"
#include "store/postgres/journal_rows.h"
#include "store/postgres/journal_schema.h"
#include "store/sql/account_rows.h"

namespace fairlead::store::postgres {
namespace {

constexpr std::size_t kPortionRows = 2'000;
constexpr std::size_t kPortionBytes = 16u * 1024 * 1024;

constexpr std::string_view kSelectLanes = "SELECT lane, last_sequence FROM lanes ORDER BY lane";
constexpr std::string_view kCountIds = "SELECT count(*) FROM delivery_ids WHERE lane = $1";
constexpr std::string_view kSelectId = "SELECT sequence, body FROM delivery_ids WHERE lane = $1 AND hash = $2";
/// This reads whole tables, which takes its time.
constexpr std::string_view kAllowAll =
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL enable_seqscan = on";

std::unexpected<Error> wrong(const PostgresConnection& connection, const std::string& what) {
  return fail(ErrorCode::kCorrupt, "{} on {}; restore the database from a backup", what, connection.server());
}

Status check_accounts(PostgresConnection& connection) {
  RETURN_IF_ERROR(sql::all_tokens(connection));
  RETURN_IF_ERROR(sql::all_users(connection));
  RETURN_IF_ERROR(sql::latest_audit(connection, std::numeric_limits<std::size_t>::max()));
  return {};
}

/// That each row's id is recorded as it should be.
Status check_ids(PostgresConnection& connection, std::string_view id_secret, const std::vector<JournalRow>& rows) {
  std::vector<DeliveryHash> hashes;
  hashes.reserve(rows.size());
  std::vector<sql::Argument> arguments;
  for (const JournalRow& row : rows) {
    hashes.push_back(DeliveryHash::of(id_secret, row.delivery));
    arguments.emplace_back(row.position.lane);
    arguments.emplace_back(sql::Blob{hashes.back().bytes()});
  }
  Status found;
  connection.open_each(kSelectId, 2, arguments, [&](std::size_t index, sql::Rows& answer) {
    const JournalRow& row = rows[index];
    const bool right = answer.next() && lane_of(row.delivery) == row.position.lane &&
                       static_cast<std::uint64_t>(answer.integer(0)) == row.position.sequence &&
                       static_cast<std::uint64_t>(answer.integer(1)) == body_hash(row.delivery);
    if (right || !found) return;
    found = wrong(connection, fmt::format("the id of delivery {} of lane {} is not recorded as it should be",
                                          row.position.sequence, row.position.lane));
  });
  RETURN_IF_ERROR(connection.status());
  return found;
}

Status check_lane(PostgresConnection& connection, std::string_view id_secret, std::uint32_t lane, std::uint64_t last,
                  const std::function<void(std::uint64_t)>& done) {
  std::uint64_t sequence = 0;
  while (true) {
    ASSIGN_OR_RETURN(const auto rows, read_rows(connection, lane, sequence, kPortionRows, kPortionBytes));
    if (rows.empty()) break;
    RETURN_IF_ERROR(check_ids(connection, id_secret, rows));
    sequence = rows.back().position.sequence;
    done(rows.size());
  }
  ASSIGN_OR_RETURN(const auto ids, connection.integer(kCountIds, lane));
  if (sequence == last && static_cast<std::uint64_t>(ids.value_or(0)) == last) return {};
  return wrong(connection, fmt::format("{} deliveries of lane {} were numbered, {} are there and {} are recorded", last,
                                       lane, sequence, ids.value_or(0)));
}

Result<std::uint64_t> check_all(PostgresConnection& connection, std::string_view id_secret,
                                const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  RETURN_IF_ERROR(connection.run_script(std::string(kAllowAll)));
  RETURN_IF_ERROR(check_accounts(connection));
  std::vector<std::uint64_t> lasts;
  std::uint64_t total = 0;
  sql::Query query(connection, kSelectLanes);
  while (query.next()) {
    if (query.number(0) != lasts.size()) break;
    lasts.push_back(query.number(1));
    total += lasts.back();
  }
  RETURN_IF_ERROR(query.status());
  if (lasts.size() != kLanes) return wrong(connection, "a lane of the journal is missing");
  std::uint64_t checked = 0;
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
    RETURN_IF_ERROR(check_lane(connection, id_secret, lane, lasts[lane], [&](std::uint64_t rows) {
      checked += rows;
      if (progress) progress(checked, total);
    }));
  }
  if (progress) progress(checked, total);
  return checked;
}

}  // namespace

Result<std::uint64_t> check_journal(PostgresConnection& connection, std::string_view id_secret,
                                    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  RETURN_IF_ERROR(connection.begin_read());
  auto checked = check_all(connection, id_secret, progress);
  connection.rollback();
  return checked;
}

}  // namespace fairlead::store::postgres
