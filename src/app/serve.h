#pragma once

#include "app/config.h"

namespace fairlead::app {

/// Serves until a signal says to stop. Returns after everything that was acknowledged is on stable storage.
Status serve(const Config& config, const Environment& environment);

}  // namespace fairlead::app
