// What the projector writes: entities with their terms, outcomes, edges, marks and its position.

#include <algorithm>
#include <array>

#include "model/codec.h"
#include "store/entity_query.h"
#include "store/sql/derived_writer.h"

namespace fairlead::store::sql {
namespace {

constexpr std::string_view kSelectStored =
    "SELECT row, service, environment, repository, at, status, production, simulated, success_at, mentions, body "
    "FROM entities WHERE row = (SELECT number FROM keys WHERE key = $1)";
constexpr std::string_view kInsertEntity =
    "INSERT INTO entities (row, key, kind, service, environment, repository, at, status, production, simulated, "
    "success_at, mentions, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
constexpr std::string_view kUpdateEntity =
    "UPDATE entities SET service = $1, environment = $2, repository = $3, at = $4, status = $5, production = $6, "
    "simulated = $7, success_at = $8, mentions = $9, body = $10 WHERE row = $11";
/// Where only the content changed, no index is touched.
constexpr std::string_view kUpdateBody = "UPDATE entities SET body = $1 WHERE row = $2";
constexpr std::string_view kInsertMention =
    "INSERT INTO mentions (term, kind, entity) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
constexpr std::string_view kDeleteMention = "DELETE FROM mentions WHERE term = $1 AND kind = $2 AND entity = $3";

constexpr std::string_view kSelectOutcome = "SELECT source, outcome FROM outcomes WHERE sequence = $1 AND lane = $2";
constexpr std::string_view kPutOutcome =
    "INSERT INTO outcomes (sequence, lane, source, outcome, reason, observations, received_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (sequence, lane) DO UPDATE SET source = excluded.source, "
    "outcome = excluded.outcome, reason = excluded.reason, observations = excluded.observations, "
    "received_at = excluded.received_at";
constexpr std::string_view kInsertOutcome =
    "INSERT INTO outcomes (sequence, lane, source, outcome, reason, observations, received_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";

constexpr std::string_view kInsertEdge =
    "INSERT INTO edges (repository, sha, ancestor, kind) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

constexpr std::size_t kEdgeColumns = 4;

constexpr std::string_view kSelectNumber = "SELECT number FROM keys WHERE key = $1";
constexpr std::string_view kInsertNumber = "INSERT INTO keys (key) VALUES ($1) RETURNING number";

constexpr std::string_view kMarkVersion = "mark_version";
constexpr std::string_view kSelectMark = "SELECT since, givers FROM service_marks WHERE service = $1";
constexpr std::string_view kPutMark =
    "INSERT INTO service_marks (service, since, givers, version) VALUES ($1, $2, $3, $4) ON CONFLICT (service) "
    "DO UPDATE SET since = excluded.since, givers = excluded.givers, version = excluded.version";

}  // namespace

struct Writer::StoredEntity {
  std::int64_t row;
  std::int64_t service;
  std::int64_t environment;
  std::int64_t repository;
  std::optional<Instant> at;
  std::int64_t status;
  bool production;
  bool simulated;
  std::optional<Instant> success_at;
  std::string mentions;
  std::string body;
  friend bool operator==(const StoredEntity&, const StoredEntity&) = default;
};

void Writer::set_position(std::uint32_t lane, std::uint64_t sequence) {
  run("INSERT INTO positions (lane, sequence) VALUES ($1, $2) ON CONFLICT (lane) DO UPDATE SET "
      "sequence = excluded.sequence",
      lane, sequence);
}

void Writer::set_setting(std::string_view name, std::string_view value) {
  run("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      name, value);
}

void Writer::put_outcomes(std::span<const DeliveryOutcome> outcomes) {
  std::vector<Argument> places;
  for (const auto& outcome : outcomes) {
    places.emplace_back(outcome.position.sequence);
    places.emplace_back(outcome.position.lane);
  }
  // What is projected again replaces what it came to before.
  std::vector<bool> is_known(outcomes.size());
  connection_.open_each(kSelectOutcome, 2, places, [&](std::size_t index, Rows& rows) {
    if (!rows.next()) return;
    is_known[index] = true;
    --outcome_changes_[{rows.integer(0), rows.integer(1)}];
  });
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const DeliveryOutcome& outcome = outcomes[i];
    const auto source = names_.number_of(outcome.source.text);
    const auto kind = static_cast<std::int64_t>(outcome.outcome);
    run(is_known[i] ? kPutOutcome : kInsertOutcome, outcome.position.sequence, outcome.position.lane, source, kind,
        outcome.reason, outcome.observations, outcome.received_at);
    ++outcome_changes_[{source, kind}];
  }
}

/// The numbers of keys; 0 where a key has none yet.
std::vector<std::int64_t> Writer::numbers_of(std::span<const EntityKey> keys) {
  std::vector<std::int64_t> numbers(keys.size());
  std::vector<Argument> wanted;
  for (const auto& key : keys) wanted.emplace_back(key);
  connection_.open_each(kSelectNumber, 1, wanted, [&](std::size_t index, Rows& rows) {
    if (rows.next()) numbers[index] = rows.integer(0);
  });
  return numbers;
}

/// The numbers of keys, which they keep; a key stands here once. 0 after a failure.
std::vector<std::int64_t> Writer::make_numbers(std::span<const EntityKey> keys) {
  std::vector<std::int64_t> numbers = numbers_of(keys);
  std::vector<Argument> unknown;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (numbers[i] != 0) continue;
    unknown.emplace_back(keys[i]);
    places.push_back(i);
  }
  if (unknown.empty()) return numbers;
  connection_.open_each(kInsertNumber, 1, unknown, [&](std::size_t index, Rows& rows) {
    if (rows.next()) numbers[places[index]] = rows.integer(0);
  });
  return numbers;
}

