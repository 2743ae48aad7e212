#pragma once

#include <cstdint>

#include "bench/fairlead_under_test.h"

namespace fairlead::bench {

/// Sends a steady stream of mixed events for 20 s and says whether the projector keeps up: what is left over must not
/// grow. The lag in rows is looked at all along, and the second half must not lie above the first by more than the
/// stream brings in a second.
bool keeps_up(FairleadUnderTest& fairlead, std::uint64_t salt, double events_per_second);

}  // namespace fairlead::bench
