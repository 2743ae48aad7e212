#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace fairlead::http {

/// The two halves of a request target, decoded.
struct Target {
  std::string path;
  Fields query;
};

/// Reads a target in origin form (`/path?query`). One resource has one spelling, so that no proxy in front and no route
/// behind can understand a path differently. Refused: anything but origin form, bytes outside visible ASCII, `#`,
/// broken percent escapes, escapes of control characters, `/` or `\` in the path, segments `.` and `..` (escaped or
/// not), empty segments except a last one, and what is no UTF-8 once decoded.
Result<Target> parse_target(std::string_view target);

/// Decodes `%XX`, and `+` as a space where `plus_is_space`. Fails on a broken escape.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// Reads `a=1&b=two%20words`; empty pieces are skipped, a name without `=` has an empty value.
Result<Fields> parse_query(std::string_view query);

}  // namespace fairlead::http
