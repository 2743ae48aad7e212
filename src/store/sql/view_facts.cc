#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "store/entity_query.h"
#include "store/sql/derived_view.h"

namespace fairlead::store::sql {
namespace {

constexpr std::string_view kFactsUp =
    "SELECT at, subject, owner, subject_kind, production, first_in_production, value, excluded FROM facts "
    "WHERE place = $1 AND (at, subject, owner) > ($2, $3, $4) AND at < $5 ORDER BY at, subject, owner";
constexpr std::string_view kFactsDown =
    "SELECT at, subject, owner, subject_kind, production, first_in_production, value, excluded FROM facts "
    "WHERE place = $1 AND (at, subject, owner) < ($2, $3, $4) AND at >= $5 "
    "ORDER BY at DESC, subject DESC, owner DESC";
constexpr std::string_view kFactsOfDay =
    "SELECT at, subject, owner, subject_kind, production, first_in_production, value, excluded FROM facts "
    "WHERE place = $1 AND at >= $2 AND at < $3 ORDER BY at, subject, owner";
constexpr std::string_view kPlacesOfMetric =
    "SELECT number, service, environment FROM places WHERE metric = $1 AND simulated = $2";
constexpr std::string_view kPlacesOfService =
    "SELECT number, service, environment FROM places WHERE metric = $1 AND simulated = $2 AND service = $3";
constexpr std::string_view kFactsOfOwner =
    "SELECT facts FROM fact_owners WHERE owner = (SELECT number FROM keys WHERE key = $1)";
constexpr std::string_view kFact =
    "SELECT at, subject, owner, subject_kind, production, first_in_production, value, excluded FROM facts "
    "WHERE place = $1 AND at = $2 AND subject = $3 AND owner = $4";

/// Less and greater than every key.
constexpr std::string_view kBeforeKeys = "";
constexpr std::string_view kAfterKeys = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";

/// The row after which (or before which, downwards) one place's rows of the page begin.
struct Bound {
  std::int64_t at;
  std::string_view subject;
  std::string_view owner;
  friend auto operator<=>(const Bound&, const Bound&) = default;
};

/// In the list, rows with equal time and subject are ordered by place and then owner; so what the cursor means for one
/// place depends on how this place stands to the cursor's.
Bound bound_of(const SummaryPlace& place, const FactQuery& query, const std::optional<FactPosition>& after) {
  const Bound range{query.ascending ? query.range.from.ms : query.range.to.ms, kBeforeKeys, kBeforeKeys};
  if (!after) return range;
  const auto here = std::tie(place.metric, place.service, place.environment);
  const auto there = std::tie(after->metric, after->service, after->environment);
  std::string_view owner = after->owner.view();
  if (here < there) owner = kAfterKeys;
  if (here > there) owner = kBeforeKeys;
  const Bound cursor{after->at.ms, after->subject.view(), owner};
  return query.ascending ? std::max(range, cursor) : std::min(range, cursor);
}

}  // namespace

Fact View::fact_at(const Query& query, int column, const SummaryPlace& place) {
  Fact fact;
  fact.owner = query.key(column + 2);
  fact.metric = place.metric;
  fact.service = place.service;
  fact.environment = place.environment;
  fact.simulated = place.simulated;
  fact.production = query.integer(column + 4) != 0;
  fact.first_in_production = query.integer(column + 5) != 0;
  fact.at = query.instant(column);
  fact.subject = query.key(column + 1);
  fact.subject_kind = static_cast<EntityKind>(query.integer(column + 3));
  if (!query.is_null(column + 6)) fact.value = query.integer(column + 6);
  fact.excluded = names_.text_of(query.integer(column + 7));
  return fact;
}

Result<std::vector<Fact>> View::facts_of(const EntityKey& owner) {
  ASSIGN_OR_RETURN(auto found, facts_of_each({&owner, 1}));
  return std::move(found.front());
}

Result<std::vector<std::vector<Fact>>> View::facts_of_each(std::span<const EntityKey> owners) {
  std::vector<Argument> keys;
  for (const auto& owner : owners) keys.emplace_back(owner);
  std::vector<std::pair<std::size_t, FactReference>> references;  // With the index of the owner.
  std::optional<Error> unreadable;
  connection_.open_each(kFactsOfOwner, 1, keys, [&](std::size_t index, Rows& rows) {
    if (!rows.next()) return;
    const auto found = unpack_fact_references(rows.bytes(0), owners[index]);
    if (!found) {
      unreadable = found.error();
      return;
    }
    for (const auto& reference : *found) references.emplace_back(index, reference);
  });
  if (unreadable) return std::unexpected(*unreadable);
  std::vector<Argument> arguments;
  for (const auto& [index, reference] : references) {
    arguments.emplace_back(reference.place);
    arguments.emplace_back(reference.at);
    arguments.emplace_back(reference.subject);
    arguments.emplace_back(owners[index]);
  }
  std::vector<std::vector<Fact>> facts(owners.size());
  connection_.open_each(kFact, 4, arguments, [&](std::size_t number, Rows& rows) {
    const auto& [index, reference] = references[number];
    Query query(rows);
    if (query.next()) facts[index].push_back(fact_at(query, 0, names_.place_of(reference.place)));
  });
  RETURN_IF_ERROR(names_.status());
  for (auto& rows : facts) rows = fact_set(rows);
  return facts;
}

Result<std::vector<View::PlaceNumber>> View::places_of(const FactQuery& query) {
  std::vector<PlaceNumber> found;
  const auto add_rows = [&](Query& rows, const std::optional<MetricName>& metric) -> Status {
    while (rows.next()) {
      PlaceNumber row{
          rows.integer(0),
          {metric ? *metric : MetricName(names_.text_of(rows.integer(3))), ServiceName(names_.text_of(rows.integer(1))),
           EnvironmentName(names_.text_of(rows.integer(2))), query.simulated}};
      if (means_place(query, row.place)) found.push_back(std::move(row));
    }
    return names_.status();
  };
  if (query.metrics.empty()) {
    Query rows(connection_, "SELECT number, service, environment, metric FROM places WHERE simulated = $1",
               query.simulated);
    RETURN_IF_ERROR(add_rows(rows, std::nullopt));
  }
  std::vector<MetricName> metrics = query.metrics;
  std::sort(metrics.begin(), metrics.end());
  metrics.erase(std::unique(metrics.begin(), metrics.end()), metrics.end());
  const std::set<ServiceName> services(query.services.begin(), query.services.end());
  for (const auto& metric : metrics) {
    const auto number = names_.find(metric.text);
    if (!number) continue;
    if (services.empty()) {
      Query rows(connection_, kPlacesOfMetric, *number, query.simulated);
      RETURN_IF_ERROR(add_rows(rows, metric));
    }
    for (const auto& service : services) {
      const auto service_number = names_.find(service.text);
      if (!service_number) continue;
      Query rows(connection_, kPlacesOfService, *number, query.simulated, *service_number);
      RETURN_IF_ERROR(add_rows(rows, metric));
    }
  }
  return found;
}

/// Adds what the page can need of one place: its first rows up to one more than the limit.
Status View::add_facts(const PlaceNumber& place, const FactQuery& query, const std::optional<FactPosition>& after,
                       std::vector<Fact>& rows) {
  const Bound bound = bound_of(place.place, query, after);
  const Reading reading = query.limit == std::numeric_limits<std::size_t>::max() ? Reading::kAll : Reading::kSome;
  Query found(connection_, reading, query.ascending ? kFactsUp : kFactsDown, place.number, bound.at,
              Blob{bound.subject}, Blob{bound.owner}, query.ascending ? query.range.to : query.range.from);
  std::size_t taken = 0;
  while (taken <= query.limit && found.next()) {
    Fact fact = fact_at(found, 0, place.place);
    if (!means_row(query, fact)) continue;
    rows.push_back(std::move(fact));
    if (query.limit != std::numeric_limits<std::size_t>::max()) ++taken;
  }
  return names_.status();
}

Result<FactPage> View::facts(const FactQuery& query) {
  RETURN_IF_ERROR(check_limit(query.limit));
  std::optional<FactPosition> after;
  if (!query.cursor.empty()) {
    ASSIGN_OR_RETURN(after, parse_fact_cursor(query.cursor));
  }
  ASSIGN_OR_RETURN(const auto places, places_of(query));
  std::vector<Fact> rows;
  for (const auto& place : places) RETURN_IF_ERROR(add_facts(place, query, after, rows));
  return cut_page(std::move(rows), query);
}

/// For days: each query names one metric and one service or all. Those of one environment are mostly known without
/// asking; for the others each group of places is asked for once, all of them together.
Result<std::vector<std::vector<View::PlaceNumber>>> View::places_of_days(std::span<const FactQuery> queries) {
  using Group = std::tuple<MetricName, bool, std::optional<ServiceName>>;
  std::vector<std::vector<PlaceNumber>> found(queries.size());
  std::map<Group, std::vector<std::size_t>> of_metric;
  std::map<Group, std::vector<std::size_t>> of_service;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const FactQuery& query = queries[i];
    const MetricName& metric = query.metrics.front();
    if (query.services.empty()) {
      of_metric[{metric, query.simulated, std::nullopt}].push_back(i);
    } else if (query.environments.empty()) {
      of_service[{metric, query.simulated, query.services.front()}].push_back(i);
    } else {
      const SummaryPlace place{metric, query.services.front(), query.environments.front(), query.simulated};
      if (const auto number = names_.find_place(place)) found[i].push_back({*number, place});
    }
  }
  const auto ask = [&](std::string_view sql, std::size_t width,
                       const std::map<Group, std::vector<std::size_t>>& groups) {
    std::vector<Argument> arguments;
    std::vector<const std::vector<std::size_t>*> asked;
    for (const auto& [group, members] : groups) {
      const auto& [metric, simulated, service] = group;
      const auto metric_number = names_.find(metric.text);
      const auto service_number = names_.find(service ? service->text : std::string());
      if (!metric_number || (service && !service_number)) continue;
      asked.push_back(&members);
      arguments.emplace_back(*metric_number);
      arguments.emplace_back(simulated);
      if (service) arguments.emplace_back(*service_number);
    }
    connection_.open_each(sql, width, arguments, [&](std::size_t index, Rows& rows) {
      const FactQuery& first = queries[asked[index]->front()];
      while (rows.next()) {
        const PlaceNumber row{rows.integer(0),
                              {first.metrics.front(), ServiceName(names_.text_of(rows.integer(1))),
                               EnvironmentName(names_.text_of(rows.integer(2))), first.simulated}};
        for (const std::size_t member : *asked[index]) found[member].push_back(row);
      }
    });
  };
  ask(kPlacesOfMetric, 2, of_metric);
  ask(kPlacesOfService, 3, of_service);
  RETURN_IF_ERROR(names_.status());
  return found;
}

