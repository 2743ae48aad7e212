#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "engine/testing/dice.h"
#include "engine/testing/event_text.h"
#include "model/delivery.h"
#include "model/policy.h"

namespace fairlead::engine::testing {

/// One thing that a tool says, at the time at which an orderly tool says it.
struct WorldEvent {
  Instant told_at;
  /// Empty: an event of our own format, which may be split and grouped. Else the name of a GitHub event.
  std::string github;
  JsonObject body;
};

struct WorldSize {
  int repositories = 2;
  int commits = 14;      ///< Per repository.
  int deployments = 12;  ///< In all.
  int incidents = 4;
  int others = 6;  ///< Runs, tasks, alerts, canaries.
};

/// A small invented software house: repositories with branches, merges, reverts and gaps in what is told of them;
/// changes; services with several environments; deployments that fail, are rolled back, moved, renamed and corrected;
/// incidents that name a cause or none. Times lie on a coarse grid, so that ties and borders of windows are common.
struct World {
  Policy policy;
  std::vector<WorldEvent> events;  ///< In the order of `told_at`.

  static World random(std::uint64_t seed, const WorldSize& size = {});
};

/// Each event as one delivery, in order.
std::vector<Delivery> orderly_deliveries(const World& world);

/// The same events as unreliable tools deliver them: in any order, some twice under another id, some split into events
/// that each say a part, some grouped into arrays or NDJSON.
std::vector<Delivery> disorderly_deliveries(const World& world, Dice& dice);

}  // namespace fairlead::engine::testing
