#pragma once

#include "app/config.h"

namespace fairlead::app {

/// What a server shows: what it was told, or a made-up world (app/demo_world.h).
enum class Showing { kReal, kDemo };

/// Serves until a signal says to stop. Returns after everything that was acknowledged is on stable storage.
Status serve(const Config& config, const Environment& environment, Showing showing = Showing::kReal);

}  // namespace fairlead::app
