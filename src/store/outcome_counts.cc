#include "store/outcome_counts.h"

#include "model/observation.h"

namespace fairlead::store {

OutcomeCounts no_outcomes() {
  OutcomeCounts counts;
  for (const auto outcome :
       {Interpretation::Outcome::kAccepted, Interpretation::Outcome::kIgnored, Interpretation::Outcome::kQuarantined}) {
    counts[std::string(to_string(outcome))] = 0;
  }
  return counts;
}

OutcomeCounts total_of(const std::map<SourceName, OutcomeCounts>& by_source) {
  OutcomeCounts total = no_outcomes();
  for (const auto& [source, counts] : by_source) {
    for (const auto& [outcome, count] : counts) total[outcome] += count;
  }
  return total;
}

}  // namespace fairlead::store
