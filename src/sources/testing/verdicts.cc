#include "sources/testing/verdicts.h"

#include <fmt/format.h>

#include <algorithm>

#include "sources/events.h"
#include "sources/events/batch.h"
#include "sources/testing/describe.h"

namespace fairlead::sources {
namespace {

Interpretation interpret(std::string_view body) {
  Delivery delivery;
  delivery.source = SourceName{"events"};
  delivery.origin = Origin{"events"};
  delivery.received_at = Instant{1'772'323'200'000};
  delivery.body = body;
  return events_source().interpret(delivery, Policy{});
}

std::vector<std::string_view> split(std::string_view body, bool ndjson) {
  std::vector<std::string_view> events;
  BatchSplitter splitter(body, sent_form(body, ndjson));
  for (auto event = splitter.next(); event && *event; event = splitter.next()) events.push_back(**event);
  return events;
}

bool rejects(const EventBatch& batch, std::size_t index) {
  return std::ranges::find(batch.rejected, index, &RejectedEvent::index) != batch.rejected.end();
}

void append(Interpretation& all, Interpretation one) {
  std::ranges::move(one.observations, std::back_inserter(all.observations));
  std::ranges::move(one.unknown_values, std::back_inserter(all.unknown_values));
}

}  // namespace

std::string verdicts_differ(std::string_view body, bool ndjson) {
  const auto batch = check_events(body, ndjson);
  if (!batch) return {};  // nothing of it is journaled
  const auto events = split(body, ndjson);
  if (batch->accepted + batch->rejected.size() != events.size()) return "an event was lost";
  Interpretation expected;
  for (std::size_t index = 0; index < events.size(); ++index) {
    const bool rejected = rejects(*batch, index);
    if (!events[index].starts_with('{')) {
      // Alone it may be another body, an array for example; among others it is no event.
      if (!rejected) return fmt::format("event {} was accepted, but is no object", index);
      continue;
    }
    if (events[index].size() > kEventBytesMax) continue;  // rejected unread
    Interpretation alone = interpret(events[index]);
    const bool quarantined = alone.outcome == Interpretation::Outcome::kQuarantined;
    if (rejected && !quarantined) return fmt::format("event {} was rejected, but interprets", index);
    if (!rejected && quarantined) return fmt::format("event {} was accepted, but: {}", index, alone.reason);
    if (!rejected) append(expected, std::move(alone));
  }
  if (batch->accepted == 0) return {};
  const Interpretation whole = interpret(batch->whole_body ? body : batch->accepted_body);
  if (whole.outcome != Interpretation::Outcome::kAccepted || !whole.reason.empty()) {
    return "the journaled body does not interpret: " + whole.reason;
  }
  return describe(whole) == describe(expected) ? "" : "the journaled body gives other observations than its events";
}

}  // namespace fairlead::sources
