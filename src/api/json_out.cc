#include "api/json_out.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/json_text.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

void append(std::string& out, const json::value& value);

void append_double(std::string& out, double number) {
  const std::size_t start = out.size();
  fmt::format_to(std::back_inserter(out), "{}", number);
  if (out.find_first_of(".e", start) == std::string::npos) out += ".0";
}

void append_object(std::string& out, const json::object& object) {
  out += '{';
  bool first = true;
  for (const json::key_value_pair& member : object) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, member.key());
    out += ':';
    append(out, member.value());
  }
  out += '}';
}

void append_array(std::string& out, const json::array& array) {
  out += '[';
  bool first = true;
  for (const json::value& item : array) {
    if (!std::exchange(first, false)) out += ',';
    append(out, item);
  }
  out += ']';
}

void append(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out += "null";
      return;
    case json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      return;
    case json::kind::int64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_int64());
      return;
    case json::kind::uint64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_uint64());
      return;
    case json::kind::double_:
      return append_double(out, value.get_double());
    case json::kind::string:
      return append_json_string(out, value.get_string());
    case json::kind::array:
      return append_array(out, value.get_array());
    case json::kind::object:
      return append_object(out, value.get_object());
  }
}

}  // namespace

std::string to_json_text(const json::value& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace fairlead::api
