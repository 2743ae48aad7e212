#pragma once

#include "sources/source.h"

namespace fairlead::sources {

/// Webhooks of github.com and of GitHub Enterprise Server (docs/sources/github.md says what becomes of each event).
const Source& github_source();

}  // namespace fairlead::sources
