#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace fairlead::http {

/// Why the bytes of a request are refused before any route is known; the connection is closed after the answer.
struct Refusal {
  int status = 400;
  std::string_view detail;  ///< Fixed text: never quotes the request.
};

/// Finds the end of a request's head in bytes as they arrive, looking at each byte once. Stops at the first line that
/// can belong to no acceptable request, so that a client of another protocol is answered and not waited for.
class HeadScanner {
 public:
  enum class State { kNeedMore, kComplete, kRefused };
  struct Found {
    State state = State::kNeedMore;
    std::size_t begin = 0;  ///< The head is [begin, end), with its empty line, if complete.
    std::size_t end = 0;
    Refusal refusal;  ///< If refused.
  };
  /// `bytes` begins with the request and has grown since the last call. One empty line before the request is skipped.
  Found scan(std::string_view bytes);
  void reset() { *this = {}; }

 private:
  std::size_t begin_ = 0;
  std::size_t line_ = 0;  ///< Where the line starts that is looked at.
  std::size_t scanned_ = 0;
  std::size_t fields_ = 0;
  bool has_request_line_ = false;
};

/// Checks everything about a whole head in which two HTTP implementations could differ, stricter than the parser behind
/// it: line ends, white space, characters, one Host, one Content-Length or one `Transfer-Encoding: chunked`, no
/// folding, versions 1.0 and 1.1 only. Returns why it is refused, or nothing.
std::optional<Refusal> check_head(std::string_view head);

}  // namespace fairlead::http
