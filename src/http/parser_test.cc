#include "http/parser.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace fairlead::http {
namespace {

constexpr std::string_view kWhole = "GET /a?b HTTP/1.1\r\nHost: x\r\nAccept: y\r\n\r\n";

TEST(HeadScanner, finds_the_end_wherever_the_bytes_are_cut) {
  const std::string bytes = std::string(kWhole) + "rest";
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    HeadScanner scanner;
    HeadScanner::Found found = scanner.scan(std::string_view(bytes).substr(0, first));
    if (first < kWhole.size()) {
      EXPECT_EQ(found.state, HeadScanner::State::kNeedMore) << first;
      found = scanner.scan(bytes);
    }
    EXPECT_EQ(found.state, HeadScanner::State::kComplete) << first;
    EXPECT_EQ(found.begin, 0u);
    EXPECT_EQ(found.end, kWhole.size());
  }
}

TEST(HeadScanner, does_not_wait_for_the_end_of_what_can_be_no_request) {
  for (const char* bytes :
       {"\x16\x03\x01", " ", "\n", "GET / HTTP/2.0\r\n", "GET /\r\n", "GET / HTTP/1.1\n", "\r\n\r\n"}) {
    EXPECT_EQ(HeadScanner().scan(bytes).state, HeadScanner::State::kRefused) << bytes;
  }
}

std::string head_of_size(std::size_t size) {
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  head.append(size - head.size() - 4, 'a');
  return head + "\r\n\r\n";
}

TEST(HeadScanner, a_header_may_have_16_KiB_and_not_a_byte_more) {
  EXPECT_EQ(HeadScanner().scan(head_of_size(limits::kHeaderBytesMax)).state, HeadScanner::State::kComplete);
  const auto past = HeadScanner().scan(head_of_size(limits::kHeaderBytesMax + 1));
  EXPECT_EQ(past.state, HeadScanner::State::kRefused);
  EXPECT_EQ(past.refusal.status, 431);
  // Without an end in sight it gives up as soon as the end would come too late.
  const std::string endless = head_of_size(2 * limits::kHeaderBytesMax);
  const std::string_view start = endless;
  EXPECT_EQ(HeadScanner().scan(start.substr(0, limits::kHeaderBytesMax - 1)).state, HeadScanner::State::kNeedMore);
  EXPECT_EQ(HeadScanner().scan(start.substr(0, limits::kHeaderBytesMax)).state, HeadScanner::State::kRefused);
}

TEST(HeadScanner, there_may_be_100_fields_and_not_one_more) {
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (std::size_t i = 1; i < limits::kHeaderFieldsMax; ++i) head += "A: b\r\n";
  EXPECT_EQ(HeadScanner().scan(head + "\r\n").state, HeadScanner::State::kComplete);
  EXPECT_FALSE(check_head(head + "\r\n"));
  EXPECT_EQ(HeadScanner().scan(head + "A: b\r\n\r\n").refusal.status, 431);
  EXPECT_EQ(check_head(head + "A: b\r\n\r\n")->status, 431);
}

TEST(ParseHead, everything_it_says_is_read) {
  const auto head = parse_head(
      "POST /a?b=%20 HTTP/1.1\r\nHOST: x:1\r\nContent-Length:  5 \r\nX-Empty:\r\nExpect: 100-Continue\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, Method::kPost);
  EXPECT_EQ(head->target, "/a?b=%20");
  EXPECT_EQ(head->headers,
            (Fields{{"host", "x:1"}, {"content-length", "5"}, {"x-empty", ""}, {"expect", "100-Continue"}}));
  EXPECT_TRUE(head->http11);
  EXPECT_TRUE(head->keep_alive);
  EXPECT_TRUE(head->expects_continue);
  EXPECT_FALSE(head->unknown_expectation);
  EXPECT_EQ(head->framing, BodyFraming::kLength);
  EXPECT_EQ(head->content_length, 5u);
}

TEST(ParseHead, a_length_of_18_digits_is_a_number_and_one_of_19_is_refused) {
  const auto with_length = [](std::string digits) {
    return parse_head("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + digits + "\r\n\r\n");
  };
  EXPECT_EQ(with_length(std::string(18, '9'))->content_length, 999'999'999'999'999'999u);
  EXPECT_FALSE(with_length(std::string(19, '0')));
}

TEST(ParseHead, nothing_may_stand_behind_the_end) {
  EXPECT_TRUE(parse_head(kWhole));
  EXPECT_FALSE(parse_head(std::string(kWhole) + "x"));
  EXPECT_FALSE(parse_head(kWhole.substr(0, kWhole.size() - 1)));
  EXPECT_FALSE(parse_head(""));
}

/// Feeds in pieces of a size, keeping what was not used at the front as the connection does.
ChunkedBody::State feed(ChunkedBody& chunks, std::string_view bytes, std::size_t piece, std::string& body,
                        std::string& left) {
  ChunkedBody::State state = ChunkedBody::State::kNeedMore;
  while (state == ChunkedBody::State::kNeedMore && !bytes.empty()) {
    left += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    std::size_t used = 0;
    state = chunks.feed(left, body, used);
    left.erase(0, used);
  }
  left += bytes;
  return state;
}

TEST(ChunkedBody, is_put_together_wherever_it_is_cut) {
  const std::string_view bytes = "5\r\nhello\r\n00b\r\n, 11 bytes!\r\n0\r\n\r\nNEXT";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    ChunkedBody chunks(16);
    std::string body;
    std::string left;
    EXPECT_EQ(feed(chunks, bytes, piece, body, left), ChunkedBody::State::kComplete) << piece;
    EXPECT_EQ(body, "hello, 11 bytes!");
    EXPECT_EQ(left, "NEXT");
  }
}

TEST(ChunkedBody, the_last_chunk_may_be_the_first_and_come_byte_by_byte) {
  ChunkedBody chunks(16);
  std::string body;
  std::string left;
  EXPECT_EQ(feed(chunks, "0\r\n\r\n", 1, body, left), ChunkedBody::State::kComplete);
  EXPECT_EQ(body, "");
  EXPECT_EQ(left, "");
}

TEST(ChunkedBody, one_byte_past_the_limit_is_413) {
  ChunkedBody chunks(15);
  std::string body;
  std::string left;
  EXPECT_EQ(feed(chunks, "5\r\nhello\r\nb\r\n, 11 bytes!\r\n0\r\n\r\n", 3, body, left), ChunkedBody::State::kRefused);
  EXPECT_EQ(chunks.refusal().status, 413);
  EXPECT_LE(body.size(), 15u);
}

TEST(ChunkedBody, a_size_line_without_an_end_is_refused_and_not_kept) {
  ChunkedBody chunks(1000);
  std::string body;
  std::string left;
  EXPECT_EQ(feed(chunks, std::string(10'000, '0'), 1, body, left), ChunkedBody::State::kRefused);
  EXPECT_EQ(chunks.refusal().status, 400);
}

}  // namespace
}  // namespace fairlead::http
