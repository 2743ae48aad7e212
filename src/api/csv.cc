#include "api/csv.h"

#include <algorithm>

#include "api/json_out.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

void append_value(std::string& out, const json::value* value) {
  if (value == nullptr || value->is_null()) return;
  if (value->is_string()) return append_csv_cell(out, value->as_string());
  if (!value->is_structured()) {
    out += to_json_text(*value);  // a number or a boolean: nothing to quote, nothing to disarm
    return;
  }
  const json::array* list = value->if_array();
  if (list == nullptr || !std::ranges::all_of(*list, [](const json::value& item) { return item.is_string(); })) {
    return append_csv_cell(out, to_json_text(*value));
  }
  std::string joined;
  for (const json::value& item : *list) {
    if (!joined.empty()) joined += ' ';
    joined += std::string_view(item.as_string());
  }
  append_csv_cell(out, joined);
}

}  // namespace

void append_csv_cell(std::string& out, std::string_view text) {
  constexpr std::string_view kFormulaStarts = "=+-@\t\r\n";
  const bool formula = !text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos;
  const bool quoted = text.find_first_of("\",\r\n") != std::string_view::npos;
  if (quoted) out += '"';
  if (formula) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  if (quoted) out += '"';
}

std::string to_csv(std::span<const std::string> columns, const json::array& items) {
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i != 0) out += ',';
    append_csv_cell(out, columns[i]);
  }
  out += "\r\n";
  for (const json::value& item : items) {
    const json::object& object = item.as_object();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i != 0) out += ',';
      append_value(out, object.if_contains(columns[i]));
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace fairlead::api
