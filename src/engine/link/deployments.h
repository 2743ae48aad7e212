#pragma once

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// A deployment that its service counts: it has a service, is of the kind that the service counts
/// (`deployments_from`), and is over.
struct FinishedDeployment {
  EntityKey key;
  Deployment deployment;
  Place place;
  Instant at;  ///< Its finish.

  bool successful() const { return deployment.current() == RunStatus::kSuccess; }
  /// The order of every stream.
  std::pair<Instant, EntityKey> order() const { return {at, key}; }
  /// Simulated and real deployments never see each other (invariant I11).
  bool same_side(const FinishedDeployment& other) const {
    return place.service == other.place.service && place.environment == other.place.environment &&
           place.simulated == other.place.simulated;
  }
};

/// Nothing for what does not count.
std::optional<FinishedDeployment> finished_deployment(store::EntityRow row, const Policy& policy);

/// Looks deployments up during one transaction. Entities do not change while the linker works, so each is read once.
class Deployments {
 public:
  Deployments(store::DerivedReader& reader, const Policy& policy) : reader_(reader), policy_(policy) {}

  /// Null for what does not count. Valid until the next call of `forget`.
  Result<const FinishedDeployment*> find(const EntityKey& key);
  /// The latest success of the same side before `deployment`.
  Result<std::optional<FinishedDeployment>> predecessor(const FinishedDeployment& deployment);
  /// Whether an earlier success of the same side put the same content in place.
  Result<bool> earlier_with_same_content(const FinishedDeployment& deployment);
  /// All that mention `term` and count.
  Result<std::vector<FinishedDeployment>> mentioning(const Mention& term);

  /// What `find` would have to read.
  void remember(const FinishedDeployment& deployment) { known_.try_emplace(deployment.key, deployment); }
  bool remembers(const EntityKey& key) const { return known_.contains(key); }

  /// Keeps the memory bounded between the deployments of a long range.
  void forget_if_many();

 private:
  store::DerivedReader& reader_;
  const Policy& policy_;
  std::unordered_map<EntityKey, std::optional<FinishedDeployment>> known_;
};

/// A term under which every deployment of the same content can be found; empty where there is none.
Mention content_term(const FinishedDeployment& deployment);

/// Terms by which an incident may name the deployment, its version, a commit that it is at, or one that it ships now
/// and did not before, or the other way round.
std::set<Mention> terms_naming(const FinishedDeployment& deployment, const std::vector<Shipped>& old_shipped,
                               const std::vector<Shipped>& new_shipped);

/// The shas that a deployment names, by repository. Where it names none, the repository of a commit that is known under
/// that sha stands in (the least, if several have it); `guessed` lists those shas.
struct Heads {
  std::map<RepositoryName, std::vector<CommitSha>> by_repository;
  std::vector<CommitSha> guessed;
};
Result<Heads> heads_of(store::DerivedReader& reader, const Deployment& deployment);

}  // namespace fairlead::engine
