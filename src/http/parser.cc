// The only file that knows Beast. Its parser is lenient where RFC 9112 allows it to be; check_head runs before it, so
// that it only ever sees heads that can be read in one way.
#include "http/parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>

#include "base/limits.h"
#include "http/http_limits.h"
#include "http/text.h"

namespace fairlead::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

Method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::kGet;
    case beast::http::verb::head:
      return Method::kHead;
    case beast::http::verb::post:
      return Method::kPost;
    case beast::http::verb::put:
      return Method::kPut;
    case beast::http::verb::patch:
      return Method::kPatch;
    case beast::http::verb::delete_:
      return Method::kDelete;
    case beast::http::verb::options:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

/// Ignores every event; the two parsers below override what they want to hear.
class Events : public beast::http::basic_parser<true> {
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, error_code&) override {}
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field, beast::string_view, beast::string_view, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}
};

class HeadParser final : public Events {
 public:
  explicit HeadParser(Head& head) : head_(head) {
    header_limit(static_cast<std::uint32_t>(limits::kHeaderBytesMax));
    body_limit(boost::none);  // the server's rule depends on the route
  }

 private:
  void on_request_impl(beast::http::verb verb, beast::string_view, beast::string_view target, int version,
                       error_code&) override {
    head_.method = method_of(verb);
    head_.target = view(target);
    head_.http11 = version == 11;
  }

  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     error_code&) override {
    if (field == beast::http::field::expect) {
      const bool known = equals_ignoring_case(view(value), "100-continue");
      (known ? head_.expects_continue : head_.unknown_expectation) = true;
    }
    head_.headers.emplace_back(to_lower(view(name)), view(value));
  }

  Head& head_;
};

}  // namespace

std::expected<Head, Refusal> parse_head(std::string_view bytes) {
  if (const auto refusal = check_head(bytes)) return std::unexpected(*refusal);
  Head head;
  HeadParser parser(head);
  error_code error;
  const std::size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error || used != bytes.size() || !parser.is_header_done()) {
    return std::unexpected(Refusal{400, "The header is malformed."});
  }
  head.keep_alive = parser.keep_alive();
  if (parser.chunked()) {
    head.framing = BodyFraming::kChunked;
  } else if (const auto length = parser.content_length(); length && *length > 0) {
    head.framing = BodyFraming::kLength;
    head.content_length = *length;
  }
  return head;
}

struct ChunkedBody::Parser final : public Events {
  explicit Parser(std::size_t body_bytes_max) {
    body_limit(body_bytes_max);
    // Beast reads chunks only behind a head.
    static constexpr std::string_view kHead = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    error_code error;
    put(boost::asio::const_buffer(kHead.data(), kHead.size()), error);
    eager(true);
  }

  void on_field_impl(beast::http::field, beast::string_view, beast::string_view, error_code& error) override {
    if (in_body) error = beast::http::error::bad_chunk;
    refused_trailer = in_body;
  }
  void on_header_impl(error_code&) override { in_body = true; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view extensions, error_code& error) override {
    if (!extensions.empty()) error = beast::http::error::bad_chunk_extension;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override {
    body->append(bytes.data(), bytes.size());
    return bytes.size();
  }

  std::string* body = nullptr;  ///< Set while feed() runs.
  bool in_body = false;
  bool refused_trailer = false;
};

ChunkedBody::ChunkedBody(std::size_t body_bytes_max) : parser_(std::make_unique<Parser>(body_bytes_max)) {}
ChunkedBody::~ChunkedBody() = default;

ChunkedBody::State ChunkedBody::feed(std::string_view bytes, std::string& body, std::size_t& used) {
  used = 0;
  // An unfinished body lacks at least its last chunk, five bytes, so waiting for as many loses nothing. Beast asserts
  // that it has them when it looks at a last chunk for the second time.
  static constexpr std::size_t kLastChunkBytes = 5;
  if (bytes.size() < kLastChunkBytes) return State::kNeedMore;
  parser_->body = &body;
  error_code error;
  used = parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  parser_->body = nullptr;
  if (!error && parser_->is_done()) return State::kComplete;
  const std::size_t left = bytes.size() - used;
  if ((!error || error == beast::http::error::need_more) && left <= limits::kChunkLineBytesMax) return State::kNeedMore;
  if (error == beast::http::error::body_limit) {
    refusal_ = {413, "The body is larger than this route takes."};
  } else if (error == beast::http::error::bad_chunk_extension) {
    refusal_ = {400, "Chunk extensions are not taken."};
  } else if (parser_->refused_trailer) {
    refusal_ = {400, "Trailer fields are not taken."};
  } else {
    refusal_ = {400, "The chunked body is malformed."};
  }
  return State::kRefused;
}

}  // namespace fairlead::http
