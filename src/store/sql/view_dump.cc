#include <algorithm>
#include <set>

#include "store/dump_lines.h"
#include "store/sql/derived_view.h"

namespace fairlead::store::sql {
namespace {

using Sink = std::function<void(std::string_view line)>;

/// Emits rows that come owner by owner, each owner's in the order of the type (names are stored as numbers, so SQL
/// cannot order by them).
template <class Row, class Owner>
Status dump_by_owner(Query& query, const Sink& sink, const std::function<Row()>& read, const Owner& owner_of) {
  std::vector<Row> group;
  const auto flush_group = [&] {
    std::sort(group.begin(), group.end());
    for (const auto& row : group) sink(dump_line(row));
    group.clear();
  };
  while (query.next()) {
    Row row = read();
    if (!group.empty() && owner_of(group.front()) != owner_of(row)) flush_group();
    group.push_back(std::move(row));
  }
  flush_group();
  return query.status();
}

}  // namespace

Status View::dump(const Sink& sink) {
  flush();
  RETURN_IF_ERROR(dump_entities(sink));
  RETURN_IF_ERROR(dump_edges(sink));
  RETURN_IF_ERROR(dump_marks(sink));
  RETURN_IF_ERROR(dump_links(sink));
  RETURN_IF_ERROR(dump_facts(sink));
  RETURN_IF_ERROR(dump_summaries(sink));
  ASSIGN_OR_RETURN(const auto known, known_since(std::nullopt));
  for (const auto& row : known) sink(dump_line(row));
  return names_.status();
}

Status View::dump_entities(const Sink& sink) {
  Query entities(connection_, Reading::kSome,
                 "SELECT keys.key, kind, service, environment, repository, at, status, production, simulated, body "
                 "FROM keys JOIN entities ON row = number ORDER BY keys.key");
  while (entities.next()) {
    ASSIGN_OR_RETURN(const EntityRow row, entity_at(entities, names_));
    sink(dump_line(row));
  }
  RETURN_IF_ERROR(entities.status());
  Query mentions(connection_, Reading::kSome,
                 "SELECT keys.key, mentions FROM keys JOIN entities ON row = number ORDER BY keys.key");
  while (mentions.next()) {
    for (const auto term : unpack_terms(mentions.bytes(1))) sink(dump_mention(mentions.key(0), term));
  }
  return mentions.status();
}

Status View::dump_edges(const Sink& sink) {
  std::vector<std::pair<std::string, std::int64_t>> repositories;
  Query names(connection_,
              "SELECT number, text FROM names WHERE number IN (SELECT repository FROM edges) ORDER BY text");
  while (names.next()) repositories.emplace_back(names.text(1), names.integer(0));
  RETURN_IF_ERROR(names.status());
  for (const auto& [text, number] : repositories) {
    std::vector<Edge> edges;
    Query query(connection_, Reading::kSome, "SELECT sha, ancestor, kind FROM edges WHERE repository = $1", number);
    while (query.next()) {
      edges.push_back(
          {RepositoryName(text), sha_at(query, 0), sha_at(query, 1), static_cast<EdgeKind>(query.integer(2))});
    }
    RETURN_IF_ERROR(query.status());
    std::sort(edges.begin(), edges.end());
    for (const auto& edge : edges) sink(dump_line(edge));
  }
  return {};
}

Status View::dump_marks(const Sink& sink) {
  ASSIGN_OR_RETURN(const auto services, dirty_services(SIZE_MAX, {}));
  for (const auto& mark : services) sink(dump_line(mark));
  ASSIGN_OR_RETURN(const auto days, dirty_days(SIZE_MAX, {}));
  for (const auto& mark : days) sink(dump_line(mark));
  return {};
}

Status View::dump_links(const Sink& sink) {
  const auto of_deployment = [](const auto& row) { return row.deployment; };
  {
    Query query(connection_, Reading::kSome,
                "SELECT key, service, environment, repository, finished_at, baseline, ancestry_unknown, shipped_count "
                "FROM keys JOIN streams ON deployment = number ORDER BY key");
    RETURN_IF_ERROR(dump_by_owner<StreamDeployment>(
        query, sink, [&] { return stream_at(query, names_); }, of_deployment));
  }
  {
    Query query(connection_, Reading::kSome,
                "SELECT key, repository, sha, service, environment FROM keys JOIN shipped ON deployment = number "
                "ORDER BY key");
    RETURN_IF_ERROR(dump_by_owner<Shipped>(
        query, sink, [&] { return shipped_at(query, names_); }, of_deployment));
  }
  {
    Query query(
        connection_, Reading::kSome,
        "SELECT key, repository, sha, service, environment, since FROM keys JOIN missing ON deployment = number "
        "ORDER BY key");
    RETURN_IF_ERROR(dump_by_owner<Missing>(
        query, sink, [&] { return missing_at(query, names_); }, of_deployment));
  }
  Query query(connection_, Reading::kSome,
              "SELECT giver, deployment, kind, service, at, remedied_at, excluded FROM evidence ORDER BY giver");
  return dump_by_owner<Evidence>(
      query, sink, [&] { return evidence_at(query, names_); }, [](const Evidence& row) { return row.by; });
}

Status View::dump_facts(const Sink& sink) {
  Query owners(connection_, Reading::kSome, "SELECT key FROM keys JOIN fact_owners ON owner = number ORDER BY key");
  while (owners.next()) {
    ASSIGN_OR_RETURN(const auto facts, facts_of(owners.key(0)));
    for (const auto& fact : facts) sink(dump_line(fact));
  }
  return owners.status();
}

Status View::dump_summaries(const Sink& sink) {
  std::set<SummaryPlace> places;
  Query query(connection_, "SELECT DISTINCT place FROM summary_counts");
  while (query.next()) places.insert(names_.place_of(query.integer(0)));
  RETURN_IF_ERROR(query.status());
  constexpr Day kFirst{std::numeric_limits<std::int32_t>::min()};
  constexpr Day kLast{std::numeric_limits<std::int32_t>::max()};
  for (const auto& place : places) {
    ASSIGN_OR_RETURN(const auto days, summaries(place, kFirst, kLast, true));
    for (const auto& [day, summary] : days) sink(dump_line(place, day, summary));
  }
  return {};
}

}  // namespace fairlead::store::sql
