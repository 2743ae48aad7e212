#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/project/marks.h"
#include "engine/project/touched.h"
#include "model/observation.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// The observations of many deliveries, joined into the entities of one write transaction. An entity that is touched a
/// hundred times is read once and written once.
class EntityBatch {
 public:
  EntityBatch(store::DerivedWriter& writer, const Policy& policy) : writer_(writer), policy_(policy) {}

  void add(Observation observation);

  /// Reads what the observations speak of, joins them, and writes what differs, with the marks that depend on nothing
  /// but the entities themselves.
  Status write();

  /// After `write`: what the look after the commit starts from, and the entities that were written, in the order of
  /// their first touch.
  const Touched& touched() const { return touched_; }
  Touched take_touched() { return std::move(touched_); }
  std::vector<store::EntityRow> take_written() { return std::move(written_); }

 private:
  /// What the batch says of one entity, in the order of the deliveries.
  using Said = std::vector<Entity>;

  Status write_edges();
  Status write_entities();
  void note_change(const store::EntityRow* old, const store::EntityRow& now);
  void mark_deployment(const EntityKey& key, const store::EntityRow* old, const store::EntityRow& now);
  void mark_incident(const EntityKey& key, const store::EntityRow* old, const store::EntityRow& now);

  store::DerivedWriter& writer_;
  const Policy& policy_;
  std::unordered_map<EntityKey, Said> entities_;
  std::vector<EntityKey> order_;
  std::set<Edge> edges_;
  Marks marks_;
  Touched touched_;
  /// What entities spoke of before and speak of no more. After a crash nobody could tell any more what to look for, so
  /// this is looked up within the transaction, and once more after it like all the rest.
  Touched no_longer_named_;
  std::vector<store::EntityRow> written_;
};

}  // namespace fairlead::engine
