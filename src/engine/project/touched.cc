#include "engine/project/touched.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace fairlead::engine {

namespace {

/// Services whose walk stopped at one of the commits, and services whose deployment shipped one.
Status mark_commits(std::span<const CommitRef> commits, store::DerivedReader& reader, Marks& marks) {
  ASSIGN_OR_RETURN(const auto missing, reader.missing_each(commits));
  for (const auto& rows : missing) {
    for (const Missing& row : rows) marks.since(row.service, row.since);
  }
  ASSIGN_OR_RETURN(const auto shippers, reader.shippers_each(commits));
  std::set<std::pair<EntityKey, ServiceName>> deployments;
  for (const auto& rows : shippers) {
    for (const Shipped& row : rows) deployments.emplace(row.deployment, row.service);
  }
  std::vector<EntityKey> keys;
  for (const auto& [key, service] : deployments) keys.push_back(key);
  ASSIGN_OR_RETURN(const auto streams, reader.streams_of_each(keys));
  auto rows = streams.begin();
  for (const auto& [key, service] : deployments) {
    for (const StreamDeployment& stream : *rows++) {
      if (stream.service == service) marks.since(service, stream.finished_at);
    }
  }
  return {};
}

Status mark_commits_naming(std::span<const Mention> numbers, store::DerivedReader& reader, Marks& marks) {
  ASSIGN_OR_RETURN(const auto found, reader.mentioning_each(numbers, EntityKind::kCommit));
  std::vector<CommitRef> commits;
  for (const auto& rows : found) {
    for (const store::EntityRow& row : rows) {
      const auto& commit = std::get<Commit>(row.entity);
      commits.push_back({commit.repository(), commit.sha()});
    }
  }
  return mark_commits(commits, reader, marks);
}

/// Every service with a stream in a repository asks its graph whether a baseline reaches the commit.
Status mark_streams(const std::set<CommitRef>& commits, store::DerivedReader& reader, Marks& marks) {
  std::map<RepositoryName, std::vector<StreamDeployment>> baselines;
  for (const CommitRef& commit : commits) {
    const auto [known, is_new] = baselines.try_emplace(commit.repository);
    if (is_new) {
      ASSIGN_OR_RETURN(known->second, reader.baselines(commit.repository));
    }
    const EntityKey giver = commit_key(commit.repository, commit.sha);
    for (const StreamDeployment& baseline : known->second) marks.evidence(baseline.service, giver);
  }
  return {};
}

using Namings = std::map<EntityKey, Touched::Naming>;

/// Calls `take` with each naming and each entity of `kind` that mentions one of its terms.
template <class Take>
Status each_named(const Namings& namings, EntityKind kind, store::DerivedReader& reader, const Take& take) {
  std::vector<Mention> terms;
  for (const auto& [key, naming] : namings) terms.insert(terms.end(), naming.terms.begin(), naming.terms.end());
  ASSIGN_OR_RETURN(const auto found, reader.mentioning_each(terms, kind));
  auto rows = found.begin();
  for (const auto& [key, naming] : namings) {
    for (std::size_t i = 0; i < naming.terms.size(); ++i) {
      for (const store::EntityRow& row : *rows++) take(key, naming, row);
    }
  }
  return {};
}

template <class T>
std::set<T> difference(const std::set<T>& all, const std::set<T>& other) {
  std::set<T> rest;
  std::ranges::set_difference(all, other, std::inserter(rest, rest.end()));
  return rest;
}

void merge_namings(Namings& into, Namings& from) {
  for (auto& [key, naming] : from) {
    Touched::Naming& merged = into[key];
    if (merged.service.empty()) merged.service = naming.service;
    merged.terms.merge(naming.terms);
  }
}

Namings difference(const Namings& all, const Namings& other) {
  Namings rest;
  for (const auto& [key, naming] : all) {
    const auto in_other = other.find(key);
    auto terms = in_other == other.end() ? naming.terms : difference(naming.terms, in_other->second.terms);
    if (!terms.empty()) rest[key] = {naming.service, std::move(terms)};
  }
  return rest;
}

}  // namespace

