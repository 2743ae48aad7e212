#include "engine/project/touched.h"

#include <variant>

namespace fairlead::engine {

namespace {

/// Services whose walk stopped at the commit, and services whose deployment shipped it.
Status mark_commit(const CommitRef& commit, store::DerivedReader& reader, Marks& marks) {
  ASSIGN_OR_RETURN(const auto missing, reader.missing_for(commit.repository, commit.sha));
  for (const Missing& row : missing) marks.since(row.service, row.since);

  ASSIGN_OR_RETURN(const auto shippers, reader.shippers(commit.repository, commit.sha));
  for (const Shipped& row : shippers) {
    ASSIGN_OR_RETURN(const auto streams, reader.streams_of(row.deployment));
    for (const StreamDeployment& stream : streams) {
      if (stream.service == row.service) marks.since(row.service, stream.finished_at);
    }
  }
  return {};
}

Status mark_commits_naming(const Mention& number, store::DerivedReader& reader, Marks& marks) {
  ASSIGN_OR_RETURN(const auto commits, reader.mentioning(number, EntityKind::kCommit));
  for (const store::EntityRow& row : commits) {
    const auto& commit = std::get<Commit>(row.entity);
    RETURN_IF_ERROR(mark_commit({commit.repository(), commit.sha()}, reader, marks));
  }
  return {};
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

void add_entity(Touched& touched, const Entity& entity, const Policy& policy) {
  const ServiceName service = place_of(entity, policy).service;
  if (const auto* commit = std::get_if<Commit>(&entity)) {
    touched.add_commit(*commit, true);
  } else if (const auto* change = std::get_if<Change>(&entity)) {
    touched.add_change(*change);
  } else if (std::holds_alternative<Deployment>(entity)) {
    touched.add_deployment(key_of(entity), service, mentions_of(entity, service));
  } else if (std::holds_alternative<Incident>(entity)) {
    touched.add_incident(key_of(entity), service, mentions_of(entity, service));
  }
}

}  // namespace

bool Touched::empty() const {
  return commits.empty() && extended.empty() && change_numbers.empty() && deployments.empty() && incidents.empty();
}

void Touched::add_commit(const Commit& commit, bool first_seen) {
  commits.insert({commit.repository(), commit.sha()});
  if (first_seen) commits.insert({RepositoryName{}, commit.sha()});
}

void Touched::add_change(const Change& change) {
  const RepositoryName repository = change.repository();
  if (change.merge_sha) commits.insert({repository, *change.merge_sha});
  if (change.head_sha) commits.insert({repository, *change.head_sha});
  for (const ListedCommit& listed : change.commits) commits.insert({repository, listed.sha});
  change_numbers.insert(mention_number(repository, change.number()));
}

void Touched::add_deployment(const EntityKey& key, const ServiceName& service, const std::vector<Mention>& terms) {
  Naming& naming = deployments[key];
  naming.service = service;
  naming.terms.insert(terms.begin(), terms.end());
}

void Touched::add_incident(const EntityKey& key, const ServiceName& service, const std::vector<Mention>& terms) {
  Naming& naming = incidents[key];
  naming.service = service;
  naming.terms.insert(terms.begin(), terms.end());
}

void Touched::merge(Touched other) {
  commits.merge(other.commits);
  extended.merge(other.extended);
  change_numbers.merge(other.change_numbers);
  const auto merge_naming = [](std::map<EntityKey, Naming>& into, std::map<EntityKey, Naming>& from) {
    for (auto& [key, naming] : from) {
      Naming& merged = into[key];
      merged.service = naming.service;
      merged.terms.merge(naming.terms);
    }
  };
  merge_naming(deployments, other.deployments);
  merge_naming(incidents, other.incidents);
}

Touched touched_by(std::span<const ReadDelivery> deliveries, const Policy& policy) {
  Touched touched;
  for (const ReadDelivery& delivery : deliveries) {
    for (const Observation& observation : delivery.observations) {
      if (const auto* entity = std::get_if<Entity>(&observation)) {
        add_entity(touched, *entity, policy);
      } else if (const auto* edge = std::get_if<Edge>(&observation)) {
        touched.commits.insert({edge->repository, edge->sha});
        touched.extended.insert({edge->repository, edge->sha});
      }
    }
  }
  return touched;
}

Result<Marks> marks_for(const Touched& touched, store::DerivedReader& reader) {
  Marks marks;
  for (const CommitRef& commit : touched.commits) RETURN_IF_ERROR(mark_commit(commit, reader, marks));
  for (const Mention& number : touched.change_numbers) RETURN_IF_ERROR(mark_commits_naming(number, reader, marks));
  for (const CommitRef& commit : touched.extended) RETURN_IF_ERROR(mark_streams(commit, reader, marks));
  for (const auto& [key, naming] : touched.deployments) RETURN_IF_ERROR(mark_incidents_naming(naming, reader, marks));
  for (const auto& [key, naming] : touched.incidents) {
    RETURN_IF_ERROR(mark_deployments_named(key, naming, reader, marks));
  }
  return marks;
}

}  // namespace fairlead::engine
