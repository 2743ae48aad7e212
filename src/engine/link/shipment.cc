#include "engine/link/shipment.h"

#include <algorithm>
#include <set>

namespace fairlead::engine {
namespace {

using metrics::CommitGraph;

/// Works on the shipped commits of one deployment in one repository.
class RepositoryShipment {
 public:
  RepositoryShipment(store::DerivedReader& reader, const Policy& policy, Deployments& deployments,
                     const CommitGraph& graph, const FinishedDeployment& deployment, RepositoryName repository)
      : reader_(reader),
        policy_(policy),
        deployments_(deployments),
        graph_(graph),
        deployment_(deployment),
        repository_(std::move(repository)) {}

  Status load(std::vector<CommitSha> shas, Shipment& shipment) {
    RETURN_IF_ERROR(load_commits(std::move(shas)));
    for (const auto& [number, change] : changes_) RETURN_IF_ERROR(claim_commits(change));
    for (const auto& [key, change] : changes_) RETURN_IF_ERROR(add_change(key, change, shipment));
    for (const auto& [sha, commit] : commits_) RETURN_IF_ERROR(add_commit(sha, commit, shipment));
    return {};
  }

 private:
  /// The commits, the changes that they may belong to, and who ships them.
  Status load_commits(std::vector<CommitSha> shas) {
    std::vector<EntityKey> keys;
    std::vector<Mention> terms;
    std::vector<CommitRef> commits;
    for (const CommitSha& sha : shas) {
      keys.push_back(commit_key(repository_, sha));
      terms.push_back(mention_sha(repository_, sha));
      commits.push_back({repository_, sha});
    }
    ASSIGN_OR_RETURN(auto rows, reader_.entities_of(keys));
    ASSIGN_OR_RETURN(auto mentioning, reader_.mentioning_each(terms, EntityKind::kChange));
    ASSIGN_OR_RETURN(auto shippers, reader_.shippers_each(commits));
    for (std::size_t i = 0; i < shas.size(); ++i) {
      shippers_.emplace(shas[i], std::move(shippers[i]));
      RETURN_IF_ERROR(add_loaded(std::move(shas[i]), std::move(rows[i]), std::move(mentioning[i])));
    }
    return {};
  }

  Status add_loaded(CommitSha sha, std::optional<store::EntityRow> row, std::vector<store::EntityRow> mentioning) {
    std::optional<Commit> commit;
    if (row) commit = std::get<Commit>(std::move(row->entity));
    for (store::EntityRow& found : mentioning) {
      auto& change = std::get<Change>(found.entity);
      if (change.repository() == repository_ && metrics::names_as_its_own(change, sha))
        changes_.emplace(found.key, std::move(change));
    }
    const auto number = commit && commit->message ? merged_change_number(*commit->message) : std::nullopt;
    if (number) {
      ASSIGN_OR_RETURN(auto merged, reader_.entity(change_key(repository_, *number)));
      if (merged) changes_.emplace(merged->key, std::get<Change>(std::move(merged->entity)));
    }
    if (const auto vertex = graph_.find(sha.text)) vertices_.insert(*vertex);
    commits_.emplace(std::move(sha), std::move(commit));
    return {};
  }

  /// Known of this deployment's own commits; looked up for others.
  Result<std::vector<Shipped>> shippers_of(const CommitSha& sha) {
    if (const auto known = shippers_.find(sha); known != shippers_.end()) return known->second;
    return reader_.shippers(repository_, sha);
  }

  /// Notes which commits are `change`'s, so that they do not count as changes of their own.
  Status claim_commits(const Change& change) {
    std::set<CommitSha>& own = own_[change.number()];
    for (const auto& [sha, commit] : commits_) {
      const auto number = commit && commit->message ? merged_change_number(*commit->message) : std::nullopt;
      if (metrics::names_as_its_own(change, sha) || number == change.number()) own.insert(sha);
    }
    const auto merge = vertex_of(change.merge_sha);
    if (merge && vertices_.contains(*merge)) {
      for (const auto vertex : metrics::members_by_graph(graph_, vertices_, *merge, vertex_of(change.head_sha)))
        own.insert(CommitSha{graph_.sha(vertex)});
    }
    claimed_.insert(own.begin(), own.end());
    return {};
  }

  Status add_change(const EntityKey& key, const Change& change, Shipment& shipment) {
    ASSIGN_OR_RETURN(const auto naming, commits_naming(change));
    ASSIGN_OR_RETURN(const auto place, place_among_shippers(metrics::anchors_of(change, naming)));
    if (!place.first_in_environment) return {};
    std::vector<Commit> own;
    for (const CommitSha& sha : own_[change.number()]) {
      const auto found = commits_.find(sha);
      if (found != commits_.end() && found->second) own.push_back(*found->second);
    }
    shipment.as_counted.push_back({.key = key,
                                   .kind = EntityKind::kChange,
                                   .times = metrics::times_of(change, own, policy_),
                                   .by_bot = is_bot(policy_, change.author.value_or({})),
                                   .first_in_production = place.first_in_production});
    shipment.changes.push_back(change);
    return {};
  }

