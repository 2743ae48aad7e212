#pragma once

#include <string>

#include "app/fields.h"

namespace fairlead::app {

/// The JSON Schema (2020-12) of a file that `inside` describes, indented for people.
std::string json_schema(std::string_view title, const Fields::Inside& inside);

}  // namespace fairlead::app
