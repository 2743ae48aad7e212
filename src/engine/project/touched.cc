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
  for (const auto& rows : shippers) {
    for (const Shipped& row : rows) {
      ASSIGN_OR_RETURN(const auto streams, reader.streams_of(row.deployment));
      for (const StreamDeployment& stream : streams) {
        if (stream.service == row.service) marks.since(row.service, stream.finished_at);
      }
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

/// Every service with a stream in the repository asks its graph whether a baseline reaches the commit.
Status mark_streams(const CommitRef& commit, store::DerivedReader& reader, Marks& marks) {
  ASSIGN_OR_RETURN(const auto baselines, reader.baselines(commit.repository));
  const EntityKey giver = commit_key(commit.repository, commit.sha);
  for (const StreamDeployment& baseline : baselines) marks.evidence(baseline.service, giver);
  return {};
}

/// The incidents that name a changed deployment decide anew whom they blame.
Status mark_incidents_naming(const Touched::Naming& deployment, store::DerivedReader& reader, Marks& marks) {
  for (const Mention& term : deployment.terms) {
    ASSIGN_OR_RETURN(const auto incidents, reader.mentioning(term, EntityKind::kIncident));
    for (const store::EntityRow& incident : incidents) marks.evidence(deployment.service, incident.key);
  }
  return {};
}

/// A changed incident is decided anew on the side of every deployment that it names.
Status mark_deployments_named(const EntityKey& incident, const Touched::Naming& naming, store::DerivedReader& reader,
                              Marks& marks) {
  for (const Mention& term : naming.terms) {
    ASSIGN_OR_RETURN(const auto deployments, reader.mentioning(term, EntityKind::kDeployment));
    for (const store::EntityRow& deployment : deployments) marks.evidence(deployment.place.service, incident);
  }
  return {};
}

template <class T>
std::set<T> difference(const std::set<T>& all, const std::set<T>& other) {
  std::set<T> rest;
  std::ranges::set_difference(all, other, std::inserter(rest, rest.end()));
  return rest;
}

using Namings = std::map<EntityKey, Touched::Naming>;

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
  for (const ReadDelivery& delivery : deliveries) {
    for (const Observation& observation : delivery.observations) {
      if (const auto* edge = std::get_if<Edge>(&observation)) {
        touched.commits.insert({edge->repository, edge->sha});
        touched.extended.insert({edge->repository, edge->sha});
      } else if (const auto* entity = std::get_if<Entity>(&observation)) {
        ASSIGN_OR_RETURN(const auto row, reader.entity(key_of(*entity)));
        if (row) touched.add(*row, true);
      }
    }
  }
  return touched;
}

Result<Marks> marks_for(const Touched& touched, store::DerivedReader& reader) {
  Marks marks;
  const auto list = [](const auto& set) { return std::vector(set.begin(), set.end()); };
  RETURN_IF_ERROR(mark_commits(list(touched.commits), reader, marks));
  RETURN_IF_ERROR(mark_commits_naming(list(touched.change_numbers), reader, marks));
  for (const CommitRef& commit : touched.extended) RETURN_IF_ERROR(mark_streams(commit, reader, marks));
  for (const auto& [key, naming] : touched.deployments) RETURN_IF_ERROR(mark_incidents_naming(naming, reader, marks));
  for (const auto& [key, naming] : touched.incidents) {
    RETURN_IF_ERROR(mark_deployments_named(key, naming, reader, marks));
  }
  return marks;
}

}  // namespace fairlead::engine
