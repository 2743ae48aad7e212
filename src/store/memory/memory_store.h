#pragma once

#include "store/store.h"

namespace fairlead::store {

/// Ordered maps behind one mutex: the oracle of the contract suite and the store of property tests. Nothing is durable.
std::unique_ptr<Journal> make_memory_journal();
std::unique_ptr<Derived> make_memory_derived();

}  // namespace fairlead::store
