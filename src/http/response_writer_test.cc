#include "http/response_writer.h"

#include <gtest/gtest.h>

#include "http/content_coding.h"
#include "http/http_limits.h"

namespace fairlead::http {
namespace {

std::string head_of(const Response& response, HeadOptions options = {.date = "D", .request_id = "I"}) {
  std::string out;
  append_head(out, response, options);
  return out;
}

std::string field(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(ResponseWriter, a_head_has_what_every_answer_has) {
  EXPECT_EQ(head_of(Response::json(200, "{}")),
            "HTTP/1.1 200 OK\r\nDate: D\r\nFairlead-Request-Id: I\r\nX-Content-Type-Options: nosniff\r\n"
            "Referrer-Policy: no-referrer\r\nContent-Type: application/json\r\n"
            "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nContent-Length: 2\r\n\r\n");
}

TEST(ResponseWriter, a_policy_of_the_handlers_own_replaces_the_default) {
  Response page = Response::text(200, "x", "text/html");
  page.headers.emplace_back("content-security-policy", "default-src 'self'; frame-ancestors 'none'");
  EXPECT_EQ(head_of(page).find("default-src 'none'"), std::string::npos);
}

TEST(ResponseWriter, answers_without_a_body_have_no_length) {
  EXPECT_EQ(head_of(Response::no_content()).find("Content-Length"), std::string::npos);
  EXPECT_NE(head_of(Response::text(200, "")).find("Content-Length: 0"), std::string::npos);
}

TEST(ResponseWriter, connection_says_what_happens_next_where_it_is_not_the_versions_default) {
  const Response response = Response::json(200, "{}");
  EXPECT_EQ(head_of(response).find("Connection"), std::string::npos);
  EXPECT_NE(head_of(response, {.date = "D", .request_id = "I", .keep_alive = false}).find("Connection: close"),
            std::string::npos);
  EXPECT_NE(head_of(response, {.date = "D", .request_id = "I", .http11 = false}).find("Connection: keep-alive"),
            std::string::npos);
}

TEST(ResponseWriter, a_header_that_would_split_the_answer_becomes_500) {
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"A", "b\r\nC: d"}, {"A\r\nB", "c"}, {"A", "b\n"}, {"A:", "b"}, {"A b", "c"}, {"", "b"}}) {
    Response response = Response::json(200, "{}");
    response.headers.emplace_back(name, value);
    prepare(response, false);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(head_of(response).find("C: d"), std::string::npos);
  }
  Response strange = Response::json(99, "{}");
  prepare(strange, false);
  EXPECT_EQ(strange.status, 500);
}

TEST(ResponseWriter, bodies_above_1_KiB_are_compressed_for_who_accepts_it) {
  Response at = Response::json(200, std::string(limits::kGzipBytesMin, 'a'));
  prepare(at, true);
  EXPECT_EQ(field(at, "Content-Encoding"), "");

  const std::string text(limits::kGzipBytesMin + 1, 'a');
  Response past = Response::json(200, text);
  past.headers.emplace_back("ETag", "\"1\"");
  prepare(past, true);
  EXPECT_EQ(field(past, "Content-Encoding"), "gzip");
  EXPECT_EQ(field(past, "Vary"), "Accept-Encoding");
  EXPECT_EQ(field(past, "ETag"), "W/\"1\"");
  EXPECT_EQ(inflate_body(past.body, ContentCoding::kGzip, text.size()), text);

  Response plain = Response::json(200, text);
  prepare(plain, false);
  EXPECT_EQ(plain.body, text);
  EXPECT_EQ(field(plain, "Vary"), "Accept-Encoding");  // a cache must know that it could have been otherwise
}

TEST(ResponseWriter, what_is_compressed_already_or_does_not_shrink_stays) {
  Response picture = Response::text(200, std::string(5000, 'a'), "image/png");
  prepare(picture, true);
  EXPECT_EQ(picture.body.size(), 5000u);
  Response compressed = Response::text(200, std::string(5000, 'a'), "text/css");
  compressed.headers.emplace_back("Content-Encoding", "gzip");
  prepare(compressed, true);
  EXPECT_EQ(compressed.body.size(), 5000u);
}

TEST(ResponseWriter, a_problem_gets_the_request_id_and_nothing_else_does) {
  Response answer = problem(404, "Not Found", "d");
  add_request_id(answer, "abc");
  EXPECT_TRUE(answer.body.ends_with(R"(,"request_id":"abc"})")) << answer.body;
  Response other = Response::json(200, "{}");
  add_request_id(other, "abc");
  EXPECT_EQ(other.body, "{}");
}

TEST(ResponseWriter, dates_are_those_of_rfc_9110) {
  EXPECT_EQ(format_http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_http_date(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

}  // namespace
}  // namespace fairlead::http
