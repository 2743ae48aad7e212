#pragma once

#include <simdjson.h>

#include <string_view>

#include "base/limits.h"
#include "base/result.h"

namespace fairlead::sources {

/// Parses JSON documents one after the other with one set of buffers. What `parse` returns, and every string in it,
/// lives until the next call.
class JsonReader {
 public:
  /// `depth_max` counts objects and arrays inside each other; `[[1]]` and `[[]]` both have depth 2.
  explicit JsonReader(std::size_t depth_max = limits::kJsonDepthMax) : depth_max_(depth_max) {}

  /// The error says what is wrong, and where as far as that is known.
  Result<simdjson::dom::element> parse(std::string_view text);

 private:
  simdjson::error_code try_parse(std::string_view text, std::size_t depth, simdjson::dom::element& root);

  simdjson::dom::parser parser_;
  std::size_t depth_max_;
};

/// `an object`, `a number`, …: for messages.
std::string_view describe_type(simdjson::dom::element element);

}  // namespace fairlead::sources
