// Feeds bytes into the functions that a connection uses, in its order: the scanner that finds a head's end, the checks
// and the parser, the target and the route, a chunked body, decompression. Beside crashes it looks for disagreement:
// where the bytes are cut must not change what they mean, and what got through must keep the promises that handlers
// rely on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/call.h"
#include "http/content_coding.h"
#include "http/http_limits.h"
#include "http/target.h"

namespace fairlead::http {
namespace {

constexpr std::size_t kBodyBytesMax = 4096;

Service make_service() {
  Service service;
  service.authorizer = [](Request&, const Route&) { return std::optional<Response>(); };
  service.proxies = TrustedProxies::parse({"10.0.0.0/8", "2001:db8::/32"}).value();
  service.base_path = "/base";
  for (const auto& [method, pattern] :
       std::initializer_list<std::pair<Method, const char*>>{{Method::kGet, "/probe"},
                                                             {Method::kPost, "/echo"},
                                                             {Method::kGet, "/items/{name}"},
                                                             {Method::kPost, "/{rest*}"}}) {
    const Status added = service.router.add(
        {method, pattern, Access::kOpen, RunOn::kConnection, kBodyBytesMax, [](Request, Responder) {}});
    CHECK(added);
  }
  return service;
}

/// Scans in pieces, as a network may deliver them.
HeadScanner::Found scan(std::string_view bytes, std::size_t piece) {
  HeadScanner scanner;
  HeadScanner::Found found;
  for (std::size_t size = 0; found.state == HeadScanner::State::kNeedMore && size < bytes.size();) {
    size = std::min(bytes.size(), size + piece);
    found = scanner.scan(bytes.substr(0, size));
  }
  return found;
}

struct Decoded {
  ChunkedBody::State state = ChunkedBody::State::kNeedMore;
  std::string body;
  std::size_t used = 0;
};

Decoded decode_chunks(std::string_view bytes, std::size_t piece) {
  ChunkedBody chunks(kBodyBytesMax);
  Decoded decoded;
  std::string waiting;
  for (std::size_t at = 0; decoded.state == ChunkedBody::State::kNeedMore && at < bytes.size(); at += piece) {
    waiting += bytes.substr(at, piece);
    std::size_t used = 0;
    decoded.state = chunks.feed(waiting, decoded.body, used);
    waiting.erase(0, used);
    decoded.used += used;
  }
  CHECK(decoded.body.size() <= kBodyBytesMax);
  CHECK(decoded.state != ChunkedBody::State::kNeedMore || waiting.size() <= limits::kChunkLineBytesMax);
  return decoded;
}

void check_promises(const Call& call) {
  CHECK(!call.id.empty());
  for (const auto& [name, value] : call.request.headers) {
    CHECK(!name.empty() && name.find_first_of(std::string_view("\r\n\0 \t:", 6)) == std::string::npos);
    CHECK(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    CHECK(!name.starts_with("fairlead-") || name == "fairlead-after");
  }
  if (call.route == nullptr) CHECK(call.early);
  if (call.early) return;
  const std::string& path = call.request.path;
  CHECK(path.starts_with('/') && path.find("//") == std::string::npos && path.find('\0') == std::string::npos);
  CHECK((path + "/").find("/../") == std::string::npos && (path + "/").find("/./") == std::string::npos);
  CHECK(call.content_length <= call.body_bytes_max);
}

void check_chunks(std::string_view bytes, std::size_t piece) {
  const Decoded whole = decode_chunks(bytes, bytes.size() + 1);
  const Decoded cut = decode_chunks(bytes, piece);
  // Given whole, a late mistake may be seen before an early limit: only success must agree.
  CHECK((whole.state == ChunkedBody::State::kComplete) == (cut.state == ChunkedBody::State::kComplete));
  if (whole.state == ChunkedBody::State::kComplete) CHECK(whole.body == cut.body && whole.used == cut.used);
}

void run(std::string_view bytes, std::size_t piece) {
  static const Service service = make_service();
  const HeadScanner::Found found = scan(bytes, bytes.size() + 1);
  const HeadScanner::Found cut = scan(bytes, piece);
  CHECK(found.state == cut.state && found.end == cut.end && found.begin == cut.begin);
  if (found.state == HeadScanner::State::kComplete) {
    const std::string_view head = bytes.substr(found.begin, found.end - found.begin);
    for (const Guest guest : {Guest::kClient, Guest::kProxy, Guest::kControl}) {
      check_promises(open_call(service, {.address = "10.0.0.1", .guest = guest}, head, "id"));
    }
    bytes.remove_prefix(found.end);
  }
  if (!bytes.empty()) check_chunks(bytes, piece);
  for (const ContentCoding coding : {ContentCoding::kGzip, ContentCoding::kDeflate}) {
    const auto body = inflate_body(bytes, coding, kBodyBytesMax);
    CHECK(!body || body->size() <= kBodyBytesMax);
  }
  [[maybe_unused]] const bool gzip_accepted = accepts_gzip(bytes);
  if (const auto target = parse_target(bytes)) CHECK(target->path.starts_with('/'));
}

}  // namespace
}  // namespace fairlead::http

/// The first byte says how the rest is cut into pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  fairlead::http::run({reinterpret_cast<const char*>(data) + 1, size - 1}, data[0] % 64 + 1);
  return 0;
}
