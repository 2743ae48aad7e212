#pragma once

#include <string>
#include <string_view>

namespace fairlead {

/// Appends `text` as a JSON string with quotes. Invalid UTF-8 becomes U+FFFD, so the output always parses.
void append_json_string(std::string& out, std::string_view text);

/// Returns `text` with each invalid UTF-8 sequence replaced by U+FFFD, cut at `bytes_max` on a character's border.
std::string clean_utf8(std::string_view text, std::size_t bytes_max);

}  // namespace fairlead
