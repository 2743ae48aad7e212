#include <algorithm>
#include <array>
#include <limits>

#include "store/entity_query.h"
#include "store/sql/derived_view.h"

namespace fairlead::store::sql {
namespace {

// The columns are kEntityColumns. A list has two parts: rows with a time by (at, key), then those without by key.
#define FAIRLEAD_SELECT_ENTITIES \
  "SELECT key, kind, service, environment, repository, at, status, production, simulated, body FROM entities "

constexpr std::string_view kTimedUp =
    FAIRLEAD_SELECT_ENTITIES "WHERE kind = $1 AND (at, key) > ($2, $3) AND at < $4 ORDER BY at, key";
constexpr std::string_view kTimedDown =
    FAIRLEAD_SELECT_ENTITIES "WHERE kind = $1 AND (at, key) < ($2, $3) AND at >= $4 ORDER BY at DESC, key DESC";
constexpr std::string_view kUntimedUp =
    FAIRLEAD_SELECT_ENTITIES "WHERE kind = $1 AND at IS NULL AND key > $2 ORDER BY key";
constexpr std::string_view kUntimedDown =
    FAIRLEAD_SELECT_ENTITIES "WHERE kind = $1 AND at IS NULL AND key < $2 ORDER BY key DESC";
constexpr std::string_view kServiceTimedUp =
    FAIRLEAD_SELECT_ENTITIES "WHERE kind = $1 AND (at, key) > ($2, $3) AND at < $4 AND service = $5 ORDER BY at, key";
constexpr std::string_view kServiceTimedDown = FAIRLEAD_SELECT_ENTITIES
    "WHERE kind = $1 AND (at, key) < ($2, $3) AND at >= $4 AND service = $5 ORDER BY at DESC, key DESC";
constexpr std::string_view kServiceUntimedUp =
    FAIRLEAD_SELECT_ENTITIES "WHERE kind = $1 AND at IS NULL AND key > $2 AND service = $3 ORDER BY key";
constexpr std::string_view kServiceUntimedDown =
    FAIRLEAD_SELECT_ENTITIES "WHERE kind = $1 AND at IS NULL AND key < $2 AND service = $3 ORDER BY key DESC";

constexpr std::string_view kByKey = FAIRLEAD_SELECT_ENTITIES "WHERE row = (SELECT number FROM keys WHERE key = $1)";
constexpr std::string_view kMentioning =
    FAIRLEAD_SELECT_ENTITIES "WHERE row IN (SELECT entity FROM mentions WHERE term = $1 AND kind = $2)";
constexpr std::string_view kSuccesses =
    FAIRLEAD_SELECT_ENTITIES "WHERE service = $1 AND success_at >= $2 ORDER BY success_at, key";
constexpr std::string_view kSuccessBefore = FAIRLEAD_SELECT_ENTITIES
    "WHERE service = $1 AND environment = $2 AND (success_at, key) < ($3, $4) AND success_at IS NOT NULL "
    "ORDER BY success_at DESC, key DESC LIMIT 1";
constexpr std::string_view kSuccessesBetween = FAIRLEAD_SELECT_ENTITIES
    "WHERE service = $1 AND environment = $2 AND success_at >= $3 AND success_at <= $4 "
    "ORDER BY success_at DESC, key DESC";

#undef FAIRLEAD_SELECT_ENTITIES

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
/// Less and greater than every key.
constexpr std::string_view kBeforeKeys = "";
constexpr std::string_view kAfterKeys = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
/// Up to this many services are read each from its own index range; more are filtered from the list of all.
constexpr std::size_t kServiceScansMax = 16;

using Queries = std::vector<std::unique_ptr<Query>>;

/// Opens the scans of the list's first part; without a service number, one over all services.
std::unique_ptr<Query> timed_scan(Connection& connection, const EntityQuery& query,
                                  const std::optional<ListPosition>& after, std::optional<std::int64_t> service) {
  const auto kind = static_cast<std::int64_t>(query.kind);
  const std::int64_t from = query.from ? query.from->ms : kEarliest;
  const std::int64_t to = query.to ? query.to->ms : kLatest;
  std::int64_t at = query.ascending ? from : to;
  std::string_view key = kBeforeKeys;
  if (after && (query.ascending ? after->at.ms >= at : after->at.ms < at)) {
    at = after->at.ms;
    key = after->key.view();
  } else if (!query.ascending && !query.to) {
    key = kAfterKeys;
  }
  const std::int64_t end = query.ascending ? to : from;
  if (service) {
    return std::make_unique<Query>(connection, Reading::kSome, query.ascending ? kServiceTimedUp : kServiceTimedDown,
                                   kind, at, Blob{key}, end, *service);
  }
  return std::make_unique<Query>(connection, Reading::kSome, query.ascending ? kTimedUp : kTimedDown, kind, at,
                                 Blob{key}, end);
}

std::unique_ptr<Query> untimed_scan(Connection& connection, const EntityQuery& query,
                                    const std::optional<ListPosition>& after, std::optional<std::int64_t> service) {
  const auto kind = static_cast<std::int64_t>(query.kind);
  std::string_view key = query.ascending ? kBeforeKeys : kAfterKeys;
  if (after && !after->timed) key = after->key.view();
  if (service) {
    return std::make_unique<Query>(connection, Reading::kSome,
                                   query.ascending ? kServiceUntimedUp : kServiceUntimedDown, kind, Blob{key},
                                   *service);
  }
  return std::make_unique<Query>(connection, Reading::kSome, query.ascending ? kUntimedUp : kUntimedDown, kind,
                                 Blob{key});
}

/// Names of a filter as numbers, so that rows are compared before they are decoded.
class ColumnFilter {
 public:
  template <class T, class Text>
  ColumnFilter(NameTable& names, const std::vector<T>& wanted, const Text& text_of) : everything_(wanted.empty()) {
    for (const auto& name : wanted) {
      if (const auto number = names.find(text_of(name))) numbers_.push_back(*number);
    }
  }
  bool passes(std::int64_t number) const {
    return everything_ || std::find(numbers_.begin(), numbers_.end(), number) != numbers_.end();
  }
  const std::vector<std::int64_t>& numbers() const { return numbers_; }
  bool everything() const { return everything_; }

