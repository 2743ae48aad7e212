#pragma once

#include <boost/json/object.hpp>
#include <initializer_list>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace fairlead::api {

/// The body as an object whose members are texts, all of `names` and no others. An error never repeats a value.
Result<boost::json::object> body_object(const http::Request& request, std::initializer_list<std::string_view> names);

}  // namespace fairlead::api
