#include "http/content_coding.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/limits.h"

namespace fairlead::http {
namespace {

constexpr std::size_t kNoLimit = 1u << 30;

std::string deflate_text(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size());
  out.resize(size);
  return out;
}

/// Text that compresses to about a half, so that only a limit stops it.
std::string dull_text(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525u + 1013904223u;
    text += static_cast<char>('a' + (state >> 28));
  }
  return text;
}

TEST(ContentCoding, gzip_and_deflate_come_back_as_they_were) {
  for (const std::size_t size : {1u, 1000u, 100'000u, 1'000'000u}) {
    const std::string text = dull_text(size);
    EXPECT_EQ(inflate_body(gzip(text), ContentCoding::kGzip, kNoLimit), text);
    EXPECT_EQ(inflate_body(deflate_text(text), ContentCoding::kDeflate, kNoLimit), text);
  }
}

TEST(ContentCoding, the_routes_limit_holds_for_the_inflated_body) {
  const std::string text = dull_text(5000);
  EXPECT_TRUE(inflate_body(gzip(text), ContentCoding::kGzip, 5000));
  EXPECT_EQ(inflate_body(gzip(text), ContentCoding::kGzip, 4999).error().status, 413);
}

TEST(ContentCoding, a_body_may_grow_tenfold_and_small_ones_to_the_floor) {
  const std::string at_floor(limits::kInflateFloorBytes, 'a');
  EXPECT_EQ(inflate_body(gzip(at_floor), ContentCoding::kGzip, kNoLimit)->size(), at_floor.size());
  EXPECT_EQ(inflate_body(gzip(at_floor + "a"), ContentCoding::kGzip, kNoLimit).error().status, 413);

  // Dull text brings the size, zeros behind it bring the growth: find the two neighbours around tenfold.
  std::string text = dull_text(100'000);
  std::string compressed = gzip(text);
  while (text.size() <= compressed.size() * limits::kInflateRatioMax) {
    ASSERT_TRUE(inflate_body(compressed, ContentCoding::kGzip, kNoLimit)) << text.size();
    text.append(10'000, 'a');
    compressed = gzip(text);
  }
  EXPECT_EQ(inflate_body(compressed, ContentCoding::kGzip, kNoLimit).error().status, 413);
}

TEST(ContentCoding, a_bomb_is_stopped_at_the_limit) {
  const std::string bomb = gzip(std::string(200'000'000, '\0'));
  EXPECT_LT(bomb.size(), 1'000'000u);
  EXPECT_EQ(inflate_body(bomb, ContentCoding::kGzip, limits::kHookBodyBytesMax).error().status, 413);
}

TEST(ContentCoding, members_in_a_row_are_one_body_and_garbage_is_none) {
  EXPECT_EQ(inflate_body(gzip("one ") + gzip("two"), ContentCoding::kGzip, kNoLimit), "one two");
  EXPECT_EQ(inflate_body(gzip("one") + "x", ContentCoding::kGzip, kNoLimit).error().status, 400);
  EXPECT_EQ(inflate_body(deflate_text("one") + "x", ContentCoding::kDeflate, kNoLimit).error().status, 400);
}

TEST(ContentCoding, every_cut_is_noticed_and_every_flip_is_noticed_or_harmless) {
  const std::string text = "a body that is compressed";
  const std::string whole = gzip(text);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(inflate_body(whole.substr(0, size), ContentCoding::kGzip, kNoLimit)) << size;
  }
  for (std::size_t at = 10; at < whole.size();
       ++at) {  // the first ten bytes hold a time and a system that nobody reads
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    EXPECT_EQ(inflate_body(flipped, ContentCoding::kGzip, kNoLimit).value_or(text), text) << at;
  }
}

TEST(ContentCoding, only_known_codings_are_read_and_only_one) {
  EXPECT_EQ(parse_content_encoding("GZip"), ContentCoding::kGzip);
  EXPECT_EQ(parse_content_encoding("x-gzip"), ContentCoding::kGzip);
  EXPECT_EQ(parse_content_encoding("deflate"), ContentCoding::kDeflate);
  EXPECT_EQ(parse_content_encoding("identity"), ContentCoding::kIdentity);
  EXPECT_EQ(parse_content_encoding(""), ContentCoding::kIdentity);
  EXPECT_FALSE(parse_content_encoding("br"));
  EXPECT_FALSE(parse_content_encoding("gzip, gzip"));
}

TEST(ContentCoding, accept_encoding_is_weighed) {
  for (const char* accepted : {"gzip", "br, gzip", "GZIP;q=1", "gzip;q=0.001", "*", "deflate, *;q=0.5", "x-gzip"}) {
    EXPECT_TRUE(accepts_gzip(accepted)) << accepted;
  }
  for (const char* refused : {"", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *", "identity"}) {
    EXPECT_FALSE(accepts_gzip(refused)) << refused;
  }
}

TEST(ContentCoding, text_is_compressible_and_streams_and_pictures_are_not) {
  for (const char* type :
       {"text/html; charset=utf-8", "application/json", "application/problem+json", "image/svg+xml", "TEXT/CSS"}) {
    EXPECT_TRUE(is_compressible(type)) << type;
  }
  for (const char* type : {"image/png", "text/event-stream", "application/octet-stream", "font/woff2", ""}) {
    EXPECT_FALSE(is_compressible(type)) << type;
  }
}

}  // namespace
}  // namespace fairlead::http
