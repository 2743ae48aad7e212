#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/observation.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// One journal row as its source understood it. Observations are empty unless it was accepted.
struct ReadDelivery {
  store::DeliveryOutcome outcome;
  std::vector<Observation> observations;
};

/// How much is projected in one transaction, whichever is reached first; at least one delivery.
struct ProjectorLimits {
  std::size_t rows_max = 2'000;
  std::size_t bytes_max = 8u * 1024 * 1024;
  /// One delivery may hold thousands of events, so rows and bytes alone do not bound the work.
  std::size_t observations_max = 20'000;
};

/// The rows of `lane` after `sequence`, in order, read and interpreted; empty when there are none. An error is one of
/// the store alone: a delivery that no source knows, that an adapter chokes on, or whose stored bytes are damaged comes
/// back quarantined with the reason, so that nothing that ever entered the journal can stop the projection.
Result<std::vector<ReadDelivery>> read_deliveries(store::Journal& journal, const Policy& policy, std::uint32_t lane,
                                                  std::uint64_t after_sequence, const ProjectorLimits& limits);

}  // namespace fairlead::engine