std::int64_t Writer::make_number(const EntityKey& key) {
  std::int64_t& number = expected(key).number;
  if (number == 0) number = make_numbers({&key, 1}).front();
  return number;
}

std::vector<std::optional<Writer::StoredEntity>> Writer::stored_entities(std::span<const EntityWrite> entities) {
  std::vector<std::optional<StoredEntity>> stored(entities.size());
  std::vector<Argument> keys;
  for (const auto& entity : entities) keys.emplace_back(entity.row.key);
  connection_.open_each(kSelectStored, 1, keys, [&](std::size_t index, Rows& rows) {
    Query query(rows);
    if (!query.next()) return;
    stored[index] = StoredEntity{query.integer(0),
                                 query.integer(1),
                                 query.integer(2),
                                 query.integer(3),
                                 query.optional_instant(4),
                                 query.integer(5),
                                 query.integer(6) != 0,
                                 query.integer(7) != 0,
                                 query.optional_instant(8),
                                 std::string(query.bytes(9)),
                                 std::string(query.bytes(10))};
  });
  return stored;
}

void Writer::put_entities(std::span<const EntityWrite> entities) {
  entities_read_.clear();
  mentions_read_.clear();
  const auto stored = stored_entities(entities);
  std::vector<EntityKey> new_keys;
  for (std::size_t i = 0; i < entities.size(); ++i) {
    if (!stored[i]) new_keys.push_back(entities[i].row.key);
  }
  const std::vector<std::int64_t> new_numbers = make_numbers(new_keys);
  auto next_number = new_numbers.begin();
  for (std::size_t i = 0; i < entities.size(); ++i) {
    const EntityRow& row = entities[i].row;
    const Place& place = row.place;
    StoredEntity now{stored[i] ? stored[i]->row : *next_number++,
                     names_.number_of(place.service.text),
                     names_.number_of(place.environment.text),
                     names_.number_of(place.repository.text),
                     place.at,
                     names_.number_of(place.status),
                     place.production,
                     place.simulated,
                     success_finish(row.entity),
                     pack_terms(entities[i].mentions),
                     encode(row.entity)};
    if (stored[i]) {
      update_entity(kind_of(row.entity), *stored[i], std::move(now));
    } else {
      insert_entity(row, now);
    }
  }
}

void Writer::insert_entity(const EntityRow& row, const StoredEntity& now) {
  const EntityKind kind = kind_of(row.entity);
  run(kInsertEntity, now.row, row.key, static_cast<std::int64_t>(kind), now.service, now.environment, now.repository,
      now.at, now.status, now.production, now.simulated, now.success_at, Blob{now.mentions}, Blob{now.body});
  count_place(now.service, now.environment, 1);
  replace_mentions(now.row, kind, {}, now.mentions);
}

