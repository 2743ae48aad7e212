#pragma once

#include <functional>

#include "base/result.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// Whether sources would read the journal differently under `policy` than they did when `reader`'s state was made. Then
/// the entities themselves are out of date, and only a replay puts that right. False for an empty state.
Result<bool> needs_replay(store::DerivedReader& reader, const Policy& policy);

/// Brings derived state that was made under another policy under this one: places of entities first, then links and all
/// above are dropped and every service is marked (design.md, Storage). Does nothing when the fingerprint is the same.
/// Takes time with the number of entities when something changed; `interrupted` is asked now and then, and ends it with
/// kUnavailable. Then, or after a crash, it begins again.
Status adopt_policy(store::Derived& derived, const Policy& policy, const std::function<bool()>& interrupted = {});

}  // namespace fairlead::engine
