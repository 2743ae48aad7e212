#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"
#include "http/message.h"

namespace fairlead::http {

enum class BodyFraming : std::uint8_t { kNone, kLength, kChunked };

/// A head that passed every check.
struct Head {
  Method method = Method::kOther;
  std::string target;
  Fields headers;  ///< Names in lower case, values trimmed.
  bool http11 = true;
  bool keep_alive = true;
  bool expects_continue = false;
  bool unknown_expectation = false;
  BodyFraming framing = BodyFraming::kNone;
  std::uint64_t content_length = 0;
};

/// Checks (check_head) and parses a whole head.
std::expected<Head, Refusal> parse_head(std::string_view head);

/// Takes a chunked body apart. Refuses chunk extensions and trailer fields: nobody here needs them, and they are where
/// implementations differ.
class ChunkedBody {
 public:
  explicit ChunkedBody(std::size_t body_bytes_max);
  ~ChunkedBody();
  ChunkedBody(const ChunkedBody&) = delete;
  ChunkedBody& operator=(const ChunkedBody&) = delete;

  enum class State { kNeedMore, kComplete, kRefused };
  /// Appends what it finds to `body` and says in `used` how many of the bytes are done with; the others must come again
  /// at the front of the next call, with more behind them.
  State feed(std::string_view bytes, std::string& body, std::size_t& used);
  const Refusal& refusal() const { return refusal_; }

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  Refusal refusal_;
};

}  // namespace fairlead::http
