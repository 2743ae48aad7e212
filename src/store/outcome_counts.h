#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model/names.h"

namespace fairlead::store {

/// How many deliveries had which outcome: `accepted`, `ignored` and `quarantined`, each also where it is 0.
using OutcomeCounts = std::map<std::string, std::int64_t>;

OutcomeCounts no_outcomes();

/// Of all sources together.
OutcomeCounts total_of(const std::map<SourceName, OutcomeCounts>& by_source);

}  // namespace fairlead::store