Result<std::vector<std::vector<Fact>>> View::facts_of_days(std::span<const PlaceDay> days) {
  std::vector<FactQuery> queries;
  for (const PlaceDay& day : days) queries.push_back(query_of_day(day));
  ASSIGN_OR_RETURN(const auto places, places_of_days(queries));
  struct Asked {
    std::size_t day;
    const PlaceNumber* place;
  };
  std::vector<Asked> asked;
  std::vector<Argument> arguments;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    for (const PlaceNumber& place : places[i]) {
      asked.push_back({i, &place});
      arguments.emplace_back(place.number);
      arguments.emplace_back(queries[i].range.from);
      arguments.emplace_back(queries[i].range.to);
    }
  }
  std::vector<std::vector<Fact>> found(days.size());
  connection_.open_each(kFactsOfDay, 3, arguments, [&](std::size_t index, Rows& rows) {
    const auto& [day, place] = asked[index];
    Query query(rows);
    while (query.next()) {
      Fact fact = fact_at(query, 0, place->place);
      if (means_row(queries[day], fact)) found[day].push_back(std::move(fact));
    }
  });
  RETURN_IF_ERROR(names_.status());
  for (std::size_t i = 0; i < queries.size(); ++i) found[i] = cut_page(std::move(found[i]), queries[i]).rows;
  return found;
}

