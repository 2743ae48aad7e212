#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/project/read_deliveries.h"
#include "engine/project/touched.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// What one step did: for live clients and for the caller's loop.
struct ProjectedBatch {
  std::vector<store::DeliveryOutcome> outcomes;
  std::vector<store::EntityRow> entities;  ///< As written; without those that did not change.
  std::uint64_t position = 0;              ///< The last row of the lane that is projected now.
};

/// Turns journal rows into entities, edges and marks (design.md, Life of an event, step 4). Everything that a batch
/// changes is committed in one transaction together with the position, so that a row is projected exactly once as far
/// as anybody can tell; and as joining is idempotent, projecting one twice would change nothing.
///
/// Marks that depend on rows of the linker are looked up after that commit and written in a second transaction. Between
/// the two the batch is on record (setting `look.LANE`), so that a crash cannot lose them.
class Projector {
 public:
  Projector(store::Journal& journal, store::Derived& derived, const Policy& policy, ProjectorLimits limits = {});

  /// Projects at most one batch of the lane. No outcomes: there was nothing after the position.
  Result<ProjectedBatch> step(std::uint32_t lane);

  /// Trusts nothing that it remembers of the store any more: after others may have projected.
  void forget() { looked_.clear(); }
  /// The setting that holds the rows whose marks are still to be looked up; its value is empty when there are none.
  static std::string look_setting(std::uint32_t lane);

  /// Called between the commit of a batch and the look for its marks: tests put a linker there.
  void set_between_commit_and_look(std::function<void()> hook) { between_commit_and_look_ = std::move(hook); }

 private:
  Status write(std::uint32_t lane, std::vector<ReadDelivery>& deliveries, ProjectedBatch& batch, Touched& touched);
  Status look(std::uint32_t lane, const Touched& touched);
  Status finish_interrupted_look(std::uint32_t lane);

  store::Journal& journal_;
  store::Derived& derived_;
  const Policy& policy_;
  const ProjectorLimits limits_;
  std::function<void()> between_commit_and_look_;
  /// Lanes whose last batch is known to have its marks; the others are asked for an interrupted look first.
  std::set<std::uint32_t> looked_;
};

/// The same for observations that come from no journal: entities, edges, marks. For tests of what lies above.
Status apply(store::Derived& derived, const Policy& policy, std::span<const Observation> observations);

}  // namespace fairlead::engine
