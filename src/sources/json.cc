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
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return fail(ErrorCode::kLimit, "too large to be parsed: {} bytes", text.size());
    case simdjson::NUMBER_ERROR:
      return fail(ErrorCode::kInvalid, "a number is malformed or too large");
    default:
      return fail(ErrorCode::kInvalid, "no valid JSON; was it cut off, or is a comma or a bracket missing?");
  }
}

bool opens(char c) {
  return c == '{' || c == '[';
}

/// Whether JSON nests deeper than `depth_max`.
bool deeper_than(std::string_view text, std::size_t depth_max) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (opens(c)) {
      if (++depth > depth_max) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

Result<simdjson::dom::element> JsonReader::parse(std::string_view text) {
  // A simdjson parser of depth N admits N - 1 levels, and inside those one more that is empty. So N = depth_max_ admits
  // nothing that is too deep; only what it refuses is looked at again.
  simdjson::dom::element root;
  auto error = try_parse(text, depth_max_, root);
  if (error == simdjson::DEPTH_ERROR && !deeper_than(text, depth_max_)) error = try_parse(text, depth_max_ + 1, root);
  if (error != simdjson::SUCCESS) return unreadable(error, text, depth_max_);
  return root;
}

simdjson::error_code JsonReader::try_parse(std::string_view text, std::size_t depth, simdjson::dom::element& root) {
  if (parser_.capacity() < text.size() || parser_.capacity() == 0 || parser_.max_depth() != depth) {
    // Left to itself, simdjson begins with a depth of 1,024.
    const std::size_t capacity = std::max({text.size(), parser_.capacity(), std::size_t{256}});
    if (const auto error = parser_.allocate(capacity, depth); error != simdjson::SUCCESS) return error;
  }
  return parser_.parse(text.data(), text.size()).get(root);
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
