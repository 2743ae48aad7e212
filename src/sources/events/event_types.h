#pragma once

#include <string_view>

#include "sources/events/event_fields.h"

namespace fairlead::sources {

/// Reads one event of its type: first all fields, with every check; then, unless something was wrong or `sink` is null,
/// the observations. The second part cannot fail, so a null `sink` gives the same verdict.
using EventReader = void (*)(EventFields& in, EventSink* sink);

void read_deployment(EventFields& in, EventSink* sink);
void read_change(EventFields& in, EventSink* sink);
void read_commit(EventFields& in, EventSink* sink);
void read_incident(EventFields& in, EventSink* sink);
void read_run(EventFields& in, EventSink* sink);
void read_task(EventFields& in, EventSink* sink);
void read_log(EventFields& in, EventSink* sink);
void read_alert(EventFields& in, EventSink* sink);
void read_canary(EventFields& in, EventSink* sink);
void read_canary_sample(EventFields& in, EventSink* sink);

/// Null where there is no such type.
EventReader find_event_reader(std::string_view type);
/// `deployment, change, …`: for messages.
std::string known_event_types();

}  // namespace fairlead::sources
