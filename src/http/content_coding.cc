#include "http/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/limits.h"
#include "http/text.h"

namespace fairlead::http {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to say: gzip header and trailer
constexpr int kZlibWindow = 15;
constexpr int kGzipLevel = 4;
constexpr Refusal kTooLarge{413, "The body is larger than allowed once it is decompressed."};
constexpr Refusal kBroken{400, "The compressed body is broken."};

/// zlib's inflate state, freed at the end of the scope.
class Inflater {
 public:
  explicit Inflater(ContentCoding coding) {
    CHECK(inflateInit2(&stream_, coding == ContentCoding::kGzip ? kGzipWindow : kZlibWindow) == Z_OK);
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

Bytef* bytes_for_zlib(std::string_view text) {
  // zlib reads through this pointer only; its interface is older than const.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

}  // namespace

std::optional<ContentCoding> parse_content_encoding(std::string_view value) {
  const std::string coding = to_lower(value);
  if (coding.empty() || coding == "identity") return ContentCoding::kIdentity;
  if (coding == "gzip" || coding == "x-gzip") return ContentCoding::kGzip;
  if (coding == "deflate") return ContentCoding::kDeflate;
  return std::nullopt;
}

std::expected<std::string, Refusal> inflate_body(std::string_view compressed, ContentCoding coding,
                                                 std::size_t bytes_max) {
  const std::size_t by_ratio = std::max(compressed.size() * limits::kInflateRatioMax, limits::kInflateFloorBytes);
  const std::size_t limit = std::min(bytes_max, by_ratio);
  Inflater inflater(coding);
  z_stream& stream = inflater.stream();
  stream.next_in = bytes_for_zlib(compressed);
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string body;
  body.reserve(std::min(limit, compressed.size() * 4));
  std::array<char, 16 * 1024> piece;
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    const std::size_t produced = piece.size() - stream.avail_out;
    if (produced > limit - body.size()) return std::unexpected(kTooLarge);
    body.append(piece.data(), produced);
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return body;
      // A gzip body may be several members in a row (RFC 1952, section 2.2); anything else behind the end is garbage.
      if (coding != ContentCoding::kGzip || inflateReset(&stream) != Z_OK) return std::unexpected(kBroken);
    } else if (result != Z_OK || (produced == 0 && stream.avail_in == 0)) {
      return std::unexpected(kBroken);
    }
  }
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  std::optional<bool> gzip_itself;
  while (!accept_encoding.empty()) {
    std::string_view item = cut(accept_encoding, ',');
    const std::string name = to_lower(trim(cut(item, ';')));
    std::string weight = to_lower(item);
    std::erase_if(weight, [](char c) { return c == ' ' || c == '\t'; });
    const bool refused = weight.starts_with("q=0") && weight.find_first_not_of("0.", 3) == std::string::npos;
    if (name == "gzip" || name == "x-gzip") gzip_itself = !refused;
    if (name == "*") any = !refused;
  }
  return gzip_itself.value_or(any);
}

bool is_compressible(std::string_view content_type) {
  const std::string type = to_lower(trim(cut(content_type, ';')));
  if (type == "text/event-stream") return false;
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") || type == "application/json" ||
         type == "application/x-ndjson" || type == "application/javascript" || type == "application/xml" ||
         type == "application/openmetrics-text" || type == "application/yaml";
}

std::string gzip(std::string_view body) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, body.size()), '\0');
  stream.next_in = bytes_for_zlib(body);
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  CHECK(result == Z_STREAM_END);  // the buffer was large enough by deflateBound
  return out;
}

}  // namespace fairlead::http