 private:
  bool everything_;
  std::vector<std::int64_t> numbers_;
};

struct RowFilter {
  ColumnFilter services;
  ColumnFilter environments;
  ColumnFilter repositories;
  ColumnFilter statuses;
  std::optional<bool> simulated;

  bool passes(const Query& row) const {
    return services.passes(row.integer(2)) && environments.passes(row.integer(3)) &&
           repositories.passes(row.integer(4)) && statuses.passes(row.integer(6)) &&
           (!simulated || *simulated == (row.integer(8) != 0));
  }
};

RowFilter make_filter(NameTable& names, const EntityQuery& query) {
  const auto text = [](const auto& name) -> std::string_view { return name.text; };
  std::vector<RepositoryName> repositories;
  if (query.repository) repositories.push_back(*query.repository);
  return {ColumnFilter(names, query.services, text), ColumnFilter(names, query.environments, text),
          ColumnFilter(names, repositories, text),
          ColumnFilter(names, query.statuses, [](const std::string& s) -> std::string_view { return s; }),
          query.simulated};
}

ListPosition position_of(const Query& row) {
  return {!row.is_null(5), {row.integer(5)}, row.key(0)};
}

/// Feeds the rows of all scans to the page, in list order. Returns whether the page wants more.
Result<bool> merge(Queries scans, const EntityQuery& query, const RowFilter& filter, NameTable& names,
                   PageBuilder& page) {
  const auto advance = [&](std::size_t i) -> Status {
    if (scans[i]->next()) return {};
    RETURN_IF_ERROR(scans[i]->status());
    scans.erase(scans.begin() + static_cast<std::ptrdiff_t>(i));
    return {};
  };
  for (std::size_t i = scans.size(); i-- > 0;) RETURN_IF_ERROR(advance(i));
  while (!scans.empty()) {
    std::size_t first = 0;
    for (std::size_t i = 1; i < scans.size(); ++i) {
      if (comes_before(position_of(*scans[i]), position_of(*scans[first]), query.ascending)) first = i;
    }
    if (filter.passes(*scans[first])) {
      ASSIGN_OR_RETURN(const EntityRow row, entity_at(*scans[first], names));
      if (!page.offer_filtered(row)) return false;
    }
    RETURN_IF_ERROR(advance(first));
  }
  return true;
}

Result<std::vector<EntityRow>> all_rows(Query& query, NameTable& names) {
  std::vector<EntityRow> rows;
  while (query.next()) {
    ASSIGN_OR_RETURN(EntityRow row, entity_at(query, names));
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(names.status());
  return rows;
}

Result<std::optional<EntityRow>> first_row(Query& query, NameTable& names) {
  if (query.next()) {
    ASSIGN_OR_RETURN(EntityRow row, entity_at(query, names));
    return row;
  }
  RETURN_IF_ERROR(names.status());
  return std::nullopt;
}

template <class T>
Result<std::vector<T>> counted_names(Connection& connection, std::string_view sql) {
  std::vector<T> found;
  Query query(connection, sql);
  while (query.next()) found.push_back(T(query.text(0)));
  RETURN_IF_ERROR(query.status());
  return found;
}

}  // namespace

Result<std::optional<EntityRow>> View::entity(const EntityKey& key) {
  Query query(connection_, kByKey, key);
  return first_row(query, names_);
}

Result<std::vector<std::optional<EntityRow>>> View::entities_of(std::span<const EntityKey> keys) {
  std::vector<std::optional<EntityRow>> found(keys.size());
  std::vector<Argument> arguments;
  for (const auto& key : keys) arguments.emplace_back(key);
  std::optional<Error> unreadable;
  connection_.open_each(kByKey, 1, arguments, [&](std::size_t index, Rows& rows) {
    Query query(rows);
    auto row = first_row(query, names_);
    if (row) {
      found[index] = std::move(*row);
    } else if (!unreadable) {
      unreadable = row.error();
    }
  });
  if (unreadable) return std::unexpected(*unreadable);
  RETURN_IF_ERROR(names_.status());
  return found;
}

Result<EntityPage> View::entities(const EntityQuery& query) {
  RETURN_IF_ERROR(check_limit(query.limit));
  std::optional<ListPosition> after;
  if (!query.cursor.empty()) {
    ASSIGN_OR_RETURN(after, parse_list_cursor(query.cursor));
  }
  const RowFilter filter = make_filter(names_, query);
  std::vector<std::optional<std::int64_t>> services;
  if (filter.services.everything() || filter.services.numbers().size() > kServiceScansMax) {
    services.push_back(std::nullopt);
  } else {
    services.assign(filter.services.numbers().begin(), filter.services.numbers().end());
    std::sort(services.begin(), services.end());
    services.erase(std::unique(services.begin(), services.end()), services.end());
  }
  PageBuilder page(query);
  bool wants_more = true;
  if (!after || after->timed) {
    Queries scans;
    for (const auto& service : services) scans.push_back(timed_scan(connection_, query, after, service));
    ASSIGN_OR_RETURN(wants_more, merge(std::move(scans), query, filter, names_, page));
  }
  if (wants_more && !query.from && !query.to) {
    Queries scans;
    for (const auto& service : services) scans.push_back(untimed_scan(connection_, query, after, service));
    RETURN_IF_ERROR(merge(std::move(scans), query, filter, names_, page));
  }
  return page.take();
}

Result<std::vector<EntityRow>> View::mentioning(const Mention& term, EntityKind kind) {
  ASSIGN_OR_RETURN(auto found, mentioning_each({&term, 1}, kind));
  return std::move(found.front());
}

Result<std::vector<std::vector<EntityRow>>> View::mentioning_each(std::span<const Mention> terms, EntityKind kind) {
  std::vector<std::vector<EntityRow>> found(terms.size());
  std::vector<Argument> arguments;
  for (const auto& term : terms) {
    arguments.emplace_back(mention_hash(term));
    arguments.emplace_back(static_cast<std::int64_t>(kind));
  }
  std::optional<Error> unreadable;
  connection_.open_each(kMentioning, 2, arguments, [&](std::size_t index, Rows& rows) {
    Query query(rows);
    auto entities = all_rows(query, names_);
    if (entities) {
      // Not by the statement: where many are answered as one, their order would be the server's affair.
      std::ranges::sort(*entities, {}, &EntityRow::key);
      found[index] = std::move(*entities);
    } else if (!unreadable) {
      unreadable = entities.error();
    }
  });
  if (unreadable) return std::unexpected(*unreadable);
  RETURN_IF_ERROR(names_.status());
  return found;
}

Result<std::vector<ServiceName>> View::services() {
  flush();
  return counted_names<ServiceName>(
      connection_,
      "SELECT text FROM service_counts JOIN names ON number = name WHERE count > 0 AND text <> '' "
      "ORDER BY text");
}

Result<std::vector<EnvironmentName>> View::environments() {
  flush();
  return counted_names<EnvironmentName>(
      connection_,
      "SELECT text FROM environment_counts JOIN names ON number = name WHERE count > 0 AND text <> '' "
      "ORDER BY text");
}

Result<std::vector<EntityRow>> View::successes(const ServiceName& service, std::optional<Instant> from) {
  const auto number = names_.find(service.text);
  if (!number) return none<std::vector<EntityRow>>();
  Query query(connection_, kSuccesses, *number, from ? from->ms : kEarliest);
  return all_rows(query, names_);
}

Result<std::optional<EntityRow>> View::success_before(const ServiceName& service, const EnvironmentName& environment,
                                                      Instant at, const EntityKey& key) {
  const auto service_number = names_.find(service.text);
  const auto environment_number = names_.find(environment.text);
  if (!service_number || !environment_number) return none<std::optional<EntityRow>>();
  Query query(connection_, kSuccessBefore, *service_number, *environment_number, at, key);
  return first_row(query, names_);
}

Result<std::vector<EntityRow>> View::successes_between(const ServiceName& service, const EnvironmentName& environment,
                                                       Instant from, Instant to) {
  const auto service_number = names_.find(service.text);
  const auto environment_number = names_.find(environment.text);
  if (!service_number || !environment_number) return none<std::vector<EntityRow>>();
  Query query(connection_, kSuccessesBetween, *service_number, *environment_number, from, to);
  return all_rows(query, names_);
}

}  // namespace fairlead::store::sql
