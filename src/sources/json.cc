#include "sources/json.h"

#include <algorithm>

#include "base/json_text.h"

namespace fairlead::sources {
namespace {

/// simdjson says that a text is not UTF-8, but not where; only the way of failure pays for looking.
std::size_t first_invalid_byte(std::string_view text) {
  const std::string clean = clean_utf8(text, text.size() * 3);  // a replacement character has three bytes
  return static_cast<std::size_t>(std::ranges::mismatch(text, clean).in1 - text.begin());
}

std::unexpected<Error> unreadable(simdjson::error_code error, std::string_view text, std::size_t depth_max) {
  switch (error) {
    case simdjson::EMPTY:
      return fail(ErrorCode::kInvalid, "no JSON here: it is empty");
    case simdjson::UTF8_ERROR:
      return fail(ErrorCode::kInvalid, "not UTF-8 at byte {}", first_invalid_byte(text));
    case simdjson::DEPTH_ERROR:
      return fail(ErrorCode::kInvalid, "objects and arrays nested deeper than {}", depth_max);
    case simdjson::UNCLOSED_STRING:
      return fail(ErrorCode::kInvalid, "a string has no end; was the JSON cut off?");
    case simdjson::UNESCAPED_CHARS:
      return fail(ErrorCode::kInvalid, "a control character stands unescaped in a string");
    case simdjson::STRING_ERROR:
      return fail(ErrorCode::kInvalid, "a string has a wrong escape sequence");
    case simdjson::NUMBER_ERROR:
      return fail(ErrorCode::kInvalid, "a number is malformed or too large");
    default:
      return fail(ErrorCode::kInvalid, "no valid JSON; was it cut off, or is a comma or a bracket missing?");
  }
}

}  // namespace

Result<simdjson::dom::element> JsonReader::parse(std::string_view text) {
  if (parser_.capacity() < text.size() || parser_.capacity() == 0) {
    // simdjson's own growth would begin with a depth of 1,024. It refuses a bracket when it stands at the depth given
    // here, so one more admits exactly `depth_max_`.
    const std::size_t capacity = std::max<std::size_t>(text.size(), 256);
    if (parser_.allocate(capacity, depth_max_ + 1) != simdjson::SUCCESS) {
      return fail(ErrorCode::kLimit, "too large to be parsed: {} bytes", text.size());
    }
  }
  simdjson::dom::element root;
  if (const auto error = parser_.parse(text.data(), text.size()).get(root); error != simdjson::SUCCESS) {
    return unreadable(error, text, depth_max_);
  }
  return root;
}

std::string_view describe_type(simdjson::dom::element element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return "a number";
    case element_type::STRING:
      return "a text";
    case element_type::BOOL:
      return "true or false";
    case element_type::NULL_VALUE:
      return "null";
  }
  return "something else";
}

}  // namespace fairlead::sources
