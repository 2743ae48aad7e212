#include <algorithm>
#include <tuple>

#include "store/sql/derived_view.h"

namespace fairlead::store::sql {
namespace {

constexpr std::string_view kStreamOfService =
    "SELECT key, service, environment, repository, finished_at, baseline, ancestry_unknown, shipped_count "
    "FROM streams JOIN keys ON number = deployment WHERE service = $1 AND finished_at >= $2";
constexpr std::string_view kStreamsOfDeployment =
    "SELECT key, service, environment, repository, finished_at, baseline, ancestry_unknown, shipped_count "
    "FROM keys JOIN streams ON deployment = number WHERE key = $1";
constexpr std::string_view kBaselines =
    "SELECT key, service, environment, repository, finished_at, baseline, ancestry_unknown, shipped_count "
    "FROM streams JOIN keys ON number = deployment WHERE repository = $1 AND baseline = 1";
constexpr std::string_view kShippedBy =
    "SELECT key, repository, sha, service, environment FROM keys JOIN shipped ON deployment = number WHERE key = $1";
constexpr std::string_view kShippers =
    "SELECT key, repository, sha, service, environment FROM shipped JOIN keys ON number = deployment "
    "WHERE repository = $1 AND sha = $2";
constexpr std::string_view kMissingOf =
    "SELECT key, repository, sha, service, environment, since FROM keys JOIN missing ON deployment = number "
    "WHERE key = $1";
constexpr std::string_view kMissingFor =
    "SELECT key, repository, sha, service, environment, since FROM missing JOIN keys ON number = deployment "
    "WHERE repository = $1 AND sha = $2";
constexpr std::string_view kEvidenceOn =
    "SELECT giver, deployment, kind, service, at, remedied_at, excluded FROM evidence WHERE deployment = $1";
constexpr std::string_view kEvidenceBy =
    "SELECT giver, deployment, kind, service, at, remedied_at, excluded FROM evidence WHERE giver = $1";

constexpr std::string_view kHasAncestors = "SELECT 1 FROM edges WHERE repository = $1 AND sha = $2";

constexpr std::int64_t kNoNumber = 0;  ///< Numbers begin at 1.

}  // namespace

StreamDeployment stream_at(const Query& query, NameTable& names) {
  StreamDeployment row;
  row.deployment = query.key(0);
  row.service = ServiceName(names.text_of(query.integer(1)));
  row.environment = EnvironmentName(names.text_of(query.integer(2)));
  row.repository = RepositoryName(names.text_of(query.integer(3)));
  row.finished_at = query.instant(4);
  row.baseline = query.integer(5) != 0;
  row.ancestry_unknown = query.integer(6) != 0;
  row.shipped_count = query.integer(7);
  return row;
}

Shipped shipped_at(const Query& query, NameTable& names) {
  Shipped row;
  row.deployment = query.key(0);
  row.repository = RepositoryName(names.text_of(query.integer(1)));
  row.sha = sha_at(query, 2);
  row.service = ServiceName(names.text_of(query.integer(3)));
  row.environment = EnvironmentName(names.text_of(query.integer(4)));
  return row;
}

Missing missing_at(const Query& query, NameTable& names) {
  Missing row;
  row.deployment = query.key(0);
  row.repository = RepositoryName(names.text_of(query.integer(1)));
  row.sha = sha_at(query, 2);
  row.service = ServiceName(names.text_of(query.integer(3)));
  row.environment = EnvironmentName(names.text_of(query.integer(4)));
  row.since = query.instant(5);
  return row;
}

Evidence evidence_at(const Query& query, NameTable& names) {
  Evidence row;
  row.by = query.key(0);
  row.deployment = query.key(1);
  row.kind = static_cast<EvidenceKind>(query.integer(2));
  row.service = ServiceName(names.text_of(query.integer(3)));
  row.at = query.instant(4);
  row.remedied_at = query.optional_instant(5);
  row.excluded = query.text(6);
  return row;
}

namespace {

/// All rows of the query, in the order of the type.
template <class Row>
Result<std::vector<Row>> sorted_rows(Query& query, NameTable& names, Row (*read)(const Query&, NameTable&)) {
  std::vector<Row> rows;
  while (query.next()) rows.push_back(read(query, names));
  RETURN_IF_ERROR(names.status());
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// A stream's order: by place, then finish, then key.
/// Commits as arguments, (repository, sha) each.
class BoundCommits {
 public:
  BoundCommits(NameTable& names, std::span<const CommitRef> commits) {
    shas_.reserve(commits.size());
    for (const auto& [repository, sha] : commits) {
      arguments_.emplace_back(names.find(repository.text).value_or(kNoNumber));
      arguments_.emplace_back(shas_.emplace_back(sha));
    }
  }
  std::span<const Argument> arguments() const { return arguments_; }

 private:
  std::vector<StoredSha> shas_;
  std::vector<Argument> arguments_;
};

/// The rows of each commit, in the order of the type.
template <class Row>
Result<std::vector<std::vector<Row>>> rows_of_each(Connection& connection, NameTable& names, std::string_view sql,
                                                   std::span<const CommitRef> commits,
                                                   Row (*read)(const Query&, NameTable&)) {
  std::vector<std::vector<Row>> found(commits.size());
  const BoundCommits bound(names, commits);
  connection.open_each(sql, 2, bound.arguments(), [&](std::size_t index, Rows& rows) {
    Query query(rows);
    while (query.next()) found[index].push_back(read(query, names));
    std::sort(found[index].begin(), found[index].end());
  });
  RETURN_IF_ERROR(names.status());
  return found;
}

void sort_streams(std::vector<StreamDeployment>& rows) {
  const auto key = [](const StreamDeployment& r) {
    return std::tie(r.service, r.environment, r.repository, r.finished_at, r.deployment);
  };
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
}

Result<std::vector<StreamDeployment>> stream_rows(Query& query, NameTable& names) {
  ASSIGN_OR_RETURN(auto rows, sorted_rows(query, names, stream_at));
  sort_streams(rows);
  return rows;
}

/// The rows of each key, in the order of the type.
template <class Row>
Result<std::vector<std::vector<Row>>> rows_of_each_key(Connection& connection, NameTable& names, std::string_view sql,
                                                       std::span<const EntityKey> keys,
                                                       Row (*read)(const Query&, NameTable&)) {
  std::vector<std::vector<Row>> found(keys.size());
  std::vector<Argument> arguments;
  for (const auto& key : keys) arguments.emplace_back(key);
  connection.open_each(sql, 1, arguments, [&](std::size_t index, Rows& rows) {
    Query query(rows);
    while (query.next()) found[index].push_back(read(query, names));
    std::sort(found[index].begin(), found[index].end());
  });
  RETURN_IF_ERROR(names.status());
  return found;
}

template <class Row>
Result<std::vector<Row>> first_of(Result<std::vector<std::vector<Row>>> found) {
  if (!found) return std::unexpected(std::move(found).error());
  return std::move(found->front());
}

}  // namespace

Result<std::vector<EdgeRow>> View::edges(const RepositoryName& repository, std::uint64_t after_row, std::size_t limit) {
  std::vector<EdgeRow> rows;
  const auto number = names_.find(repository.text);
  if (!number) return none<std::vector<EdgeRow>>();
  Query query(connection_, Reading::kSome,
              "SELECT row, sha, ancestor, kind FROM edges WHERE repository = $1 AND row > $2 ORDER BY repository, row",
              *number, after_row);
  while (rows.size() < limit && query.next()) {
    rows.push_back({query.number(0), sha_at(query, 1), sha_at(query, 2), static_cast<EdgeKind>(query.integer(3))});
  }
  RETURN_IF_ERROR(names_.status());
  return rows;
}

Result<bool> View::has_ancestors(const RepositoryName& repository, const CommitSha& sha) {
  const CommitRef commit{repository, sha};
  ASSIGN_OR_RETURN(const auto found, have_ancestors({&commit, 1}));
  return found.front();
}

Result<std::vector<bool>> View::have_ancestors(std::span<const CommitRef> commits) {
  std::vector<bool> found(commits.size());
  const BoundCommits bound(names_, commits);
  connection_.open_each(kHasAncestors, 2, bound.arguments(),
                        [&](std::size_t index, Rows& rows) { found[index] = rows.next(); });
  RETURN_IF_ERROR(names_.status());
  return found;
}

Result<std::vector<DirtyService>> View::dirty_services(std::size_t limit, const ServiceFilter& wanted) {
  std::vector<DirtyService> rows;
  Query query(connection_, Reading::kSome,
              "SELECT service, since, givers, version FROM service_marks ORDER BY service");
  while (rows.size() < limit && query.next()) {
    if (wanted && !wanted(ServiceName(query.text(0)))) continue;
    rows.push_back(
        {ServiceName(query.text(0)), query.optional_instant(1), unpack_keys(query.bytes(2)), query.number(3)});
  }
  RETURN_IF_ERROR(names_.status());
  return rows;
}

Result<std::vector<DirtyDay>> View::dirty_days(std::size_t limit, const ServiceFilter& wanted) {
  std::vector<DirtyDay> rows;
  Query query(connection_, Reading::kSome,
              "SELECT metric, service, environment, simulated, day FROM day_marks "
              "ORDER BY metric, service, environment, simulated, day");
  while (rows.size() < limit && query.next()) {
    if (wanted && !wanted(ServiceName(query.text(1)))) continue;
    rows.push_back(
        {{MetricName(query.text(0)), ServiceName(query.text(1)), EnvironmentName(query.text(2)), query.integer(3) != 0},
         Day{static_cast<std::int32_t>(query.integer(4))}});
  }
  RETURN_IF_ERROR(names_.status());
  return rows;
}

Result<std::vector<StreamDeployment>> View::stream(const ServiceName& service) {
  return stream_since(service, std::nullopt);
}

Result<std::vector<StreamDeployment>> View::stream_since(const ServiceName& service, std::optional<Instant> from) {
  const auto number = names_.find(service.text);
  if (!number) return none<std::vector<StreamDeployment>>();
  Query query(connection_, kStreamOfService, *number, from ? from->ms : std::numeric_limits<std::int64_t>::min());
  return stream_rows(query, names_);
}

Result<std::vector<StreamDeployment>> View::streams_of(const EntityKey& deployment) {
  return first_of(streams_of_each({&deployment, 1}));
}

Result<std::vector<std::vector<StreamDeployment>>> View::streams_of_each(std::span<const EntityKey> deployments) {
  ASSIGN_OR_RETURN(auto found, rows_of_each_key<StreamDeployment>(connection_, names_, kStreamsOfDeployment,
                                                                  deployments, stream_at));
  for (auto& rows : found) sort_streams(rows);
  return found;
}

Result<std::vector<StreamDeployment>> View::baselines(const RepositoryName& repository) {
  const auto number = names_.find(repository.text);
  if (!number) return none<std::vector<StreamDeployment>>();
  Query query(connection_, kBaselines, *number);
  return stream_rows(query, names_);
}

Result<std::vector<Shipped>> View::shipped_by(const EntityKey& deployment) {
  return first_of(shipped_by_each({&deployment, 1}));
}

Result<std::vector<std::vector<Shipped>>> View::shipped_by_each(std::span<const EntityKey> deployments) {
  return rows_of_each_key<Shipped>(connection_, names_, kShippedBy, deployments, shipped_at);
}

Result<std::vector<Shipped>> View::shippers(const RepositoryName& repository, const CommitSha& sha) {
  const CommitRef commit{repository, sha};
  ASSIGN_OR_RETURN(auto found, shippers_each({&commit, 1}));
  return std::move(found.front());
}

Result<std::vector<std::vector<Shipped>>> View::shippers_each(std::span<const CommitRef> commits) {
  return rows_of_each<Shipped>(connection_, names_, kShippers, commits, shipped_at);
}

Result<std::vector<Missing>> View::missing_for(const RepositoryName& repository, const CommitSha& sha) {
  const CommitRef commit{repository, sha};
  ASSIGN_OR_RETURN(auto found, missing_each({&commit, 1}));
  return std::move(found.front());
}

Result<std::vector<std::vector<Missing>>> View::missing_each(std::span<const CommitRef> commits) {
  return rows_of_each<Missing>(connection_, names_, kMissingFor, commits, missing_at);
}

Result<std::vector<Missing>> View::missing_of(const EntityKey& deployment) {
  return first_of(missing_of_each({&deployment, 1}));
}

Result<std::vector<std::vector<Missing>>> View::missing_of_each(std::span<const EntityKey> deployments) {
  return rows_of_each_key<Missing>(connection_, names_, kMissingOf, deployments, missing_at);
}

Result<std::vector<Evidence>> View::evidence_on(const EntityKey& deployment) {
  return first_of(evidence_on_each({&deployment, 1}));
}

Result<std::vector<std::vector<Evidence>>> View::evidence_on_each(std::span<const EntityKey> deployments) {
  return rows_of_each_key<Evidence>(connection_, names_, kEvidenceOn, deployments, evidence_at);
}

Result<std::vector<Evidence>> View::evidence_by(const EntityKey& giver) {
  return first_of(evidence_by_each({&giver, 1}));
}

Result<std::vector<std::vector<Evidence>>> View::evidence_by_each(std::span<const EntityKey> givers) {
  return rows_of_each_key<Evidence>(connection_, names_, kEvidenceBy, givers, evidence_at);
}

}  // namespace fairlead::store::sql
