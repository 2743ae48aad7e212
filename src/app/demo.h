#pragma once

#include "app/config.h"

namespace fairlead::app {

/// Serves a made-up world until a signal says to stop. Without a data folder of its own (`keep` is false) it uses a
/// temporary one and removes it at the end.
///
/// Where every listening address is one of this machine alone, visitors are operators without a login; else they are
/// viewers, under a loopback name or one of `access.anonymous_hosts`. A configuration that grants something itself is
/// left as it is.
Status serve_demo(Config config, const Environment& environment, bool keep);

/// The access that a demo gives: see above.
api::AnonymousAccess demo_access(const Config& config);

}  // namespace fairlead::app
