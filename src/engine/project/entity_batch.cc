#include "engine/project/entity_batch.h"

#include <algorithm>
#include <map>
#include <variant>

#include "model/mentions.h"

namespace fairlead::engine {

namespace {

/// An identity without registers: what nobody has said anything about yet.
Entity blank_like(const Entity& observation) {
  return std::visit(
      [](const auto& said) -> Entity {
        std::decay_t<decltype(said)> blank;
        blank.identity = said.identity;
        return blank;
      },
      observation);
}

}  // namespace

Status EntityBatch::add(Observation observation) {
  if (auto* edge = std::get_if<Edge>(&observation)) {
    edges_.insert(std::move(*edge));
    return {};
  }
  const auto* entity = std::get_if<Entity>(&observation);
  if (!entity) return {};  // log text stays in the journal
  ASSIGN_OR_RETURN(Cached * cached, this->cached(*entity));
  cached->changed |= join(cached->now, *entity);
  return {};
}

Result<EntityBatch::Cached*> EntityBatch::cached(const Entity& observation) {
  const EntityKey key = key_of(observation);
  const auto [it, inserted] = entities_.try_emplace(key);
  Cached& cached = it->second;
  if (!inserted) return &cached;
  order_.push_back(key);
  ASSIGN_OR_RETURN(cached.old, writer_.entity(key));
  cached.now = cached.old ? cached.old->entity : blank_like(observation);
  // Even one that says nothing but its name is worth a row.
  cached.changed = !cached.old;
  return &cached;
}

Status EntityBatch::write() {
  RETURN_IF_ERROR(write_edges());
  for (const EntityKey& key : order_) {
    Cached& cached = entities_.at(key);
    if (cached.changed) RETURN_IF_ERROR(write_entity(key, cached));
  }
  marks_.write(writer_);
  return {};
}

Status EntityBatch::write_entity(const EntityKey& key, Cached& cached) {
  Place place = place_of(cached.now, policy_);
  store::EntityRow now{key, std::move(cached.now), std::move(place)};
  const store::EntityRow* old = cached.old ? &*cached.old : nullptr;
  const std::vector<Mention> terms = mentions_of(now.entity, now.place.service);
  writer_.put_entity(now, terms);

  switch (kind_of(now.entity)) {
    case EntityKind::kDeployment:
      mark_deployment(key, old, now);
      if (old) touched_.add_deployment(key, now.place.service, mentions_of(old->entity, old->place.service));
      touched_.add_deployment(key, now.place.service, terms);
      break;
    case EntityKind::kIncident:
      mark_incident(key, old, now);
      if (old) touched_.add_incident(key, now.place.service, mentions_of(old->entity, old->place.service));
      touched_.add_incident(key, now.place.service, terms);
      break;
    case EntityKind::kChange:
      if (old) touched_.add_change(std::get<Change>(old->entity));
      touched_.add_change(std::get<Change>(now.entity));
      break;
    case EntityKind::kCommit: {
      const auto& commit = std::get<Commit>(now.entity);
      touched_.add_commit(commit, !old);
      break;
    }
    case EntityKind::kRun:
    case EntityKind::kTask:
    case EntityKind::kAlert:
    case EntityKind::kCanary:
    case EntityKind::kTarget:
      break;
  }
  written_.push_back(std::move(now));
  return {};
}

/// Old and new service, since the earlier of old and new finish; of what has not finished, the time it has.
void EntityBatch::mark_deployment(const EntityKey& key, const store::EntityRow* old, const store::EntityRow& now) {
  std::optional<Instant> since = now.place.at;
  if (old && old->place.at) since = since ? std::min(*since, *old->place.at) : old->place.at;

  const auto mark = [&](const ServiceName& service) {
    if (service.empty()) return;
    if (since) marks_.since(service, *since);
    // A service that it left shall drop its rows before anything else of that service is linked.
    const bool left = service != now.place.service;
    if (!since || left) marks_.evidence(service, key);
  };
  if (old) mark(old->place.service);
  mark(now.place.service);
}

void EntityBatch::mark_incident(const EntityKey& key, const store::EntityRow* old, const store::EntityRow& now) {
  if (old) marks_.evidence(old->place.service, key);
  marks_.evidence(now.place.service, key);
}

Status EntityBatch::write_edges() {
  if (edges_.empty()) return {};
  std::map<CommitRef, bool> had_ancestors;  // before this batch
  for (const Edge& edge : edges_) {
    const auto [it, inserted] = had_ancestors.try_emplace({edge.repository, edge.sha}, false);
    if (!inserted) continue;
    ASSIGN_OR_RETURN(it->second, writer_.has_ancestors(edge.repository, edge.sha));
  }
  const std::vector<Edge> edges(edges_.begin(), edges_.end());
  const std::vector<bool> added = writer_.add_edges(edges);
  for (std::size_t i = 0; i < added.size(); ++i) {
    if (!added[i]) continue;
    const CommitRef commit{edges[i].repository, edges[i].sha};
    touched_.commits.insert(commit);
    if (had_ancestors.at(commit)) touched_.extended.insert(commit);
  }
  return {};
}

}  // namespace fairlead::engine
