#include "sources/events/event_types.h"

#include <array>

namespace fairlead::sources {
namespace {

struct EventType {
  std::string_view name;
  EventReader read;
};

constexpr auto kEventTypes = std::to_array<EventType>({
    {"deployment", read_deployment},
    {"change", read_change},
    {"commit", read_commit},
    {"incident", read_incident},
    {"run", read_run},
    {"task", read_task},
    {"log", read_log},
    {"alert", read_alert},
    {"canary", read_canary},
    {"canary_sample", read_canary_sample},
});

}  // namespace

EventReader find_event_reader(std::string_view type) {
  for (const EventType& known : kEventTypes) {
    if (known.name == type) return known.read;
  }
  return nullptr;
}

std::string known_event_types() {
  std::string out;
  for (const EventType& known : kEventTypes) {
    if (!out.empty()) out.append(", ");
    out.append(known.name);
  }
  return out;
}

}  // namespace fairlead::sources
