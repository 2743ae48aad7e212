#include "api/json_body.h"

#include <algorithm>
#include <boost/json/parse.hpp>

namespace fairlead::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 4;

}  // namespace

Result<json::object> body_object(const http::Request& request, std::initializer_list<std::string_view> names) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code error;
  json::value value = json::parse(request.body, error, {}, options);
  if (error || !value.is_object()) return fail(ErrorCode::kInvalid, "the body is no JSON object");
  json::object& object = value.as_object();
  for (const json::key_value_pair& member : object) {
    if (std::ranges::find(names, std::string_view(member.key())) == names.end()) {
      return fail(ErrorCode::kInvalid, "unknown member '{}': write {}", std::string_view(member.key()),
                  fmt::join(names, ", "));
    }
  }
  for (const std::string_view name : names) {
    const json::value* member = object.if_contains(name);
    if (member == nullptr || !member->is_string()) return fail(ErrorCode::kInvalid, "'{}' must be a text", name);
  }
  return std::move(object);
}

}  // namespace fairlead::api
