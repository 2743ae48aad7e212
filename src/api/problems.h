#pragma once

#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace fairlead::api {

/// The answer for an expected failure (RFC 9457): kInvalid 400, kNotFound 404, kConflict 409, kLimit 413,
/// kUnauthorized 401, kForbidden 403, kUnavailable and kTimeout 503 with Retry-After, all others 500.
http::Response problem_of(const Error& error);

http::Response unavailable(std::string_view detail, int retry_after_seconds);

}  // namespace fairlead::api
