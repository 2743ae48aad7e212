#include "http/head.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "http/text.h"

namespace fairlead::http {
namespace {

constexpr Refusal kTooLarge{431, "The header is larger than 16 KiB."};
constexpr Refusal kTooManyFields{431, "The header has more than 100 fields."};

constexpr std::array<bool, 256> table_of(std::string_view others) {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : others) table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr auto kTokenCharacters = table_of("!#$%&'*+-.^_`|~");     // RFC 9110, section 5.6.2
constexpr auto kHostCharacters = table_of("-._~!$&'()*+,;=:[]%");  // RFC 3986, section 3.2.2, and a port

bool consists_of(std::string_view text, const std::array<bool, 256>& table) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) { return table[static_cast<unsigned char>(c)]; });
}

/// HTAB, space, visible ASCII and bytes from 0x80: what a field value may hold (RFC 9110, section 5.5).
bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
  });
}

std::optional<Refusal> check_request_line(std::string_view line) {
  const std::size_t space = line.find(' ');
  const std::size_t last_space = line.rfind(' ');
  if (space == std::string_view::npos || space == last_space) {
    return Refusal{400, "The request line is not METHOD TARGET HTTP/1.1."};
  }
  if (!consists_of(line.substr(0, space), kTokenCharacters)) return Refusal{400, "The method is no token."};
  const std::string_view target = line.substr(space + 1, last_space - space - 1);
  const std::string_view version = line.substr(last_space + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return Refusal{400, "The version is neither HTTP/1.1 nor HTTP/1.0."};
  }
  if (target.empty() || target.front() != '/') return Refusal{400, "The target is no path that starts with a slash."};
  if (target.find(' ') != std::string_view::npos) return Refusal{400, "The target has a space."};
  return std::nullopt;
}

/// The fields on which the end of a message and its addressee depend.
struct Framing {
  int hosts = 0;
  int lengths = 0;
  int codings = 0;

  std::optional<Refusal> add(std::string_view name, std::string_view value) {
    if (equals_ignoring_case(name, "host")) {
      ++hosts;
      if (!consists_of(value, kHostCharacters)) return Refusal{400, "The Host is no host."};
    } else if (equals_ignoring_case(name, "content-length")) {
      ++lengths;
      const bool digits = std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
      if (value.empty() || value.size() > 18 || !digits) return Refusal{400, "The Content-Length is no length."};
    } else if (equals_ignoring_case(name, "transfer-encoding")) {
      ++codings;
      if (!equals_ignoring_case(value, "chunked")) return Refusal{400, "The only Transfer-Encoding here is chunked."};
    }
    return std::nullopt;
  }

  std::optional<Refusal> check(bool http11) const {
    if (hosts > 1) return Refusal{400, "There is more than one Host."};
    if (hosts == 0 && http11) return Refusal{400, "There is no Host."};
    if (lengths > 1) return Refusal{400, "There is more than one Content-Length."};
    if (codings > 1) return Refusal{400, "There is more than one Transfer-Encoding."};
    if (codings == 1 && lengths == 1) return Refusal{400, "There are both a Content-Length and a Transfer-Encoding."};
    if (codings == 1 && !http11) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding."};
    return std::nullopt;
  }
};

std::optional<Refusal> check_field(std::string_view line, Framing& framing) {
  if (line.front() == ' ' || line.front() == '\t') return Refusal{400, "A header field is folded."};
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Refusal{400, "A header field has no colon."};
  const std::string_view name = line.substr(0, colon);
  if (!consists_of(name, kTokenCharacters)) return Refusal{400, "A header field's name is no token."};
  const std::string_view value = trim(line.substr(colon + 1));
  if (!is_value(value)) return Refusal{400, "A header field has a control character."};
  return framing.add(name, value);
}

/// Cuts the next line off `rest`; nothing where it does not end in CRLF or has a CR or LF of its own.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find_first_of("\r\n");
  if (end == std::string_view::npos || rest.substr(end, 2) != "\r\n") return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

}  // namespace

HeadScanner::Found HeadScanner::scan(std::string_view bytes) {
  const auto refused = [](Refusal why) {
    return Found{.state = State::kRefused, .begin = 0, .end = 0, .refusal = why};
  };
  if (!bytes.empty() && bytes.front() != '\r' && !kTokenCharacters[static_cast<unsigned char>(bytes.front())]) {
    return refused({400, "These bytes are no HTTP request."});
  }
  for (;;) {
    const std::size_t end = bytes.find('\n', scanned_);
    if (end == std::string_view::npos) break;
    if (end + 1 - begin_ > limits::kHeaderBytesMax) return refused(kTooLarge);
    if (end == line_ || bytes[end - 1] != '\r') return refused({400, "A line ends in LF without CR."});
    const std::string_view line = bytes.substr(line_, end - 1 - line_);
    line_ = scanned_ = end + 1;
    if (has_request_line_) {
      if (line.empty()) return {.state = State::kComplete, .begin = begin_, .end = line_, .refusal = {}};
      if (++fields_ > limits::kHeaderFieldsMax) return refused(kTooManyFields);
    } else if (line.empty() && begin_ == 0) {
      begin_ = line_;  // RFC 9112, section 2.2: some clients end a body with an empty line of their own
    } else {
      if (const auto refusal = check_request_line(line)) return refused(*refusal);
      has_request_line_ = true;
    }
  }
  scanned_ = bytes.size();
  if (bytes.size() - begin_ >= limits::kHeaderBytesMax) return refused(kTooLarge);
  return {};
}

std::optional<Refusal> check_head(std::string_view head) {
  if (head.size() > limits::kHeaderBytesMax) return kTooLarge;
  const auto request_line = take_line(head);
  if (!request_line) return Refusal{400, "The request line does not end in CRLF."};
  if (const auto refusal = check_request_line(*request_line)) return refusal;
  Framing framing;
  for (std::size_t fields = 0;; ++fields) {
    const auto line = take_line(head);
    if (!line) return Refusal{400, "A header field does not end in CRLF."};
    if (line->empty()) break;
    if (fields == limits::kHeaderFieldsMax) return kTooManyFields;
    if (const auto refusal = check_field(*line, framing)) return refusal;
  }
  if (!head.empty()) return Refusal{400, "The header goes on after its end."};
  return framing.check(request_line->ends_with("1.1"));
}

}  // namespace fairlead::http
