#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "engine/project/marks.h"
#include "engine/project/read_deliveries.h"
#include "model/entities.h"
#include "model/mentions.h"
#include "store/store.h"

namespace fairlead::engine {

/// What a committed batch touched whose marks depend on rows that somebody else writes: a linker may commit a link or
/// a stop of a walk (`missing`) at the same time. So the batch is committed first and these are looked up afterwards;
/// the linker does the same the other way round, and one of the two sees the other (linking.md).
struct Touched {
  /// Commits that changed, that have new ancestors, or that a changed Change names, named before or names now.
  std::set<CommitRef> commits;
  /// Commits that had ancestors and got more of them. A stream's baseline stores rows only for the ends of its walk,
  /// and this one may lie in the midst of it: the linker has to ask its graph.
  std::set<CommitRef> extended;
  /// `number:` terms of changed Changes: commits may name them in their merge subject.
  std::set<Mention> change_numbers;

  /// Of changed deployments and incidents: the terms that they mentioned before or mention now.
  struct Naming {
    ServiceName service;
    std::set<Mention> terms;
  };
  std::map<EntityKey, Naming> deployments;
  std::map<EntityKey, Naming> incidents;

  bool empty() const;
  /// What an entity speaks of; of kinds that nothing is derived from, nothing. `first_seen`: deployments may have named
  /// a commit's sha without its repository, and now they can find it.
  void add(const store::EntityRow& row, bool first_seen);
  void merge(Touched other);
  /// This without what `other` holds, too.
  Touched without(const Touched& other) const;

 private:
  void add_change(const Change& change);
};

/// Everything that the entities of these deliveries speak of now, new or not: for a batch whose marks were lost to a
/// crash. What they no longer speak of was marked with their change.
Result<Touched> touched_by(std::span<const ReadDelivery> deliveries, store::DerivedReader& reader);

/// The marks that follow from what `reader` shows now: the table at the top of linking.md.
Result<Marks> marks_for(const Touched& touched, store::DerivedReader& reader);

}  // namespace fairlead::engine
