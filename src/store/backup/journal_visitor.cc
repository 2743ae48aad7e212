#include "store/backup/journal_visitor.h"

#include <algorithm>

namespace fairlead::store {
namespace {

constexpr std::size_t kRowsPerRead = 2'000;
constexpr std::size_t kBytesPerRead = 4u * 1024 * 1024;

}  // namespace

Result<JournalExtent> extent_of(Journal& journal, Instant now, std::string made_by) {
  JournalExtent extent{now, std::move(made_by), {}};
  for (std::uint32_t lane = 0; lane < journal.lanes(); ++lane) {
    ASSIGN_OR_RETURN(const std::uint64_t last, journal.last_sequence(lane));
    extent.last_sequences.push_back(last);
  }
  return extent;
}

Status visit_lane(Journal& journal, std::uint32_t lane, std::uint64_t last, JournalVisitor& visitor) {
  std::uint64_t after = 0;
  while (after < last) {
    const auto rows_max = static_cast<std::size_t>(std::min<std::uint64_t>(kRowsPerRead, last - after));
    ASSIGN_OR_RETURN(const std::vector<JournalRow> rows, journal.read(lane, after, rows_max, kBytesPerRead));
    if (rows.empty()) {
      return fail(ErrorCode::kCorrupt, "the deliveries {} to {} of lane {} are missing: run `fairlead verify`",
                  after + 1, last, lane);
    }
    RETURN_IF_ERROR(visitor.deliveries(rows));
    after = rows.back().position.sequence;
  }
  return {};
}

Status visit_journal(Journal& journal, const JournalExtent& extent, JournalVisitor& visitor) {
  RETURN_IF_ERROR(visitor.extent(extent));
  std::uint32_t lane = 0;
  for (const std::uint64_t last : extent.last_sequences) RETURN_IF_ERROR(visit_lane(journal, lane++, last, visitor));
  // A change of an account is audited before it is made: read in this order, none comes without its audit row.
  ASSIGN_OR_RETURN(const std::vector<TokenRow> tokens, journal.tokens());
  ASSIGN_OR_RETURN(const std::vector<UserRow> users, journal.users());
  ASSIGN_OR_RETURN(std::vector<AuditRow> audit, journal.audit(SIZE_MAX));
  std::ranges::reverse(audit);
  RETURN_IF_ERROR(visitor.audit(audit));
  RETURN_IF_ERROR(visitor.tokens(tokens));
  return visitor.users(users);
}

}  // namespace fairlead::store
