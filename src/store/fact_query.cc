#include "store/fact_query.h"

#include <algorithm>
#include <charconv>

#include "base/hash.h"
#include "store/entity_query.h"

namespace fairlead::store {
namespace {

template <class T>
bool one_of(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

// A cursor is the position's fields, each as LENGTH:BYTES, in hex.
void append_field(std::string& out, std::string_view field) {
  out += std::to_string(field.size());
  out += ':';
  out += field;
}

bool take_field(std::string_view& rest, std::string_view& field) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
  if (error != std::errc() || end == rest.data() + rest.size() || *end != ':') return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  if (size > rest.size()) return false;
  field = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

bool take_key(std::string_view& rest, EntityKey& key) {
  std::string_view field;
  if (!take_field(rest, field) || field.size() != key.bytes.size()) return false;
  std::copy(field.begin(), field.end(), key.bytes.begin());
  return true;
}

template <class Tag>
bool take_name(std::string_view& rest, Name<Tag>& name) {
  std::string_view field;
  if (!take_field(rest, field)) return false;
  name = Name<Tag>(field);
  return true;
}

bool take_instant(std::string_view& rest, Instant& at) {
  std::string_view field;
  if (!take_field(rest, field)) return false;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), at.ms);
  return error == std::errc() && end == field.data() + field.size();
}

}  // namespace

FactPosition FactPosition::of(const Fact& fact) {
  return {fact.at, fact.subject, fact.metric, fact.service, fact.environment, fact.owner};
}

std::string to_cursor(const FactPosition& position) {
  std::string bytes;
  append_field(bytes, std::to_string(position.at.ms));
  append_field(bytes, position.subject.view());
  append_field(bytes, position.metric.text);
  append_field(bytes, position.service.text);
  append_field(bytes, position.environment.text);
  append_field(bytes, position.owner.view());
  return to_hex(bytes);
}

Result<FactPosition> parse_fact_cursor(std::string_view cursor) {
  const std::string bytes = from_hex(cursor);
  std::string_view rest = bytes;
  FactPosition position;
  const bool good = take_instant(rest, position.at) && take_key(rest, position.subject) &&
                    take_name(rest, position.metric) && take_name(rest, position.service) &&
                    take_name(rest, position.environment) && take_key(rest, position.owner) && rest.empty();
  if (!good) return fail(ErrorCode::kInvalid, "the cursor is not one that this list returned; start without one");
  return position;
}

SummaryPlace place_of(const Fact& fact) {
  return {fact.metric, fact.service, fact.environment, fact.simulated};
}

FactQuery query_of_day(const PlaceDay& day) {
  const SummaryPlace& place = day.place;
  FactQuery query;
  query.metrics = {place.metric};
  if (!place.service.empty() || !place.environment.empty()) query.services = {place.service};
  if (!place.environment.empty()) query.environments = {place.environment};
  query.simulated = place.simulated;
  query.range = day.day;
  return query;
}

bool means_place(const FactQuery& query, const SummaryPlace& place) {
  return place.simulated == query.simulated && one_of(query.metrics, place.metric) &&
         one_of(query.services, place.service) && one_of(query.environments, place.environment);
}

bool means_row(const FactQuery& query, const Fact& fact) {
  if (query.environments.empty() && !in_roll_up(fact)) return false;
  return !query.excluded || *query.excluded == !fact.excluded.empty();
}

FactPage cut_page(std::vector<Fact> rows, const FactQuery& query) {
  std::sort(rows.begin(), rows.end(), [&](const Fact& a, const Fact& b) {
    return query.ascending ? FactPosition::of(a) < FactPosition::of(b) : FactPosition::of(b) < FactPosition::of(a);
  });
  FactPage page{std::move(rows), {}};
  if (page.rows.size() > query.limit) {
    page.rows.resize(query.limit);
    page.next_cursor = to_cursor(FactPosition::of(page.rows.back()));
  }
  return page;
}

std::vector<Fact> fact_set(std::span<const Fact> rows) {
  std::vector<Fact> set(rows.begin(), rows.end());
  const auto key = [](const Fact& f) { return std::pair(FactPosition::of(f), f.simulated); };
  std::sort(set.begin(), set.end(), [&](const Fact& a, const Fact& b) {
    const auto ka = key(a), kb = key(b);
    return ka != kb ? ka < kb : b < a;
  });
  set.erase(std::unique(set.begin(), set.end(), [&](const Fact& a, const Fact& b) { return key(a) == key(b); }),
            set.end());
  return set;
}

}  // namespace fairlead::store
