#pragma once

// The stored forms of values that are smaller than their text, and of rows that several reads share.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/sql/connection.h"
#include "store/sql/name_table.h"
#include "store/store.h"

namespace fairlead::store::sql {

/// A sha of 40 or 64 lower-case hex digits is stored as its 20 or 32 bytes. Any other text stands behind one or two
/// bytes 0xFF, which no text begins with: two where one would give it the length of such a sha.
class StoredSha {
 public:
  explicit StoredSha(const CommitSha& sha);
  Blob argument() const { return {bytes_}; }

 private:
  std::string bytes_;
};

CommitSha sha_at(const Query& query, int column);

/// Columns of an entity, in this order, wherever a statement yields one.
inline constexpr std::string_view kEntityColumns =
    "key, kind, service, environment, repository, at, status, production, simulated, body";

/// Reads kEntityColumns from the query's row, beginning at `column`.
Result<EntityRow> entity_at(const Query& query, NameTable& names, int column = 0);

// Rows of the link tables, in the column order of their selects (view_links.cc).
StreamDeployment stream_at(const Query& query, NameTable& names);
Shipped shipped_at(const Query& query, NameTable& names);
Missing missing_at(const Query& query, NameTable& names);
Evidence evidence_at(const Query& query, NameTable& names);

/// What an error about the derived state tells an administrator to do.
extern const std::string kDerivedAdvice;

/// The hashes of an entity's terms, sorted.
std::string pack_terms(const std::vector<Mention>& mentions);
std::vector<std::uint64_t> unpack_terms(std::string_view bytes);

/// Where a fact of a known owner stands in `facts`.
struct FactReference {
  std::int64_t place = 0;
  Instant at;
  EntityKey subject;
};
std::string pack_fact_references(std::span<const FactReference> references, const EntityKey& owner);
Result<std::vector<FactReference>> unpack_fact_references(std::string_view bytes, const EntityKey& owner);

std::string pack_keys(std::vector<EntityKey> keys);  ///< Sorted, unique.
std::vector<EntityKey> unpack_keys(std::string_view bytes);

/// Counts of up to 32 days, the smallest unit that counts are read in.
inline constexpr std::int32_t kDaysPerMonth = 32;
std::int32_t month_of(Day day);
std::string pack_counts(const std::map<Day, DaySummary>& days);
Result<std::map<Day, DaySummary>> unpack_counts(std::string_view bytes);

std::string pack_values(std::span<const std::int64_t> sorted);
Result<std::vector<std::int64_t>> unpack_values(std::string_view bytes);
std::string pack_bins(std::span<const BinCount> bins);
/// Adds to `sums`, indexed by bin.
Status add_bins(std::string_view bytes, std::vector<std::int64_t>& sums);

}  // namespace fairlead::store::sql
