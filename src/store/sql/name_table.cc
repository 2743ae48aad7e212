#include "store/sql/name_table.h"

#include "store/sql/derived_rows.h"

namespace fairlead::store::sql {
namespace {

/// Past this the cache starts anew: names come from outside, so their number has no bound.
constexpr std::size_t kCachedNamesMax = 65'536;

}  // namespace

std::optional<std::int64_t> NameTable::find(std::string_view text) {
  if (const auto at = numbers_.find(text); at != numbers_.end()) return at->second;
  const auto number = connection_.integer("SELECT number FROM names WHERE text = $1", text);
  if (!number || !*number) return std::nullopt;
  remember(**number, std::string(text));
  return *number;
}

std::int64_t NameTable::number_of(std::string_view text) {
  if (const auto found = find(text)) return *found;
  const auto number = connection_.integer("INSERT INTO names (text) VALUES ($1) RETURNING number", text);
  if (!number || !*number) return 0;
  remember(**number, std::string(text));
  return **number;
}

const std::string& NameTable::text_of(std::int64_t number) {
  if (const auto at = texts_.find(number); at != texts_.end()) return at->second;
  Query query(connection_, "SELECT text FROM names WHERE number = $1", number);
  std::string text;
  if (query.next()) {
    text = query.text(0);
  } else if (query.status()) {
    connection_.note(
        {ErrorCode::kCorrupt, fmt::format("the derived state lacks the name {}; {}", number, kDerivedAdvice)});
  }
  remember(number, std::move(text));
  return texts_.at(number);
}

void NameTable::forget() {
  numbers_.clear();
  texts_.clear();
}

void NameTable::remember(std::int64_t number, std::string text) {
  if (texts_.size() >= kCachedNamesMax) forget();
  const auto [at, is_new] = texts_.emplace(number, std::move(text));
  if (is_new) numbers_.emplace(at->second, number);
}

}  // namespace fairlead::store::sql
