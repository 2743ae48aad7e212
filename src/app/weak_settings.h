#pragma once

#include <vector>

#include "api/health/finding.h"
#include "app/config.h"

namespace fairlead::app {

/// What the configuration leaves open, for `doctor` and the health page; never shows a secret. One finding `settings`
/// where nothing is weak.
std::vector<api::Finding> weak_settings(const Config& config);

}  // namespace fairlead::app
