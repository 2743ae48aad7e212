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

void EntityBatch::add(Observation observation) {
  if (auto* edge = std::get_if<Edge>(&observation)) {
    edges_.insert(std::move(*edge));
    return;
  }
  auto* entity = std::get_if<Entity>(&observation);
  if (!entity) return;  // log text stays in the journal
  const EntityKey key = key_of(*entity);
  const auto [it, inserted] = entities_.try_emplace(key);
  if (inserted) order_.push_back(key);
  it->second.push_back(std::move(*entity));
}

Status EntityBatch::write() {
  RETURN_IF_ERROR(write_edges());
  RETURN_IF_ERROR(write_entities());
  if (!no_longer_named_.empty()) {
    ASSIGN_OR_RETURN(const Marks marks, marks_for(no_longer_named_, writer_));
    marks.write(writer_);
    touched_.merge(std::move(no_longer_named_));
  }
  marks_.write(writer_);
  return {};
}

Status EntityBatch::write_entities() {
  ASSIGN_OR_RETURN(auto olds, writer_.entities_of(order_));
  std::vector<store::DerivedWriter::EntityWrite> writes;
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const Said& said = entities_.at(order_[i]);
    const std::optional<store::EntityRow>& old = olds[i];
    Entity now = old ? old->entity : blank_like(said.front());
    // Even one that says nothing but its name is worth a row.
    bool changed = !old;
    for (const Entity& one : said) changed |= join(now, one);
    if (!changed) continue;
    Place place = place_of(now, policy_);
    auto mentions = mentions_of(now, place.service);
    writes.push_back({{order_[i], std::move(now), std::move(place)}, std::move(mentions)});
    note_change(old ? &*old : nullptr, writes.back().row);
  }
  writer_.put_entities(writes);
  for (auto& write : writes) written_.push_back(std::move(write.row));
  return {};
}

void EntityBatch::note_change(const store::EntityRow* old, const store::EntityRow& now) {
  if (std::holds_alternative<Deployment>(now.entity)) mark_deployment(now.key, old, now);
  if (std::holds_alternative<Incident>(now.entity)) mark_incident(now.key, old, now);

  Touched named_now;
  named_now.add(now, !old);
  if (old && !std::holds_alternative<Commit>(now.entity)) {
    Touched named_before;
    named_before.add(*old, false);
    no_longer_named_.merge(named_before.without(named_now));
  }
  touched_.merge(std::move(named_now));
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
  std::vector<CommitRef> commits;  // Edges are sorted, so those of a commit stand together.
  for (const Edge& edge : edges_) {
    if (commits.empty() || commits.back() != CommitRef{edge.repository, edge.sha}) {
      commits.push_back({edge.repository, edge.sha});
    }
  }
  ASSIGN_OR_RETURN(const auto had, writer_.have_ancestors(commits));
  std::map<CommitRef, bool> had_ancestors;  // before this batch
  for (std::size_t i = 0; i < commits.size(); ++i) had_ancestors.emplace(std::move(commits[i]), had[i]);
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
