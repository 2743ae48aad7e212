#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace fairlead::api {

/// `value` as JSON text that people read, too: the shortest digits that give a number back (`0.25`, not `2.5E-1`), and
/// a fraction always shows that it is one (`1.0`). Numbers must be finite; members keep their order.
std::string to_json_text(const boost::json::value& value);

}  // namespace fairlead::api