Result<std::map<Day, DaySummary>> View::counts(std::int64_t place, Day first, Day last) {
  std::map<Day, DaySummary> found;
  Query query(connection_,
              "SELECT days FROM summary_counts WHERE place = $1 AND month >= $2 AND month <= $3 ORDER BY month", place,
              month_of(first), month_of(last));
  while (query.next()) {
    ASSIGN_OR_RETURN(auto month, unpack_counts(query.bytes(0)));
    found.merge(month);
  }
  RETURN_IF_ERROR(names_.status());
  found.erase(found.begin(), found.lower_bound(first));
  found.erase(found.upper_bound(last), found.end());
  return found;
}

Result<std::map<Day, DaySummary>> View::summaries(const SummaryPlace& place, Day first, Day last, bool with_values) {
  const auto number = names_.find_place(place);
  if (!number || last < first) return none<std::map<Day, DaySummary>>();
  ASSIGN_OR_RETURN(auto found, counts(*number, first, last));
  if (!with_values) return found;
  Query query(connection_,
              "SELECT day, entries FROM summary_values WHERE place = $1 AND day >= $2 AND day <= $3 ORDER BY day",
              *number, first.number, last.number);
  while (query.next()) {
    ASSIGN_OR_RETURN(found[Day{static_cast<std::int32_t>(query.integer(0))}].values, unpack_values(query.bytes(1)));
  }
  RETURN_IF_ERROR(names_.status());
  return found;
}

