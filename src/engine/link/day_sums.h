#pragma once

#include <functional>

#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// Sums up marked days anew, each from all of its facts, until none is left or `stop()`, asked after each, says so;
/// with `mine` those of its services alone. Returns whether some are left. Works in transactions of its own.
Result<bool> sum_marked_days(store::Derived& derived, const Policy& policy, const store::ServiceFilter& mine,
                             const std::function<bool()>& stop);

}  // namespace fairlead::engine
