#include "model/mentions.h"

namespace fairlead {
namespace {

/// The finish, else the start, else the time in the queue: the latest that is known of how it went.
template <class T>
std::optional<Instant> progress_time(const T& entity) {
  if (entity.status && terminal(entity.status->status) && entity.status->at) return entity.status->at;
  if (entity.started_at) return *entity.started_at;
  if (entity.status && entity.status->at) return entity.status->at;
  return entity.queued_at.value;
}

template <class T>
std::string status_text(const Register<T>& status) {
  return std::string(to_string(status ? status->status : RunStatus::kUnknown));
}

/// Null and unknown alike: no time.
std::optional<Instant> known_time(const Register<std::optional<Instant>>& field) {
  return field ? *field : std::nullopt;
}

Place located(const Policy& policy, ServiceName service, EnvironmentName environment, std::optional<bool> tier_says) {
  Place place;
  place.production = is_production(policy, service, environment, tier_says);
  place.service = std::move(service);
  place.environment = std::move(environment);
  return place;
}

Place place_without_mark(const Deployment& deployment, const Policy& policy) {
  RepositoryName repository;
  if (deployment.commits && !deployment.commits->empty()) repository = deployment.commits->front().repository;
  Place place = located(policy, resolve_service(policy, deployment.service.value_or({}), repository),
                        deployment.environment.value_or({}), deployment.production.value);
  place.repository = std::move(repository);
  place.at = progress_time(deployment);
  place.status = status_text(deployment.status);
  return place;
}

Place place_without_mark(const Change& change, const Policy& policy) {
  Place place;
  place.repository = change.repository();
  place.service = resolve_service(policy, change.service.value_or({}), place.repository);
  const auto merged_at = known_time(change.merged_at);
  place.at = merged_at ? merged_at : change.opened_at.value;
  place.status = merged_at ? "merged" : known_time(change.closed_at) ? "closed" : "open";
  return place;
}

Place place_without_mark(const Commit& commit, const Policy& policy) {
  Place place;
  place.repository = commit.repository();
  place.service = resolve_service(policy, {}, place.repository);
  place.at = commit.committed_at ? commit.committed_at.value : commit.authored_at.value;
  return place;
}

Place place_without_mark(const Incident& incident, const Policy& policy) {
  RepositoryName repository = incident.repository.value_or({});
  Place place = located(policy, resolve_service(policy, incident.service.value_or({}), repository),
                        incident.environment.value_or({}), std::nullopt);
  place.repository = std::move(repository);
  place.at = incident.opened_at.value;
  place.status = known_time(incident.resolved_at) ? "resolved" : "open";
  return place;
}

Place place_without_mark(const Run& run, const Policy& policy) {
  RepositoryName repository = run.repository.value_or({});
  Place place = located(policy, resolve_service(policy, run.service.value_or({}), repository),
                        run.environment.value_or({}), std::nullopt);
  place.repository = std::move(repository);
  place.at = progress_time(run);
  place.status = status_text(run.status);
  return place;
}

Place place_without_mark(const Task& task, const Policy&) {
  Place place;
  place.at = progress_time(task);
  place.status = status_text(task.status);
  return place;
}

Place place_without_mark(const Alert& alert, const Policy& policy) {
  Place place = located(policy, alert.service.value_or({}), alert.environment.value_or({}), std::nullopt);
  place.at = alert.starts_at.value;
  if (alert.status) place.status = to_string(*alert.status);
  return place;
}

Place place_without_mark(const Canary& canary, const Policy& policy) {
  Place place = located(policy, canary.service.value_or({}), canary.environment.value_or({}), std::nullopt);
  if (canary.status) place.at = canary.status->at;
  place.status = status_text(canary.status);
  return place;
}

}  // namespace

Place place_of(const Entity& entity, const Policy& policy) {
  return std::visit(
      [&](const auto& e) {
        Place place = place_without_mark(e, policy);
        place.simulated = e.simulated.value_or(false);
        return place;
      },
      entity);
}

}  // namespace fairlead
