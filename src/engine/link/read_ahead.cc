#include "engine/link/read_ahead.h"

#include <algorithm>
#include <set>
#include <vector>

#include "metrics/evidence.h"

namespace fairlead::engine {
namespace {

/// Few enough to be remembered until they are asked for.
constexpr std::size_t kShippedTogether = 2'048;

template <class T>
std::vector<T> list_of(const std::set<T>& set) {
  return {set.begin(), set.end()};
}

}  // namespace

Status ReadAhead::for_walking(std::span<const WalkedDeployment> deployments) {
  if (!pass_.writer.remote()) return {};
  std::vector<EntityKey> keys;
  std::set<Mention> guesses;
  for (const WalkedDeployment& one : deployments) {
    keys.push_back(one.key);
    if (!one.successful()) continue;
    for (const CommitRef& commit : one.deployment->deployment.commits.value_or({})) {
      if (commit.repository.empty() && !commit.sha.empty()) guesses.insert(mention_any_repository_sha(commit.sha));
    }
    pass_.deployments.remember(*one.deployment);
  }
  pass_.writer.expect(keys);
  ASSIGN_OR_RETURN(const auto guessed, pass_.writer.mentioning_each(list_of(guesses), EntityKind::kCommit));
  static_cast<void>(guessed);
  return {};
}

std::span<WalkedDeployment> ReadAhead::portion_of(std::span<WalkedDeployment> walked) const {
  std::size_t count = 1;
  std::size_t shipped = walked.front().shipped.size();
  while (count < walked.size() && shipped + walked[count].shipped.size() <= kShippedTogether) {
    shipped += walked[count++].shipped.size();
  }
  return walked.first(count);
}

Status ReadAhead::for_linking(std::span<const WalkedDeployment> walked) {
  if (!pass_.writer.remote()) return {};
  RETURN_IF_ERROR(read_mentions(walked));
  return read_shipments(walked);
}

/// Deployments of the same content, and incidents that name what is deployed.
Status ReadAhead::read_mentions(std::span<const WalkedDeployment> walked) {
  std::set<Mention> contents;
  std::set<Mention> named;
  for (const WalkedDeployment& one : walked) {
    if (!one.deployment) continue;
    if (one.successful()) contents.insert(content_term(*one.deployment));
    if (!any_incident_) continue;
    ASSIGN_OR_RETURN(const auto shipped_before, pass_.writer.shipped_by(one.key));
    named.merge(terms_naming(*one.deployment, shipped_before, one.shipped));
  }
  contents.erase(Mention{});
  ASSIGN_OR_RETURN(const auto same, pass_.writer.mentioning_each(list_of(contents), EntityKind::kDeployment));
  ASSIGN_OR_RETURN(const auto incidents, pass_.writer.mentioning_each(list_of(named), EntityKind::kIncident));
  static_cast<void>(same);
  static_cast<void>(incidents);
  return {};
}

/// Commits, whoever else ships them, and the changes that they belong to.
Status ReadAhead::read_shipments(std::span<const WalkedDeployment> walked) {
  std::set<EntityKey> keys;
  std::set<CommitRef> commits;
  std::set<Mention> terms;
  for (const WalkedDeployment& one : walked) {
    for (const auto& leaf : one.leaves) keys.insert(commit_key(one.streams[leaf.stream].repository, leaf.sha));
    for (const Shipped& row : one.shipped) {
      keys.insert(commit_key(row.repository, row.sha));
      commits.insert({row.repository, row.sha});
      terms.insert(mention_sha(row.repository, row.sha));
    }
  }
  ASSIGN_OR_RETURN(const auto known, pass_.writer.entities_of(list_of(keys)));
  ASSIGN_OR_RETURN(const auto naming, pass_.writer.mentioning_each(list_of(terms), EntityKind::kChange));
  ASSIGN_OR_RETURN(const auto shippers, pass_.writer.shippers_each(list_of(commits)));

  std::set<EntityKey> next;
  for (const auto& row : known) {
    const auto* const commit = row ? std::get_if<Commit>(&row->entity) : nullptr;
    if (commit == nullptr || !commit->message) continue;
    if (const auto number = merged_change_number(*commit->message)) {
      next.insert(change_key(commit->repository(), *number));
    }
  }
  for (const auto& rows : shippers) {
    for (const Shipped& row : rows) {
      if (row.service == service_ && !pass_.deployments.remembers(row.deployment)) next.insert(row.deployment);
    }
  }
  ASSIGN_OR_RETURN(const auto merged, pass_.writer.entities_of(list_of(next)));

  std::set<Mention> numbers;
  const auto add_number = [&](const store::EntityRow& row) {
    const auto* const change = std::get_if<Change>(&row.entity);
    if (change == nullptr || (change->merge_sha && !change->merge_sha->empty())) return;
    numbers.insert(mention_number(change->repository(), change->number()));
  };
  for (const auto& rows : naming) std::ranges::for_each(rows, add_number);
  for (const auto& row : merged) {
    if (row) add_number(*row);
  }
  ASSIGN_OR_RETURN(const auto merging, pass_.writer.mentioning_each(list_of(numbers), EntityKind::kCommit));
  static_cast<void>(merging);
  return {};
}

}  // namespace fairlead::engine
