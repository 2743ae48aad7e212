#include "engine/link/day_sums.h"

#include <algorithm>
#include <span>
#include <vector>

#include "metrics/summary.h"

namespace fairlead::engine {
namespace {

constexpr std::size_t kDaysPerTransaction = 512;
/// So many are read and written together where each reading is a round trip.
constexpr std::size_t kDaysTogether = 32;

/// How many of `days` come next. A day of all services can have very many facts: it comes alone.
std::size_t days_together(std::span<const DirtyDay> days, bool remote) {
  const auto of_all = [](const DirtyDay& day) { return day.place.service.empty(); };
  if (!remote || of_all(days.front())) return 1;
  const auto some = days.first(std::min(days.size(), kDaysTogether));
  return static_cast<std::size_t>(std::ranges::find_if(some, of_all) - some.begin());
}

Status sum_days(store::DerivedWriter& writer, const Policy& policy, const metrics::Profile& profile,
                std::span<const DirtyDay> days) {
  std::vector<store::PlaceDay> wanted;
  for (const DirtyDay& dirty : days) {
    wanted.push_back({dirty.place, {policy.zone.start_of(dirty.day), policy.zone.start_of({dirty.day.number + 1})}});
  }
  ASSIGN_OR_RETURN(const auto facts, writer.facts_of_days(wanted));
  std::vector<store::DerivedWriter::SummaryWrite> sums;
  for (std::size_t i = 0; i < days.size(); ++i) {
    DaySummary summary;
    // A metric that this program does not know any more has no summary.
    if (const metrics::Definition* definition = profile.find(days[i].place.metric)) {
      summary = metrics::summarize(*definition, facts[i]);
    }
    sums.push_back({days[i].place, days[i].day, std::move(summary)});
  }
  writer.put_summaries(sums);
  for (const DirtyDay& dirty : days) writer.clear_day_mark(dirty);
  return {};
}

}  // namespace

Result<bool> sum_marked_days(store::Derived& derived, const Policy& policy, const store::ServiceFilter& mine,
                             const std::function<bool(std::size_t)>& stop) {
  ASSIGN_OR_RETURN(const metrics::Profile* const profile, metrics::find_profile("fairlead"));
  for (bool stopped = false;;) {
    {
      // Replicas write in turns: no turn is taken for nothing.
      ASSIGN_OR_RETURN(auto reader, derived.read());
      ASSIGN_OR_RETURN(const auto left, reader->dirty_days(1, mine));
      if (left.empty() || stopped) return !left.empty();
    }
    ASSIGN_OR_RETURN(auto writer, derived.write());
    ASSIGN_OR_RETURN(const auto days, writer->dirty_days(kDaysPerTransaction, mine));
    for (std::span<const DirtyDay> rest = days; !rest.empty() && !stopped;) {
      const auto together = rest.first(days_together(rest, writer->remote()));
      RETURN_IF_ERROR(sum_days(*writer, policy, *profile, together));
      rest = rest.subspan(together.size());
      stopped = stop(together.size());
    }
    RETURN_IF_ERROR(writer->commit());
  }
}

}  // namespace fairlead::engine
