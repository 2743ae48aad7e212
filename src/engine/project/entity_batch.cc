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
    if (cached.changed) write_entity(key, cached);
  }
  if (!no_longer_named_.empty()) {
    ASSIGN_OR_RETURN(const Marks marks, marks_for(no_longer_named_, writer_));
    marks.write(writer_);
    touched_.merge(std::move(no_longer_named_));
  }
  marks_.write(writer_);
  return {};
}

void EntityBatch::write_entity(const EntityKey& key, Cached& cached) {
  Place place = place_of(cached.now, policy_);
  store::EntityRow now{key, std::move(cached.now), std::move(place)};
  const store::EntityRow* old = cached.old ? &*cached.old : nullptr;
  writer_.put_entity(now, mentions_of(now.entity, now.place.service));
  if (std::holds_alternative<Deployment>(now.entity)) mark_deployment(key, old, now);
  if (std::holds_alternative<Incident>(now.entity)) mark_incident(key, old, now);

  Touched named_now;
  named_now.add(now, !old);
  if (old && !std::holds_alternative<Commit>(now.entity)) {
    Touched named_before;
    named_before.add(*old, false);
    no_longer_named_.merge(named_before.without(named_now));
  }
  touched_.merge(std::move(named_now));
  written_.push_back(std::move(now));
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
