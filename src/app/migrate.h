#pragma once

#include <string>

#include "app/journal_address.h"
#include "base/clock.h"
#include "base/result.h"

namespace fairlead::app {

/// Copies all that one store keeps into another, from a running server, too. What an earlier run brought over is not
/// brought again, wherever that run ended; a further run brings what came since. Ends with a comparison of both sides.
/// Returns what it did and what to do next, in words.
Result<std::string> migrate(const JournalAddress& from, const JournalAddress& to, const Clock& clock);

}  // namespace fairlead::app
