#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <utility>

namespace fairlead {

/// What went wrong, coarse enough to decide how to answer. The message carries the rest.
enum class ErrorCode {
  kInvalid,       ///< The input breaks its format or a rule: 400 or 422, exit code 2 for a command line.
  kNotFound,      ///< No such thing: 404.
  kConflict,      ///< The same name with other content: 409.
  kLimit,         ///< A named limit was exceeded: 413 or 429.
  kUnauthorized,  ///< No or wrong credential: 401.
  kForbidden,     ///< The credential's role does not suffice: 403.
  kUnavailable,   ///< Not now, try again later: 503.
  kTimeout,       ///< A deadline passed.
  kIo,            ///< The operating system or a store refused; storage may be full or read-only.
  kCorrupt,       ///< Stored data does not match its checksum.
  kUnsupported,   ///< A newer schema, an unknown version.
};

/// An expected failure. `message` is for an administrator: what, which input, what to do. It never holds a secret.
struct Error {
  ErrorCode code;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

/// Builds the failure branch of any Result: `return fail(ErrorCode::kInvalid, "bad port {}", port);`
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

}  // namespace fairlead

#define FAIRLEAD_CONCAT_INNER(a, b) a##b
#define FAIRLEAD_CONCAT(a, b) FAIRLEAD_CONCAT_INNER(a, b)

/// Leaves the function with the error if `expr` (a Result or Status) failed.
#define RETURN_IF_ERROR(expr)                                     \
  do {                                                            \
    if (auto fairlead_status = (expr); !fairlead_status) {        \
      return std::unexpected(std::move(fairlead_status).error()); \
    }                                                             \
  } while (false)

/// `ASSIGN_OR_RETURN(auto row, read());` binds the value, or leaves the function with the error.
#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_INNER(FAIRLEAD_CONCAT(fairlead_result_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_INNER(result, lhs, expr)                 \
  auto result = (expr);                                           \
  if (!result) return std::unexpected(std::move(result).error()); \
  lhs = std::move(*result)
