#include "store/entity_query.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/hash.h"

namespace fairlead::store {
namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains_folded(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return fold(a) == fold(b); }) != text.end();
}

template <class T>
bool one_of(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

using Texts = std::array<std::string_view, 3>;

std::string_view text_of(const Register<std::string>& field) {
  return field ? std::string_view(*field) : std::string_view();
}

// The searched fields of each kind, beside the id that all have.
Texts texts_of(const Deployment& d) {
  return {text_of(d.version), text_of(d.deployer), text_of(d.ref)};
}
Texts texts_of(const Change& c) {
  return {text_of(c.title), text_of(c.author), {}};
}
Texts texts_of(const Commit& c) {
  return {text_of(c.message), text_of(c.author), {}};
}
Texts texts_of(const Incident& i) {
  return {text_of(i.title), text_of(i.caused_by_version), {}};
}
Texts texts_of(const Run& r) {
  return {text_of(r.pipeline), text_of(r.actor), text_of(r.branch)};
}
Texts texts_of(const Task& t) {
  return {text_of(t.name), text_of(t.run_id), {}};
}
Texts texts_of(const Alert& a) {
  return {text_of(a.name), text_of(a.description), {}};
}
Texts texts_of(const Canary& c) {
  return {text_of(c.version), text_of(c.stable_version), {}};
}

}  // namespace

ListPosition ListPosition::of(const EntityRow& row) {
  return {row.place.at.has_value(), row.place.at.value_or(Instant{}), row.key};
}

bool comes_before(const ListPosition& a, const ListPosition& b, bool ascending) {
  if (a.timed != b.timed) return a.timed;
  if (a.at != b.at) return ascending ? a.at < b.at : a.at > b.at;
  return ascending ? a.key < b.key : a.key > b.key;
}

std::string to_cursor(const ListPosition& position) {
  std::string bytes(1, position.timed ? '\1' : '\0');
  const auto at = static_cast<std::uint64_t>(position.at.ms) ^ kSignBit;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(at >> shift);
  bytes += position.key.view();
  return to_hex(bytes);
}

Result<ListPosition> parse_list_cursor(std::string_view cursor) {
  const std::string bytes = from_hex(cursor);
  ListPosition position;
  if (bytes.size() != 1 + 8 + position.key.bytes.size() || bytes[0] < 0 || bytes[0] > 1) {
    return fail(ErrorCode::kInvalid, "the cursor is not one that this list returned; start without one");
  }
  position.timed = bytes[0] == 1;
  std::uint64_t at = 0;
  for (std::size_t i = 1; i <= 8; ++i) at = at << 8 | static_cast<std::uint8_t>(bytes[i]);
  position.at.ms = static_cast<std::int64_t>(at ^ kSignBit);
  std::copy(bytes.begin() + 9, bytes.end(), position.key.bytes.begin());
  return position;
}

bool passes_filters(const EntityRow& row, const EntityQuery& query) {
  const Place& place = row.place;
  if (!one_of(query.services, place.service) || !one_of(query.environments, place.environment)) return false;
  if (query.repository && *query.repository != place.repository) return false;
  if (!one_of(query.statuses, place.status)) return false;
  if ((query.from || query.to) && !place.at) return false;
  if (query.from && *place.at < *query.from) return false;
  if (query.to && *place.at >= *query.to) return false;
  return !query.simulated || *query.simulated == place.simulated;
}

bool contains_text(const Entity& entity, std::string_view text) {
  if (contains_folded(identity_of(entity).id, text)) return true;
  const Texts texts = std::visit([](const auto& e) { return texts_of(e); }, entity);
  return std::any_of(texts.begin(), texts.end(), [&](std::string_view t) { return contains_folded(t, text); });
}

Status check_limit(std::size_t limit) {
  if (limit == 0) return fail(ErrorCode::kInvalid, "a page must have room for at least one row");
  return {};
}

bool PageBuilder::offer(const EntityRow& row) {
  return !passes_filters(row, query_) || offer_filtered(row);
}

bool PageBuilder::offer_filtered(const EntityRow& row) {
  if (page_.rows.size() == query_.limit || texts_seen_ == kTextScanRowsMax) {
    page_.next_cursor = to_cursor(last_seen_);
    return false;
  }
  last_seen_ = ListPosition::of(row);
  if (!query_.text.empty()) {
    ++texts_seen_;
    if (!contains_text(row.entity, query_.text)) return true;
  }
  page_.rows.push_back(row);
  return true;
}

std::optional<Instant> success_finish(const Entity& entity) {
  const auto* deployment = std::get_if<Deployment>(&entity);
  if (deployment == nullptr || deployment->current() != RunStatus::kSuccess) return std::nullopt;
  return deployment->finished_at();
}

std::uint64_t mention_hash(const Mention& term) {
  const Sha256 digest = sha256(term);
  std::uint64_t hash = 0;
  for (int i = 0; i < 8; ++i) hash = hash << 8 | digest[static_cast<std::size_t>(i)];
  return hash;
}

}  // namespace fairlead::store
