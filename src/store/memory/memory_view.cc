#include "store/memory/memory_view.h"

#include <algorithm>

#include "store/dump_lines.h"
#include "store/outcome_counts.h"

namespace fairlead::store::memory {
namespace {

/// The value at `key`, or an empty one.
template <class Key, class Value>
const Value& at_or_empty(const std::map<Key, Value>& map, const Key& key) {
  static const Value empty{};
  const auto at = map.find(key);
  return at == map.end() ? empty : at->second;
}

template <class T>
std::vector<T> sorted(std::vector<T> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// A stream's order: by place, then finish, then key.
void sort_streams(std::vector<StreamDeployment>& rows) {
  const auto key = [](const StreamDeployment& r) {
    return std::tie(r.service, r.environment, r.repository, r.finished_at, r.deployment);
  };
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
}

constexpr EntityKey kGreatestKey = [] {
  EntityKey key;
  key.bytes.fill(0xff);
  return key;
}();

}  // namespace

Result<std::uint64_t> View::position(std::uint32_t lane) {
  return at_or_empty(state().positions, lane);
}

Result<std::map<std::uint32_t, std::uint64_t>> View::positions() {
  return std::map<std::uint32_t, std::uint64_t>(state().positions.begin(), state().positions.end());
}

Result<std::map<std::string, std::string>> View::settings() {
  return std::map<std::string, std::string>(state().settings.begin(), state().settings.end());
}

Result<std::string> View::setting(std::string_view name) {
  const auto at = state().settings.find(name);
  return at == state().settings.end() ? std::string() : at->second;
}

Result<std::vector<DeliveryOutcome>> View::outcomes(std::optional<JournalPosition> before, std::size_t limit) {
  const auto& all = state().outcomes;
  auto at = before ? all.lower_bound({before->sequence, before->lane}) : all.end();
  std::vector<DeliveryOutcome> rows;
  while (at != all.begin() && rows.size() < limit) rows.push_back((--at)->second);
  return rows;
}

Result<std::vector<DeliveryOutcome>> View::outcomes_of(const SourceName& source, std::optional<JournalPosition> before,
                                                       std::size_t limit) {
  const auto& all = state().outcomes;
  auto at = before ? all.lower_bound({before->sequence, before->lane}) : all.end();
  std::vector<DeliveryOutcome> rows;
  while (at != all.begin() && rows.size() < limit) {
    if ((--at)->second.source == source) rows.push_back(at->second);
  }
  return rows;
}

Result<std::map<SourceName, std::map<std::string, std::int64_t>>> View::outcome_counts_by_source() {
  std::map<SourceName, OutcomeCounts> counts;
  for (const auto& [position, row] : state().outcomes) {
    auto& theirs = counts.try_emplace(row.source, no_outcomes()).first->second;
    ++theirs[std::string(to_string(row.outcome))];
  }
  return counts;
}

Result<std::map<std::string, std::int64_t>> View::outcome_counts() {
  ASSIGN_OR_RETURN(const auto by_source, outcome_counts_by_source());
  return total_of(by_source);
}

Result<std::optional<EntityRow>> View::entity(const EntityKey& key) {
  const auto at = state().entities.find(key);
  if (at == state().entities.end()) return std::nullopt;
  return at->second.row;
}

Result<std::vector<std::optional<EntityRow>>> View::entities_of(std::span<const EntityKey> keys) {
  std::vector<std::optional<EntityRow>> found;
  for (const auto& key : keys) {
    ASSIGN_OR_RETURN(found.emplace_back(), entity(key));
  }
  return found;
}

Result<EntityPage> View::entities(const EntityQuery& query) {
  RETURN_IF_ERROR(check_limit(query.limit));
  std::optional<ListPosition> after;
  if (!query.cursor.empty()) {
    ASSIGN_OR_RETURN(after, parse_list_cursor(query.cursor));
  }
  const auto& list = at_or_empty(state().lists, query.kind);
  std::vector<ListPosition> positions(list.begin(), list.end());
  if (!query.ascending) {
    std::sort(positions.begin(), positions.end(),
              [](const ListPosition& a, const ListPosition& b) { return comes_before(a, b, false); });
  }
  PageBuilder page(query);
  for (const auto& position : positions) {
    if (after && !comes_before(*after, position, query.ascending)) continue;
    if (!page.offer(state().entities.at(position.key).row)) break;
  }
  return page.take();
}

Result<std::vector<EntityRow>> View::mentioning(const Mention& term, EntityKind kind) {
  std::vector<EntityRow> rows;
  for (const auto& key : at_or_empty(state().mentioners, term)) {
    const EntityRow& row = state().entities.at(key).row;
    if (kind_of(row.entity) == kind) rows.push_back(row);
  }
  return rows;
}

Result<std::vector<std::vector<EntityRow>>> View::mentioning_each(std::span<const Mention> terms, EntityKind kind) {
  std::vector<std::vector<EntityRow>> found;
  for (const auto& term : terms) {
    ASSIGN_OR_RETURN(found.emplace_back(), mentioning(term, kind));
  }
  return found;
}

Result<std::vector<ServiceName>> View::services() {
  std::set<ServiceName> names;
  for (const auto& [key, stored] : state().entities) names.insert(stored.row.place.service);
  names.erase(ServiceName());
  return std::vector(names.begin(), names.end());
}

Result<std::vector<EnvironmentName>> View::environments() {
  std::set<EnvironmentName> names;
  for (const auto& [key, stored] : state().entities) names.insert(stored.row.place.environment);
  names.erase(EnvironmentName());
  return std::vector(names.begin(), names.end());
}

Result<std::vector<EntityRow>> View::successes(const ServiceName& service, std::optional<Instant> from) {
  std::vector<EntityRow> rows;
  const auto& all = at_or_empty(state().successes, service);
  auto at = from ? all.lower_bound({*from, EntityKey{}}) : all.begin();
  for (; at != all.end(); ++at) rows.push_back(state().entities.at(at->second).row);
  return rows;
}

Result<std::optional<EntityRow>> View::success_before(const ServiceName& service, const EnvironmentName& environment,
                                                      Instant at, const EntityKey& key) {
  const auto& all = at_or_empty(state().successes, service);
  for (auto before = all.lower_bound({at, key}); before != all.begin();) {
    const EntityRow& row = state().entities.at((--before)->second).row;
    if (row.place.environment == environment) return row;
  }
  return std::nullopt;
}

Result<std::vector<EntityRow>> View::successes_between(const ServiceName& service, const EnvironmentName& environment,
                                                       Instant from, Instant to) {
  std::vector<EntityRow> rows;
  const auto& all = at_or_empty(state().successes, service);
  for (auto at = all.upper_bound({to, kGreatestKey}); at != all.begin();) {
    --at;
    if (at->first < from) break;
    const EntityRow& row = state().entities.at(at->second).row;
    if (row.place.environment == environment) rows.push_back(row);
  }
  return rows;
}

Result<std::vector<EdgeRow>> View::edges(const RepositoryName& repository, std::uint64_t after_row, std::size_t limit) {
  std::vector<EdgeRow> rows;
  const auto& all = at_or_empty(state().edge_rows, repository);
  for (auto at = all.upper_bound(after_row); at != all.end() && rows.size() < limit; ++at) {
    rows.push_back({at->first, at->second.sha, at->second.ancestor, at->second.kind});
  }
  return rows;
}

Result<bool> View::has_ancestors(const RepositoryName& repository, const CommitSha& sha) {
  const auto at = state().edges.lower_bound(Edge{repository, sha, CommitSha(), EdgeKind::kParent});
  return at != state().edges.end() && at->first.repository == repository && at->first.sha == sha;
}

Result<std::vector<std::vector<Shipped>>> View::shippers_each(std::span<const CommitRef> commits) {
  std::vector<std::vector<Shipped>> found;
  for (const auto& commit : commits) {
    ASSIGN_OR_RETURN(found.emplace_back(), shippers(commit.repository, commit.sha));
  }
  return found;
}

Result<std::vector<std::vector<Missing>>> View::missing_each(std::span<const CommitRef> commits) {
  std::vector<std::vector<Missing>> found;
  for (const auto& commit : commits) {
    ASSIGN_OR_RETURN(found.emplace_back(), missing_for(commit.repository, commit.sha));
  }
  return found;
}

Result<std::vector<bool>> View::have_ancestors(std::span<const CommitRef> commits) {
  std::vector<bool> found;
  for (const auto& commit : commits) {
    ASSIGN_OR_RETURN(const bool has, has_ancestors(commit.repository, commit.sha));
    found.push_back(has);
  }
  return found;
}

Result<std::vector<DirtyService>> View::dirty_services(std::size_t limit, const ServiceFilter& wanted) {
  std::vector<DirtyService> rows;
  for (const auto& [service, mark] : state().service_marks) {
    if (rows.size() == limit) break;
    if (!wanted || wanted(service)) rows.push_back(mark);
  }
  return rows;
}

Result<std::vector<DirtyDay>> View::dirty_days(std::size_t limit, const ServiceFilter& wanted) {
  std::vector<DirtyDay> rows;
  for (const auto& mark : state().day_marks) {
    if (rows.size() == limit) break;
    if (!wanted || wanted(mark.place.service)) rows.push_back(mark);
  }
  return rows;
}

Result<std::vector<StreamDeployment>> View::stream(const ServiceName& service) {
  return stream_since(service, std::nullopt);
}

Result<std::vector<StreamDeployment>> View::stream_since(const ServiceName& service, std::optional<Instant> from) {
  std::vector<StreamDeployment> rows;
  for (const auto& deployment : at_or_empty(state().stream_members, service)) {
    for (const auto& [place, row] : state().links.at(deployment).streams) {
      if (row.service == service && (!from || row.finished_at >= *from)) rows.push_back(row);
    }
  }
  sort_streams(rows);
  return rows;
}

Result<std::vector<StreamDeployment>> View::streams_of(const EntityKey& deployment) {
  std::vector<StreamDeployment> rows;
  for (const auto& [place, row] : at_or_empty(state().links, deployment).streams) rows.push_back(row);
  sort_streams(rows);
  return rows;
}

Result<std::vector<std::vector<StreamDeployment>>> View::streams_of_each(std::span<const EntityKey> deployments) {
  std::vector<std::vector<StreamDeployment>> found;
  for (const auto& deployment : deployments) {
    ASSIGN_OR_RETURN(found.emplace_back(), streams_of(deployment));
  }
  return found;
}

Result<std::vector<StreamDeployment>> View::baselines(const RepositoryName& repository) {
  std::vector<StreamDeployment> rows;
  for (const auto& [deployment, links] : state().links) {
    for (const auto& [place, row] : links.streams) {
      if (row.baseline && row.repository == repository) rows.push_back(row);
    }
  }
  sort_streams(rows);
  return rows;
}

Result<std::vector<Shipped>> View::shipped_by(const EntityKey& deployment) {
  const auto& rows = at_or_empty(state().links, deployment).shipped;
  return std::vector(rows.begin(), rows.end());
}

Result<std::vector<Shipped>> View::shippers(const RepositoryName& repository, const CommitSha& sha) {
  std::vector<Shipped> rows;
  for (const auto& deployment : at_or_empty(state().shippers, CommitRef{repository, sha})) {
    for (const auto& row : state().links.at(deployment).shipped) {
      if (row.repository == repository && row.sha == sha) rows.push_back(row);
    }
  }
  return sorted(std::move(rows));
}

Result<std::vector<Missing>> View::missing_for(const RepositoryName& repository, const CommitSha& sha) {
  std::vector<Missing> rows;
  for (const auto& deployment : at_or_empty(state().waiting, CommitRef{repository, sha})) {
    for (const auto& row : state().links.at(deployment).missing) {
      if (row.repository == repository && row.sha == sha) rows.push_back(row);
    }
  }
  return sorted(std::move(rows));
}

Result<std::vector<Missing>> View::missing_of(const EntityKey& deployment) {
  const auto& rows = at_or_empty(state().links, deployment).missing;
  return std::vector(rows.begin(), rows.end());
}

Result<std::vector<Evidence>> View::evidence_on(const EntityKey& deployment) {
  std::vector<Evidence> rows;
  for (const auto& giver : at_or_empty(state().givers, deployment)) {
    for (const auto& row : state().evidence.at(giver)) {
      if (row.deployment == deployment) rows.push_back(row);
    }
  }
  return rows;
}

Result<std::vector<Evidence>> View::evidence_by(const EntityKey& giver) {
  const auto& rows = at_or_empty(state().evidence, giver);
  return std::vector(rows.begin(), rows.end());
}

Result<std::vector<Fact>> View::facts_of(const EntityKey& owner) {
  return at_or_empty(state().facts, owner);
}

Result<FactPage> View::facts(const FactQuery& query) {
  RETURN_IF_ERROR(check_limit(query.limit));
  std::optional<FactPosition> after;
  if (!query.cursor.empty()) {
    ASSIGN_OR_RETURN(after, parse_fact_cursor(query.cursor));
  }
  std::vector<Fact> rows;
  for (const auto& [place, slots] : state().facts_by_place) {
    if (!means_place(query, place)) continue;
    for (auto at = slots.lower_bound({query.range.from, {}, {}}); at != slots.end(); ++at) {
      const Fact& fact = at->second;
      if (fact.at >= query.range.to) break;
      const auto position = FactPosition::of(fact);
      if (after && !(query.ascending ? *after < position : position < *after)) continue;
      if (means_row(query, fact)) rows.push_back(fact);
    }
  }
  return cut_page(std::move(rows), query);
}

Result<std::vector<std::vector<Fact>>> View::facts_of_days(std::span<const PlaceDay> days) {
  std::vector<std::vector<Fact>> found;
  for (const auto& day : days) {
    ASSIGN_OR_RETURN(FactPage page, facts(query_of_day(day)));
    found.push_back(std::move(page.rows));
  }
  return found;
}

Result<std::map<Day, DaySummary>> View::summaries(const SummaryPlace& place, Day first, Day last, bool with_values) {
  std::map<Day, DaySummary> found;
  const auto& days = at_or_empty(state().summaries, place);
  for (auto at = days.lower_bound(first); at != days.end() && at->first <= last; ++at) {
    DaySummary& summary = found[at->first] = at->second;
    if (!with_values) summary.values.clear();
  }
  return found;
}

Result<std::vector<BinCount>> View::value_bins(const SummaryPlace& place, Day first, Day last) {
  std::map<std::int32_t, std::int64_t> bins;
  const auto& days = at_or_empty(state().summaries, place);
  for (auto at = days.lower_bound(first); at != days.end() && at->first <= last; ++at) {
    for (const auto& [bin, count] : bin_counts(at->second.values)) bins[bin] += count;
  }
  std::vector<BinCount> counts;
  for (const auto& [bin, count] : bins) counts.push_back({bin, count});
  return counts;
}

Result<std::vector<SummaryPlace>> View::summary_places(const MetricName& metric) {
  std::vector<SummaryPlace> places;
  for (const auto& [place, days] : state().summaries) {
    if (place.metric == metric) places.push_back(place);
  }
  return places;
}

Result<std::vector<KnownSince>> View::known_since(const std::optional<ServiceName>& service) {
  std::vector<KnownSince> rows;
  for (const auto& [key, row] : state().known_since) {
    if (!service || *service == row.service) rows.push_back(row);
  }
  return rows;
}

Status View::dump(const std::function<void(std::string_view line)>& sink) {
  const State& s = state();
  for (const auto& [key, stored] : s.entities) sink(dump_line(stored.row));
  for (const auto& [key, stored] : s.entities) {
    std::set<std::uint64_t> hashes;
    for (const auto& term : stored.mentions) hashes.insert(mention_hash(term));
    for (const auto hash : hashes) sink(dump_mention(key, hash));
  }
  for (const auto& [edge, row] : s.edges) sink(dump_line(edge));
  for (const auto& [service, mark] : s.service_marks) sink(dump_line(mark));
  for (const auto& mark : s.day_marks) sink(dump_line(mark));
  for (const auto& [deployment, links] : s.links) {
    for (const auto& [place, row] : links.streams) sink(dump_line(row));
  }
  for (const auto& [deployment, links] : s.links) {
    for (const auto& row : links.shipped) sink(dump_line(row));
  }
  for (const auto& [deployment, links] : s.links) {
    for (const auto& row : links.missing) sink(dump_line(row));
  }
  for (const auto& [giver, rows] : s.evidence) {
    for (const auto& row : rows) sink(dump_line(row));
  }
  for (const auto& [owner, rows] : s.facts) {
    for (const auto& fact : rows) sink(dump_line(fact));
  }
  for (const auto& [place, days] : s.summaries) {
    for (const auto& [day, summary] : days) sink(dump_line(place, day, summary));
  }
  for (const auto& [key, row] : s.known_since) sink(dump_line(row));
  return {};
}

}  // namespace fairlead::store::memory
