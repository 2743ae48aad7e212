#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/time.h"

namespace fairlead::simulate {

/// Between the two, mostly near the first.
struct Span {
  Duration low;
  Duration high;
};

/// When what is merged goes to production.
enum class Release : std::uint8_t { kEachMerge, kDaily, kWeekly };

/// What a team does when a deployment turns out bad.
enum class Remedy : std::uint8_t { kRollback, kHotfix, kRevert, kConfiguration };

/// How a service is worked on: the cause of its numbers.
struct Character {
  std::string_view service;
  int major;  ///< Of its versions.
  std::span<const char* const> people;
  Duration between_changes;  ///< While people are at work.
  Span coding;
  Span pickup;
  Span review;
  Release release;
  int bad_percent;         ///< Of production deployments that cause an incident.
  int bad_percent_lately;  ///< The same in the weeks before the world is founded, and ever after.
  Remedy remedy;
  int named_percent;  ///< Of incidents that name their deployment; the others are found by time.
  int red_build_percent;
  Duration build;  ///< About how long.
  Duration deploy;
  int failed_attempt_percent;  ///< Of deployments that do not come up at all.
};

/// The services of the demo.
std::span<const Character> characters();

/// For this long before the founding, `bad_percent_lately` holds.
inline constexpr Duration kLately = Duration::days(21);

}  // namespace fairlead::simulate
