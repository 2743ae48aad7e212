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

std::optional<std::int64_t> NameTable::find_place(const SummaryPlace& place) {
  if (const auto at = places_.find(place); at != places_.end()) return at->second;
  const auto metric = find(place.metric.text);
  const auto service = find(place.service.text);
  const auto environment = find(place.environment.text);
  if (!metric || !service || !environment) return std::nullopt;
  const auto number = connection_.integer(
      "SELECT number FROM places WHERE metric = $1 AND simulated = $2 AND service = $3 AND environment = $4", *metric,
      place.simulated, *service, *environment);
  if (!number || !*number) return std::nullopt;
  remember_place(**number, place);
  return **number;
}

std::int64_t NameTable::number_of_place(const SummaryPlace& place) {
  if (const auto found = find_place(place)) return *found;
  const auto made = connection_.integer(
      "INSERT INTO places (metric, simulated, service, environment) VALUES ($1, $2, $3, $4) RETURNING number",
      number_of(place.metric.text), place.simulated, number_of(place.service.text), number_of(place.environment.text));
  if (!made || !*made) return 0;
  remember_place(**made, place);
  return **made;
}

SummaryPlace NameTable::place_of(std::int64_t number) {
  if (const auto at = place_texts_.find(number); at != place_texts_.end()) return at->second;
  SummaryPlace place;
  Query query(connection_, "SELECT metric, service, environment, simulated FROM places WHERE number = $1", number);
  if (!query.next()) return place;
  place.metric = MetricName(text_of(query.integer(0)));
  place.service = ServiceName(text_of(query.integer(1)));
  place.environment = EnvironmentName(text_of(query.integer(2)));
  place.simulated = query.integer(3) != 0;
  remember_place(number, place);
  return place;
}

void NameTable::forget() {
  numbers_.clear();
  texts_.clear();
  places_.clear();
  place_texts_.clear();
}

void NameTable::remember_place(std::int64_t number, const SummaryPlace& place) {
  if (places_.size() >= kCachedNamesMax) {
    places_.clear();
    place_texts_.clear();
  }
  places_.insert_or_assign(place, number);
  place_texts_.insert_or_assign(number, place);
}

void NameTable::remember(std::int64_t number, std::string text) {
  if (texts_.size() >= kCachedNamesMax) forget();
  const auto [at, is_new] = texts_.emplace(number, std::move(text));
  if (is_new) numbers_.emplace(at->second, number);
}

}  // namespace fairlead::store::sql
