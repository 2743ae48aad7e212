#pragma once

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "simulate/beat.h"

namespace fairlead::simulate::testing {

using Event = boost::json::object;

/// One line of a beat.
struct Told {
  Instant at;
  Event event;
};

inline std::string text_of(const Event& event, std::string_view name) {
  const auto* value = event.if_contains(name);
  return value == nullptr ? std::string() : std::string(value->as_string());
}

inline Instant time_of(const Event& event, std::string_view name) {
  const auto time = parse_time(text_of(event, name));
  CHECK(time.has_value());
  return *time;
}

inline std::vector<Told> events_of(const std::vector<Beat>& beats) {
  std::vector<Told> told;
  for (const Beat& beat : beats) {
    std::istringstream lines(beat.body);
    for (std::string line; std::getline(lines, line);) {
      told.push_back({beat.at, boost::json::parse(line).as_object()});
    }
  }
  return told;
}

/// The events of one type that were told last, by id.
inline std::map<std::string, Event> latest(const std::vector<Told>& told, std::string_view type,
                                           std::string_view id = "id") {
  std::map<std::string, Event> by_id;
  for (const Told& one : told) {
    if (text_of(one.event, "type") == type) by_id[text_of(one.event, id)] = one.event;
  }
  return by_id;
}

}  // namespace fairlead::simulate::testing
