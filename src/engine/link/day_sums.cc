#include "engine/link/day_sums.h"

#include "metrics/summary.h"

namespace fairlead::engine {
namespace {

constexpr std::size_t kDaysPerTransaction = 512;

Status sum_day(store::DerivedWriter& writer, const Policy& policy, const metrics::Profile& profile,
               const DirtyDay& dirty) {
  const TimeRange range{policy.zone.start_of(dirty.day), policy.zone.start_of({dirty.day.number + 1})};
  DaySummary summary;
  // A metric that this program does not know any more has no summary.
  if (const metrics::Definition* definition = profile.find(dirty.place.metric)) {
    ASSIGN_OR_RETURN(const auto facts, writer.facts_of_day(dirty.place, range));
    summary = metrics::summarize(*definition, facts);
  }
  writer.put_summary(dirty.place, dirty.day, summary);
  writer.clear_day_mark(dirty);
  return {};
}

}  // namespace

Result<bool> sum_marked_days(store::Derived& derived, const Policy& policy, const store::ServiceFilter& mine,
                             const std::function<bool()>& stop) {
  ASSIGN_OR_RETURN(const metrics::Profile* const profile, metrics::find_profile("fairlead"));
  for (;;) {
    ASSIGN_OR_RETURN(auto writer, derived.write());
    ASSIGN_OR_RETURN(const auto days, writer->dirty_days(kDaysPerTransaction, mine));
    if (days.empty()) return false;
    bool stopped = false;
    for (const DirtyDay& day : days) {
      RETURN_IF_ERROR(sum_day(*writer, policy, *profile, day));
      stopped = stop();
      if (stopped) break;
    }
    RETURN_IF_ERROR(writer->commit());
    if (!stopped) continue;
    ASSIGN_OR_RETURN(auto reader, derived.read());
    ASSIGN_OR_RETURN(const auto left, reader->dirty_days(1, mine));
    return !left.empty();
  }
}

}  // namespace fairlead::engine