Result<std::vector<BinCount>> View::value_bins(const SummaryPlace& place, Day first, Day last) {
  std::vector<BinCount> found;
  const auto number = names_.find_place(place);
  if (!number) return none<std::vector<BinCount>>();
  std::vector<std::int64_t> sums;
  Query query(connection_, "SELECT bins FROM summary_bins WHERE place = $1 AND day >= $2 AND day <= $3", *number,
              first.number, last.number);
  while (query.next()) RETURN_IF_ERROR(add_bins(query.bytes(0), sums));
  RETURN_IF_ERROR(names_.status());
  for (std::size_t bin = 0; bin < sums.size(); ++bin) {
    if (sums[bin] != 0) found.push_back({static_cast<std::int32_t>(bin), sums[bin]});
  }
  return found;
}

Result<std::vector<SummaryPlace>> View::summary_places(const MetricName& metric) {
  std::vector<SummaryPlace> places;
  const auto number = names_.find(metric.text);
  if (!number) return none<std::vector<SummaryPlace>>();
  Query query(connection_,
              "SELECT service, environment, simulated FROM places WHERE metric = $1 "
              "AND number IN (SELECT place FROM summary_counts)",
              *number);
  while (query.next()) {
    places.push_back({metric, ServiceName(names_.text_of(query.integer(0))),
                      EnvironmentName(names_.text_of(query.integer(1))), query.integer(2) != 0});
  }
  RETURN_IF_ERROR(names_.status());
  std::sort(places.begin(), places.end());
  return places;
}

Result<std::vector<KnownSince>> View::known_since(const std::optional<ServiceName>& service) {
  std::vector<KnownSince> rows;
  const auto add_rows = [&](Query& query) -> Status {
    while (query.next()) {
      rows.push_back({ServiceName(query.text(0)), static_cast<DataKind>(query.integer(1)), query.instant(3),
                      query.integer(2) != 0});
    }
    return names_.status();
  };
  if (service) {
    Query query(connection_,
                "SELECT service, kind, simulated, since FROM known_since WHERE service = $1 "
                "ORDER BY kind, simulated",
                *service);
    RETURN_IF_ERROR(add_rows(query));
  } else {
    Query query(connection_,
                "SELECT service, kind, simulated, since FROM known_since ORDER BY service, kind, simulated");
    RETURN_IF_ERROR(add_rows(query));
  }
  return rows;
}

}  // namespace fairlead::store::sql
