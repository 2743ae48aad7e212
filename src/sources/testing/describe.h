#pragma once

#include <string>

#include "model/observation.h"

namespace fairlead::sources {

/// One observation as a few lines of text, for golden files: key and stamp, then every known field in the order of
/// `visit_fields`. A field whose stamp differs from the entity's first one shows its own.
std::string describe(const Observation& observation);

/// A whole interpretation: outcome, reason, unknown values, observations.
std::string describe(const Interpretation& interpretation);

}  // namespace fairlead::sources
