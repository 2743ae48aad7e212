#pragma once

#include <boost/json/array.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::api {

/// One cell (RFC 4180), quoted where it must be. Text that a spreadsheet would take for a formula (it begins with = + -
/// @, a tab or a line break) gets an apostrophe before it.
void append_csv_cell(std::string& out, std::string_view text);

/// A header line and one line per object. A member that is absent or null is an empty cell, numbers stand as they are,
/// lists of texts are joined with spaces, everything else is JSON.
std::string to_csv(std::span<const std::string> columns, const boost::json::array& items);

}  // namespace fairlead::api
