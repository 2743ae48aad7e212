#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace fairlead::simulate {

/// One moment at which a simulated tool says something: a delivery to be.
struct Beat {
  Instant at;        ///< No event of `body` speaks of a later time.
  std::string id;    ///< Unique in its world.
  std::string body;  ///< Events of our own format, one per line, each marked as simulated.
  /// When another beat will have said all of this and more. Whoever comes later can leave this one out.
  std::optional<Instant> superseded_at;
};

}  // namespace fairlead::simulate
