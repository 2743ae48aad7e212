#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fairlead::sources {

/// Whether `signature` is `prefix` and the hex HMAC-SHA256 of `body` under one of `secrets`. All secrets are tried, so
/// the time does not tell which one matched. An empty secret never matches.
bool hmac_sha256_matches(std::string_view signature, std::string_view prefix, std::string_view body,
                         std::span<const std::string> secrets);

}  // namespace fairlead::sources