  Status add_commit(const CommitSha& sha, const std::optional<Commit>& commit, Shipment& shipment) {
    shipment.commits.push_back({.repository = repository_, .sha = sha, .commit = commit});
    if (claimed_.contains(sha) || is_merge(sha, commit)) return {};
    ASSIGN_OR_RETURN(const auto place, place_among_shippers({sha}));
    metrics::ShippedChange counted{.key = commit_key(repository_, sha),
                                   .kind = EntityKind::kCommit,
                                   .times = {},
                                   .by_bot = commit && is_bot(policy_, commit->author.value_or({})),
                                   .first_in_production = place.first_in_production};
    if (commit) counted.times.first_commit_at = metrics::authored_time(*commit);
    shipment.as_counted.push_back(std::move(counted));
    return {};
  }

  /// Shas of commits that say that they merge the change; asked for only while its merge commit is unknown.
  Result<std::vector<CommitSha>> commits_naming(const Change& change) {
    std::vector<CommitSha> shas;
    if (change.merge_sha && !change.merge_sha->empty()) return shas;
    ASSIGN_OR_RETURN(const auto rows,
                     reader_.mentioning(mention_number(repository_, change.number()), EntityKind::kCommit));
    for (const store::EntityRow& row : rows) shas.push_back(std::get<Commit>(row.entity).sha());
    return shas;
  }

  struct PlaceAmongShippers {
    bool first_in_environment = true;
    bool first_in_production = true;
  };

  /// Compares this deployment with the others that ship one of `anchors` for the service.
  Result<PlaceAmongShippers> place_among_shippers(const std::set<CommitSha>& anchors) {
    PlaceAmongShippers place;
    bool ships_one = false;
    for (const CommitSha& sha : anchors) {
      ASSIGN_OR_RETURN(const auto rows, shippers_of(sha));
      for (const Shipped& row : rows) {
        if (row.deployment == deployment_.key) ships_one = true;
        if (row.deployment == deployment_.key || row.service != deployment_.place.service) continue;
        ASSIGN_OR_RETURN(const FinishedDeployment* other, deployments_.find(row.deployment));
        if (other == nullptr || !other->successful() || other->place.service != deployment_.place.service) continue;
        if (other->place.simulated != deployment_.place.simulated || deployment_.order() < other->order()) continue;
        if (other->place.environment == deployment_.place.environment) place.first_in_environment = false;
        if (other->place.production) place.first_in_production = false;
      }
    }
    place.first_in_environment = place.first_in_environment && ships_one;
    return place;
  }

  bool is_merge(const CommitSha& sha, const std::optional<Commit>& commit) const {
    if (commit && commit->parent_count) return *commit->parent_count >= 2;
    const auto vertex = graph_.find(sha.text);
    return vertex && graph_.parent_count(*vertex) >= 2;
  }

  std::optional<CommitGraph::Vertex> vertex_of(const Register<CommitSha>& sha) const {
    return sha ? graph_.find(sha->text) : std::nullopt;
  }

  store::DerivedReader& reader_;
  const Policy& policy_;
  Deployments& deployments_;
  const CommitGraph& graph_;
  const FinishedDeployment& deployment_;
  const RepositoryName repository_;
  std::map<CommitSha, std::optional<Commit>> commits_;
  std::map<CommitSha, std::vector<Shipped>> shippers_;
  std::set<CommitGraph::Vertex> vertices_;
  std::map<EntityKey, Change> changes_;
  std::map<std::string, std::set<CommitSha>> own_;  ///< By the change's number.
  std::set<CommitSha> claimed_;
};

}  // namespace

Result<Shipment> load_shipment(store::DerivedReader& reader, const Policy& policy, Deployments& deployments,
                               GraphCache& graphs, const FinishedDeployment& deployment,
                               std::span<const Shipped> shipped) {
  Shipment shipment;
  std::map<RepositoryName, std::vector<CommitSha>> by_repository;
  for (const Shipped& row : shipped) by_repository[row.repository].push_back(row.sha);
  for (auto& [repository, shas] : by_repository) {
    ASSIGN_OR_RETURN(CachedGraph* const cached, graphs.open(reader, repository));
    RepositoryShipment part(reader, policy, deployments, cached->graph, deployment, repository);
    RETURN_IF_ERROR(part.load(std::move(shas), shipment));
  }
  return shipment;
}

}  // namespace fairlead::engine
