#pragma once

// Summaries: what a day's facts come to, in a form that adds (linking.md, Summaries).

#include <span>
#include <vector>

#include "metrics/registry.h"
#include "model/facts.h"

namespace fairlead::metrics {

/// The facts of one metric and one day. Recomputed from all of the day's facts, never adjusted by a difference, so
/// whatever moved between days leaves both of them exact.
DaySummary summarize(const Definition& definition, std::span<const Fact> facts);

/// The places whose summaries hold the fact: its own (service, environment), and the roll-ups of its service's and of
/// all production if it counts there. A place with an empty environment is a roll-up.
std::vector<SummaryPlace> places_of(const Fact& fact);

}  // namespace fairlead::metrics
