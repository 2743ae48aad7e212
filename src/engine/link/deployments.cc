#include "engine/link/deployments.h"

#include <algorithm>
#include <iterator>

#include "metrics/evidence.h"

namespace fairlead::engine {
namespace {

constexpr std::size_t kDeploymentsKeptMax = 4'096;

Result<RepositoryName> repository_of(store::DerivedReader& reader, const CommitSha& sha) {
  ASSIGN_OR_RETURN(const auto rows, reader.mentioning(mention_any_repository_sha(sha), EntityKind::kCommit));
  std::optional<RepositoryName> least;
  for (const store::EntityRow& row : rows) {
    const auto& commit = std::get<Commit>(row.entity);
    if (commit.sha() == sha && (!least || commit.repository() < *least)) least = commit.repository();
  }
  return least.value_or(RepositoryName{});
}

}  // namespace

std::optional<FinishedDeployment> finished_deployment(store::EntityRow row, const Policy& policy) {
  auto* deployment = std::get_if<Deployment>(&row.entity);
  if (deployment == nullptr || row.place.service.empty()) return std::nullopt;
  const DeploymentVia via = deployment->via.value_or(DeploymentVia::kDeployment);
  const std::optional<Instant> at = deployment->finished_at();
  if (!at || via != deployments_from(policy, row.place.service)) return std::nullopt;
  return FinishedDeployment{
      .key = row.key, .deployment = std::move(*deployment), .place = std::move(row.place), .at = *at};
}

Mention content_term(const FinishedDeployment& deployment) {
  const Deployment& d = deployment.deployment;
  if (d.commits && !d.commits->empty()) {
    const CommitRef& commit = d.commits->front();
    return commit.repository.empty() ? mention_any_repository_sha(commit.sha)
                                     : mention_sha(commit.repository, commit.sha);
  }
  if (d.version && !d.version->empty()) return mention_version(deployment.place.service, *d.version);
  return {};
}

std::set<Mention> terms_naming(const FinishedDeployment& deployment, const std::vector<Shipped>& old_shipped,
                               const std::vector<Shipped>& new_shipped) {
  std::set<Mention> terms;
  const Deployment& d = deployment.deployment;
  terms.insert(mention_deployment(d.identity.id));
  if (d.version && !d.version->empty()) terms.insert(mention_version(deployment.place.service, *d.version));
  for (const CommitRef& commit : d.commits.value_or({})) terms.insert(mention_any_repository_sha(commit.sha));
  const std::set<Shipped> before(old_shipped.begin(), old_shipped.end());
  const std::set<Shipped> now(new_shipped.begin(), new_shipped.end());
  std::vector<Shipped> moved;
  std::ranges::set_symmetric_difference(before, now, std::back_inserter(moved));
  for (const Shipped& row : moved) terms.insert(mention_any_repository_sha(row.sha));
  return terms;
}

Result<const FinishedDeployment*> Deployments::find(const EntityKey& key) {
  auto known = known_.find(key);
  if (known == known_.end()) {
    ASSIGN_OR_RETURN(auto row, reader_.entity(key));
    auto deployment = row ? finished_deployment(std::move(*row), policy_) : std::nullopt;
    known = known_.emplace(key, std::move(deployment)).first;
  }
  return known->second ? &*known->second : nullptr;
}

Result<std::optional<FinishedDeployment>> Deployments::predecessor(const FinishedDeployment& deployment) {
  Instant at = deployment.at;
  EntityKey key = deployment.key;
  // What does not count (another side, another kind of record) is passed over.
  for (;;) {
    ASSIGN_OR_RETURN(auto row, reader_.success_before(deployment.place.service, deployment.place.environment, at, key));
    if (!row) return std::nullopt;
    key = row->key;
    at = row->place.at.value_or(at);
    auto earlier = finished_deployment(std::move(*row), policy_);
    if (earlier && earlier->same_side(deployment)) return earlier;
  }
}

Result<bool> Deployments::earlier_with_same_content(const FinishedDeployment& deployment) {
  const Mention term = content_term(deployment);
  if (term.empty()) return false;
  ASSIGN_OR_RETURN(const auto candidates, mentioning(term));
  return std::ranges::any_of(candidates, [&](const FinishedDeployment& other) {
    return other.successful() && other.same_side(deployment) && other.order() < deployment.order() &&
           metrics::same_content(other.deployment, deployment.deployment);
  });
}

Result<std::vector<FinishedDeployment>> Deployments::mentioning(const Mention& term) {
  ASSIGN_OR_RETURN(auto rows, reader_.mentioning(term, EntityKind::kDeployment));
  std::vector<FinishedDeployment> found;
  for (store::EntityRow& row : rows) {
    if (auto deployment = finished_deployment(std::move(row), policy_)) found.push_back(std::move(*deployment));
  }
  return found;
}

void Deployments::forget_if_many() {
  if (known_.size() > kDeploymentsKeptMax) known_.clear();
}

Result<Heads> heads_of(store::DerivedReader& reader, const Deployment& deployment) {
  Heads heads;
  if (!deployment.commits) return heads;
  for (const CommitRef& commit : *deployment.commits) {
    if (commit.sha.empty()) continue;
    RepositoryName repository = commit.repository;
    if (repository.empty()) {
      heads.guessed.push_back(commit.sha);
      ASSIGN_OR_RETURN(repository, repository_of(reader, commit.sha));
    }
    heads.by_repository[repository].push_back(commit.sha);
  }
  return heads;
}

}  // namespace fairlead::engine
