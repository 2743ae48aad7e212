#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace fairlead::http {

/// Makes an answer ready to be sent: replaces one that cannot be sent by a 500 and compresses the body where that is
/// accepted and worthwhile. Runs on the thread that answers.
void prepare(Response& response, bool gzip_accepted);

enum class BodyLength : std::uint8_t {
  kKnown,    ///< Content-Length.
  kChunked,  ///< A stream to a client of HTTP/1.1.
  kToClose,  ///< A stream to a client of HTTP/1.0.
};

struct HeadOptions {
  std::string_view date;
  std::string_view request_id;
  BodyLength length = BodyLength::kKnown;
  bool http11 = true;
  bool keep_alive = true;
};

/// Adds the request id to a problem's body.
void add_request_id(Response& response, std::string_view request_id);

/// Appends the status line and all header fields with the empty line after them.
void append_head(std::string& out, const Response& response, const HeadOptions& options);

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
std::string format_http_date(std::int64_t epoch_seconds);

std::string_view reason_phrase(int status);

}  // namespace fairlead::http
