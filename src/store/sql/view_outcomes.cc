#include <algorithm>
#include <limits>

#include "store/outcome_counts.h"
#include "store/sql/derived_view.h"

namespace fairlead::store::sql {
namespace {

/// After every row.
constexpr JournalPosition kLastPosition{0, std::numeric_limits<std::int64_t>::max()};

/// For LIMIT: where rows are gathered from several nodes, all that a statement asks for come.
std::int64_t rows_at_most(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

Result<std::uint64_t> View::position(std::uint32_t lane) {
  ASSIGN_OR_RETURN(const auto sequence, connection_.integer("SELECT sequence FROM positions WHERE lane = $1", lane));
  return static_cast<std::uint64_t>(sequence.value_or(0));
}

Result<std::map<std::uint32_t, std::uint64_t>> View::positions() {
  std::map<std::uint32_t, std::uint64_t> found;
  Query query(connection_, "SELECT lane, sequence FROM positions");
  while (query.next()) found[static_cast<std::uint32_t>(query.integer(0))] = query.number(1);
  RETURN_IF_ERROR(names_.status());
  return found;
}

Result<std::map<std::string, std::string>> View::settings() {
  std::map<std::string, std::string> found;
  Query query(connection_, "SELECT name, value FROM settings");
  while (query.next()) found[std::string(query.text(0))] = query.text(1);
  RETURN_IF_ERROR(names_.status());
  return found;
}

Result<std::string> View::setting(std::string_view name) {
  Query query(connection_, "SELECT value FROM settings WHERE name = $1", name);
  std::string value;
  if (query.next()) value = query.text(0);
  RETURN_IF_ERROR(names_.status());
  return value;
}

std::vector<DeliveryOutcome> View::outcome_rows(Query& query, std::size_t limit) {
  std::vector<DeliveryOutcome> rows;
  while (rows.size() < limit && query.next()) {
    rows.push_back({{static_cast<std::uint32_t>(query.integer(1)), query.number(0)},
                    SourceName(names_.text_of(query.integer(2))),
                    static_cast<Interpretation::Outcome>(query.integer(3)),
                    std::string(query.text(4)),
                    query.integer(5),
                    query.instant(6)});
  }
  return rows;
}

Result<std::vector<DeliveryOutcome>> View::outcomes(std::optional<JournalPosition> before, std::size_t limit) {
  const JournalPosition end = before.value_or(kLastPosition);
  Query query(connection_, Reading::kSome,
              "SELECT sequence, lane, source, outcome, reason, observations, received_at FROM outcomes "
              "WHERE (sequence, lane) < ($1, $2) ORDER BY sequence DESC, lane DESC LIMIT $3",
              end.sequence, end.lane, rows_at_most(limit));
  auto rows = outcome_rows(query, limit);
  RETURN_IF_ERROR(names_.status());
  return rows;
}

Result<std::vector<DeliveryOutcome>> View::outcomes_of(const SourceName& source, std::optional<JournalPosition> before,
                                                       std::size_t limit) {
  const auto number = names_.find(source.text);
  if (!number) return none<std::vector<DeliveryOutcome>>();
  const JournalPosition end = before.value_or(kLastPosition);
  Query query(
      connection_, Reading::kSome,
      "SELECT sequence, lane, source, outcome, reason, observations, received_at "
      "FROM outcomes WHERE source = $1 AND (sequence, lane) < ($2, $3) ORDER BY sequence DESC, lane DESC LIMIT $4",
      *number, end.sequence, end.lane, rows_at_most(limit));
  auto rows = outcome_rows(query, limit);
  RETURN_IF_ERROR(names_.status());
  return rows;
}

Result<std::map<std::string, std::int64_t>> View::outcome_counts() {
  ASSIGN_OR_RETURN(const auto by_source, outcome_counts_by_source());
  return total_of(by_source);
}

Result<std::map<SourceName, std::map<std::string, std::int64_t>>> View::outcome_counts_by_source() {
  flush();
  std::map<SourceName, OutcomeCounts> counts;
  // A count falls to zero where a delivery's outcome was put again.
  Query query(connection_, "SELECT source, outcome, count FROM outcome_counts WHERE count <> 0");
  while (query.next()) {
    auto& theirs = counts.try_emplace(SourceName(names_.text_of(query.integer(0))), no_outcomes()).first->second;
    theirs[std::string(to_string(static_cast<Interpretation::Outcome>(query.integer(1))))] = query.integer(2);
  }
  RETURN_IF_ERROR(names_.status());
  return counts;
}

}  // namespace fairlead::store::sql