bool Touched::empty() const {
  return commits.empty() && extended.empty() && change_numbers.empty() && deployments.empty() && incidents.empty();
}

void Touched::add(const store::EntityRow& row, bool first_seen) {
  if (const auto* commit = std::get_if<Commit>(&row.entity)) {
    commits.insert({commit->repository(), commit->sha()});
    if (first_seen) commits.insert({RepositoryName{}, commit->sha()});
  } else if (const auto* change = std::get_if<Change>(&row.entity)) {
    add_change(*change);
  } else if (std::holds_alternative<Deployment>(row.entity) || std::holds_alternative<Incident>(row.entity)) {
    const std::vector<Mention> terms = mentions_of(row.entity, row.place.service);
    auto& namings = std::holds_alternative<Deployment>(row.entity) ? deployments : incidents;
    Naming& naming = namings[row.key];
    naming.service = row.place.service;
    naming.terms.insert(terms.begin(), terms.end());
  }
}

void Touched::add_change(const Change& change) {
  const RepositoryName repository = change.repository();
  if (change.merge_sha) commits.insert({repository, *change.merge_sha});
  if (change.head_sha) commits.insert({repository, *change.head_sha});
  for (const ListedCommit& listed : change.commits) commits.insert({repository, listed.sha});
  change_numbers.insert(mention_number(repository, change.number()));
}

void Touched::merge(Touched other) {
  commits.merge(other.commits);
  extended.merge(other.extended);
  change_numbers.merge(other.change_numbers);
  merge_namings(deployments, other.deployments);
  merge_namings(incidents, other.incidents);
}

Touched Touched::without(const Touched& other) const {
  Touched rest;
  rest.commits = difference(commits, other.commits);
  rest.extended = difference(extended, other.extended);
  rest.change_numbers = difference(change_numbers, other.change_numbers);
  rest.deployments = difference(deployments, other.deployments);
  rest.incidents = difference(incidents, other.incidents);
  return rest;
}

Result<Touched> touched_by(std::span<const ReadDelivery> deliveries, store::DerivedReader& reader) {
  Touched touched;
  std::set<EntityKey> keys;
  for (const ReadDelivery& delivery : deliveries) {
    for (const Observation& observation : delivery.observations) {
      if (const auto* edge = std::get_if<Edge>(&observation)) {
        touched.commits.insert({edge->repository, edge->sha});
        touched.extended.insert({edge->repository, edge->sha});
      } else if (const auto* entity = std::get_if<Entity>(&observation)) {
        keys.insert(key_of(*entity));
      }
    }
  }
  ASSIGN_OR_RETURN(const auto rows, reader.entities_of(std::vector(keys.begin(), keys.end())));
  for (const auto& row : rows) {
    if (row) touched.add(*row, true);
  }
  return touched;
}

Result<Marks> marks_for(const Touched& touched, store::DerivedReader& reader) {
  Marks marks;
  const auto list = [](const auto& set) { return std::vector(set.begin(), set.end()); };
  RETURN_IF_ERROR(mark_commits(list(touched.commits), reader, marks));
  RETURN_IF_ERROR(mark_commits_naming(list(touched.change_numbers), reader, marks));
  RETURN_IF_ERROR(mark_streams(touched.extended, reader, marks));
  // The incidents that name a changed deployment decide anew whom they blame; a changed incident is decided anew on the
  // side of every deployment that it names.
  RETURN_IF_ERROR(
      each_named(touched.deployments, EntityKind::kIncident, reader,
                 [&](const EntityKey&, const Touched::Naming& deployment, const store::EntityRow& incident) {
                   marks.evidence(deployment.service, incident.key);
                 }));
  RETURN_IF_ERROR(
      each_named(touched.incidents, EntityKind::kDeployment, reader,
                 [&](const EntityKey& incident, const Touched::Naming&, const store::EntityRow& deployment) {
                   marks.evidence(deployment.place.service, incident);
                 }));
  return marks;
}

}  // namespace fairlead::engine
