#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"

namespace fairlead::http {

enum class ContentCoding { kIdentity, kGzip, kDeflate };

/// Reads a Content-Encoding of a request. One coding at most; nothing for a coding that is not known here: 415.
std::optional<ContentCoding> parse_content_encoding(std::string_view value);

/// Inflates a whole body. Never holds more than the limit: ten times the compressed size (at least
/// limits::kInflateFloorBytes) and at most `bytes_max`; past it 413, for broken or cut-off data 400.
std::expected<std::string, Refusal> inflate_body(std::string_view compressed, ContentCoding coding,
                                                 std::size_t bytes_max);

/// Whether an Accept-Encoding takes gzip (RFC 9110, section 12.5.3).
bool accepts_gzip(std::string_view accept_encoding);

/// Whether bodies of this type get smaller by compression.
bool is_compressible(std::string_view content_type);

std::string gzip(std::string_view body);

}  // namespace fairlead::http
