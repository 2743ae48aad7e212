#include "api/problems.h"

#include <string>

namespace fairlead::api {

http::Response problem_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalid:
      return http::problem(400, "Bad Request", error.message);
    case ErrorCode::kNotFound:
      return http::problem(404, "Not Found", error.message);
    case ErrorCode::kConflict:
      return http::problem(409, "Conflict", error.message);
    case ErrorCode::kLimit:
      return http::problem(413, "Content Too Large", error.message);
    case ErrorCode::kUnauthorized:
      return http::problem(401, "Unauthorized", error.message);
    case ErrorCode::kForbidden:
      return http::problem(403, "Forbidden", error.message);
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return unavailable(error.message, 1);
    case ErrorCode::kIo:
    case ErrorCode::kCorrupt:
    case ErrorCode::kUnsupported:
      break;
  }
  return http::problem(500, "Internal Server Error", error.message);
}

http::Response unavailable(std::string_view detail, int retry_after_seconds) {
  http::Response response = http::problem(503, "Service Unavailable", detail);
  response.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  return response;
}

}  // namespace fairlead::api
