#pragma once

#include "store/store.h"

namespace fairlead::store {

/// Ordered maps behind one mutex: the oracle of the contract suite and the store of property tests. Nothing is durable.
std::unique_ptr<Journal> make_memory_journal();
/// `remote`: who writes reads ahead, as where each reading is a round trip (DerivedWriter::remote).
std::unique_ptr<Derived> make_memory_derived(bool remote = false);

}  // namespace fairlead::store
