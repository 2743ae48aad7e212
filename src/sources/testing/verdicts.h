#pragma once

#include <string>
#include <string_view>

namespace fairlead::sources {

/// Whether checking and interpreting agree on a body: what `check_events` accepts is interpreted whole and never
/// quarantined, what it rejects is quarantined when it stands alone, and a batch gives what its events give one by one.
/// Empty when they agree, else what differs. Used by the property test and by the fuzzer.
std::string verdicts_differ(std::string_view body, bool ndjson);

}  // namespace fairlead::sources
