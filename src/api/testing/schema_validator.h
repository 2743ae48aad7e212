#pragma once

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::api {

/// Just enough of JSON Schema 2020-12 for our own document. A keyword that it does not know is a complaint, so that
/// nothing passes unchecked.
class SchemaValidator {
 public:
  using Complaints = std::vector<std::string>;

  /// `document`: the whole OpenAPI document, which references point into.
  explicit SchemaValidator(const boost::json::value& document) : document_(&document) {}

  /// Complaints, each with the place in the value; empty: it fits.
  Complaints check(const boost::json::value& schema, const boost::json::value& value) const {
    Complaints complaints;
    check(schema, value, "$", complaints);
    return complaints;
  }

 private:
  using Value = boost::json::value;

  static bool has_type(const Value& value, std::string_view type) {
    return (type == "null" && value.is_null()) || (type == "boolean" && value.is_bool()) ||
           (type == "string" && value.is_string()) || (type == "array" && value.is_array()) ||
           (type == "object" && value.is_object()) || (type == "number" && value.is_number()) ||
           (type == "integer" && (value.is_int64() || value.is_uint64()));
  }

  static void check_type(const Value& type, const Value& value, const std::string& at, Complaints& out) {
    const bool fits =
        type.is_string()
            ? has_type(value, type.as_string())
            : std::ranges::any_of(type.as_array(), [&](const Value& one) { return has_type(value, one.as_string()); });
    if (!fits) out.push_back(at + " is " + boost::json::serialize(value) + ", not " + boost::json::serialize(type));
  }

  void check_object(const boost::json::object& schema, const boost::json::object& value, const std::string& at,
                    Complaints& out) const {
    if (const Value* required = schema.if_contains("required")) {
      for (const Value& name : required->as_array()) {
        if (!value.contains(name.as_string())) out.push_back(at + " lacks " + std::string(name.as_string()));
      }
    }
    const Value* properties = schema.if_contains("properties");
    const Value* additional = schema.if_contains("additionalProperties");
    for (const auto& member : value) {
      const std::string place = at + "." + std::string(member.key());
      const Value* known = properties != nullptr ? properties->as_object().if_contains(member.key()) : nullptr;
      if (known != nullptr) {
        check(*known, member.value(), place, out);
      } else if (additional != nullptr && additional->is_object()) {
        check(*additional, member.value(), place, out);
      } else if (additional != nullptr && !additional->as_bool()) {
        out.push_back(place + " is not in the schema");
      }
    }
  }

  void check_array(const boost::json::object& schema, const boost::json::array& value, const std::string& at,
                   Complaints& out) const {
    if (const Value* least = schema.if_contains("minItems"); least && value.size() < least->to_number<std::size_t>()) {
      out.push_back(at + " has too few items");
    }
    if (const Value* most = schema.if_contains("maxItems"); most && value.size() > most->to_number<std::size_t>()) {
      out.push_back(at + " has too many items");
    }
    const Value* items = schema.if_contains("items");
    if (items == nullptr) return;
    for (std::size_t i = 0; i < value.size(); ++i) check(*items, value[i], at + "[" + std::to_string(i) + "]", out);
  }

  static void check_number(const boost::json::object& schema, double value, const std::string& at, Complaints& out) {
    if (const Value* least = schema.if_contains("minimum"); least && value < least->to_number<double>()) {
      out.push_back(at + " is too small");
    }
    if (const Value* most = schema.if_contains("maximum"); most && value > most->to_number<double>()) {
      out.push_back(at + " is too large");
    }
  }

  static void check_keywords(const boost::json::object& schema, const std::string& at, Complaints& out) {
    static constexpr std::array<std::string_view, 17> kKnown{
        "$ref",  "type",     "enum",        "properties", "required", "additionalProperties",
        "items", "minItems", "maxItems",    "minimum",    "maximum",  "anyOf",
        "allOf", "format",   "description", "maxLength",  "minLength"};
    for (const auto& member : schema) {
      if (std::ranges::find(kKnown, std::string_view(member.key())) == kKnown.end()) {
        out.push_back(at + ": this validator does not know " + std::string(member.key()));
      }
    }
  }

  void check(const Value& any_schema, const Value& value, const std::string& at, Complaints& out) const {
    const boost::json::object& schema = any_schema.as_object();
    check_keywords(schema, at, out);
    if (const Value* reference = schema.if_contains("$ref")) {
      const std::string_view pointer = reference->as_string();
      return check(document_->at_pointer(pointer.substr(1)), value, at, out);
    }
    if (const Value* type = schema.if_contains("type")) check_type(*type, value, at, out);
    if (const Value* words = schema.if_contains("enum")) {
      const auto& list = words->as_array();
      if (std::ranges::find(list, value) == list.end())
        out.push_back(at + ": " + boost::json::serialize(value) + " is no word of its enum");
    }
    if (const Value* all = schema.if_contains("allOf")) {
      for (const Value& one : all->as_array()) check(one, value, at, out);
    }
    if (const Value* any = schema.if_contains("anyOf")) {
      const bool fits = std::ranges::any_of(any->as_array(), [&](const Value& one) {
        Complaints ignored;
        check(one, value, at, ignored);
        return ignored.empty();
      });
      if (!fits) out.push_back(at + " fits none of anyOf");
    }
    if (value.is_object()) check_object(schema, value.as_object(), at, out);
    if (value.is_array()) check_array(schema, value.as_array(), at, out);
    if (value.is_number()) check_number(schema, value.to_number<double>(), at, out);
  }

  const Value* const document_;
};

}  // namespace fairlead::api
