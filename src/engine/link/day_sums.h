#pragma once

#include <functional>

#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// Sums up marked days anew, each from all of its facts, until none is left or `stop(n)`, asked after n more, says so;
/// with `mine` those of its services alone. Returns whether some are left. Works in transactions of its own.
Result<bool> sum_marked_days(store::Derived& derived, const Policy& policy, const store::ServiceFilter& mine,
                             const std::function<bool(std::size_t)>& stop);

}  // namespace fairlead::engine
