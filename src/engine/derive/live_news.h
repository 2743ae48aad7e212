#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "engine/live_hub.h"
#include "engine/project/projector.h"

namespace fairlead::engine {

/// Gathers what live clients shall hear between two publications, bounded: under load the newest of each kind remain,
/// and the closing `report` event tells a client to read anew anyhow.
///
///     delivery  {"lane":0,"sequence":7,"source":"github","outcome":"accepted","reason":"","observations":2}
///     entity    {"kind":"deployment","key":"<hex>","service":"api","environment":"production","status":"success"}
///     report    {"sequence":7,"services":["api"]}
class LiveNews {
 public:
  static constexpr std::size_t kDeliveriesMax = 64;
  static constexpr std::size_t kEntitiesMax = 64;
  static constexpr std::size_t kServicesMax = 64;

  void add(const ProjectedBatch& batch);
  /// Links and facts may have changed although nothing new was projected.
  void add_linked() { pending_ = true; }
  bool pending() const { return pending_; }

  /// Empties this.
  std::vector<LiveHub::Item> take();

 private:
  bool pending_ = false;
  std::uint64_t sequence_ = 0;
  std::deque<store::DeliveryOutcome> deliveries_;
  std::deque<store::EntityRow> entities_;
  std::set<ServiceName> services_;
};

}  // namespace fairlead::engine