void Writer::update_entity(EntityKind kind, const StoredEntity& before, StoredEntity now) {
  if (now == before) return;
  std::string body = std::move(now.body);
  now.body = before.body;
  if (now == before) {
    run(kUpdateBody, Blob{body}, now.row);
    return;
  }
  run(kUpdateEntity, now.service, now.environment, now.repository, now.at, now.status, now.production, now.simulated,
      now.success_at, Blob{now.mentions}, Blob{body}, now.row);
  if (now.service != before.service || now.environment != before.environment) {
    count_place(before.service, before.environment, -1);
    count_place(now.service, now.environment, 1);
  }
  replace_mentions(now.row, kind, before.mentions, now.mentions);
}

void Writer::count_place(std::int64_t service, std::int64_t environment, std::int64_t change) {
  service_changes_[service] += change;
  environment_changes_[environment] += change;
}

void Writer::replace_mentions(std::int64_t entity, EntityKind kind, std::string_view before, std::string_view after) {
  if (before == after) return;
  const auto old_terms = unpack_terms(before);
  const auto new_terms = unpack_terms(after);
  for (const auto term : old_terms) {
    if (!std::binary_search(new_terms.begin(), new_terms.end(), term)) {
      run(kDeleteMention, term, static_cast<std::int64_t>(kind), entity);
    }
  }
  for (const auto term : new_terms) {
    if (!std::binary_search(old_terms.begin(), old_terms.end(), term)) {
      run(kInsertMention, term, static_cast<std::int64_t>(kind), entity);
    }
  }
}

std::vector<bool> Writer::add_edges(std::span<const Edge> edges) {
  std::vector<std::array<StoredSha, 2>> shas;
  shas.reserve(edges.size());
  std::vector<Argument> arguments;
  arguments.reserve(edges.size() * kEdgeColumns);
  for (const Edge& edge : edges) {
    const auto& [sha, ancestor] = shas.emplace_back(std::array{StoredSha(edge.sha), StoredSha(edge.ancestor)});
    arguments.emplace_back(names_.number_of(edge.repository.text));
    arguments.emplace_back(sha);
    arguments.emplace_back(ancestor);
    arguments.emplace_back(static_cast<std::int64_t>(edge.kind));
  }
  std::vector<bool> is_new(edges.size());
  const auto changes = connection_.run_each(kInsertEdge, kEdgeColumns, arguments);
  for (std::size_t i = 0; i < changes.size(); ++i) is_new[i] = changes[i] > 0;
  return is_new;
}

/// The first of `count` new versions.
std::uint64_t Writer::next_versions(std::size_t count) {
  const auto last = connection_.integer(
      "INSERT INTO counters (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET "
      "value = counters.value + excluded.value RETURNING value",
      kMarkVersion, static_cast<std::int64_t>(count));
  return last && *last ? static_cast<std::uint64_t>(**last) - count + 1 : 0;
}

void Writer::mark_services(std::span<const ServiceMark> marks) {
  if (marks.empty()) return;
  std::vector<ServiceMark> merged(marks.begin(), marks.end());
  std::vector<Argument> services;
  for (const auto& mark : marks) services.emplace_back(mark.service);
  connection_.open_each(kSelectMark, 1, services, [&](std::size_t index, Rows& rows) {
    Query query(rows);
    if (!query.next()) return;
    ServiceMark& mark = merged[index];
    const auto before = query.optional_instant(0);
    if (before && (!mark.since || *before < *mark.since)) mark.since = before;
    const auto known = unpack_keys(query.bytes(1));
    mark.givers.insert(mark.givers.end(), known.begin(), known.end());
  });
  std::uint64_t version = next_versions(merged.size());
  for (ServiceMark& mark : merged) {
    run(kPutMark, mark.service, mark.since, Blob{pack_keys(std::move(mark.givers))}, version++);
  }
}

void Writer::clear_service_mark(const ServiceName& service, std::uint64_t version) {
  run("DELETE FROM service_marks WHERE service = $1 AND version = $2", service, version);
}

void Writer::mark_day(const DirtyDay& day) {
  run("INSERT INTO day_marks (metric, service, environment, simulated, day) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT DO NOTHING",
      day.place.metric, day.place.service, day.place.environment, day.place.simulated, day.day.number);
}

void Writer::clear_day_mark(const DirtyDay& day) {
  run("DELETE FROM day_marks WHERE metric = $1 AND service = $2 AND environment = $3 AND simulated = $4 AND day = $5",
      day.place.metric, day.place.service, day.place.environment, day.place.simulated, day.day.number);
}

}  // namespace fairlead::store::sql
