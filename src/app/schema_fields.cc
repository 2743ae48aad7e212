#include "app/schema_fields.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace fairlead::app {
namespace {

namespace json = boost::json;

json::object schema_of(const Form& form) {
  json::object schema;
  if (form.type == Form::Type::kBool) {
    schema["type"] = "boolean";
  } else {
    schema["type"] = "string";
    if (!form.words.empty()) schema["enum"] = json::array(form.words.begin(), form.words.end());
    if (!form.pattern.empty()) schema["pattern"] = form.pattern;
  }
  return schema;
}

json::object with_description(std::string_view about, const json::object& schema) {
  json::object described;
  described["description"] = about;
  for (const auto& member : schema) described.insert(member);
  return described;
}

json::object one_or_list(const json::object& item) {
  json::object list;
  list["type"] = "array";
  list["items"] = item;
  json::object schema;
  schema["anyOf"] = json::array{item, list};
  return schema;
}

class SchemaFields final : public Fields {
 public:
  void value(std::string_view key, std::string_view about, const Form& form, const Set&) override {
    properties_[key] = with_description(about, schema_of(form));
  }
  void values(std::string_view key, std::string_view about, std::vector<std::string>&, const Check&) override {
    properties_[key] = with_description(about, one_or_list(schema_of(Form{})));
  }
  void section(std::string_view key, std::string_view about, const Inside& inside) override {
    properties_[key] = with_description(about, schema_inside(inside));
  }
  void sections(std::string_view key, std::string_view about, const Inside& inside) override {
    properties_[key] = with_description(about, one_or_list(schema_inside(inside)));
  }
  void named_sections(std::string_view key, std::string_view about, const InsideNamed& inside) override {
    json::object schema;
    schema["type"] = "object";
    schema["additionalProperties"] = schema_inside([&](Fields& fields) { inside("NAME", fields); });
    properties_[key] = with_description(about, schema);
  }
  void problem(std::string) override {}

  static json::object schema_inside(const Inside& inside) {
    SchemaFields fields;
    inside(fields);
    json::object schema;
    schema["type"] = "object";
    schema["properties"] = std::move(fields.properties_);
    schema["additionalProperties"] = false;
    return schema;
  }

 private:
  json::object properties_;
};

void append_indented(std::string& out, const json::value& value, std::size_t depth);

template <class Items, class Write>
void append_items(std::string& out, char open, char close, const Items& items, std::size_t depth, Write write) {
  out += open;
  bool first = true;
  for (const auto& item : items) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append(2 * (depth + 1), ' ');
    write(item);
  }
  if (!first) out.append("\n").append(2 * depth, ' ');
  out += close;
}

void append_indented(std::string& out, const json::value& value, std::size_t depth) {
  if (value.is_object()) {
    append_items(out, '{', '}', value.get_object(), depth, [&](const json::key_value_pair& member) {
      out += json::serialize(member.key()) + ": ";
      append_indented(out, member.value(), depth + 1);
    });
  } else if (value.is_array()) {
    append_items(out, '[', ']', value.get_array(), depth,
                 [&](const json::value& item) { append_indented(out, item, depth + 1); });
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string json_schema(std::string_view title, const Fields::Inside& inside) {
  json::object schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = title;
  for (const auto& member : SchemaFields::schema_inside(inside)) schema.insert(member);
  std::string out;
  append_indented(out, schema, 0);
  return out + "\n";
}

}  // namespace fairlead::app
