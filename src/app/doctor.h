#pragma once

#include <string>
#include <vector>

#include "api/health/finding.h"
#include "app/config.h"
#include "app/journal_address.h"
#include "base/clock.h"
#include "base/result.h"

namespace fairlead::app {

/// What was found about a store and the server on the data folder: what the server says about itself, or what the store
/// says where none runs (then every checksum of the journal is compared, too). Things that cannot be looked at are
/// findings.
std::vector<api::Finding> examine(const JournalAddress& store, Config config, const Clock& clock);

/// For a person, the worst first: state, name, what was seen, and below it what to do.
std::string in_words(const std::vector<api::Finding>& findings);

/// One JSON object in one line, in the form of GET /api/v1/admin/health.
std::string as_json(const std::vector<api::Finding>& findings, const Clock& clock);

}  // namespace fairlead::app
