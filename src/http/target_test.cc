#include "http/target.h"

#include <gtest/gtest.h>

namespace fairlead::http {
namespace {

TEST(Target, path_and_query_are_decoded_and_keep_their_order) {
  const auto target = parse_target("/a%20b/c+d?x=1&y=a+b%26c&x=2&flag&&=v");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b/c+d");
  EXPECT_EQ(target->query, (Fields{{"x", "1"}, {"y", "a b&c"}, {"x", "2"}, {"flag", ""}, {"", "v"}}));
}

TEST(Target, an_empty_query_is_none) {
  const auto target = parse_target("/?");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/");
  EXPECT_TRUE(target->query.empty());
}

TEST(Target, each_path_has_one_spelling) {
  for (const char* refused :
       {"",        "a",    "*",         "//",        "/a//b",  "/.",        "/..",     "/./a",       "/a/..",
        "/a/../b", "/%2e", "/%2E%2e/a", "/.%2e",     "/a%2fb", "/a%2Fb",    "/a\\b",   "/a%5Cb",     "/%",
        "/%4",     "/%4g", "/%00",      "/a%0ab",    "/%7f",   "/%80",      "/%c0%af", "/%ed%a0%80", "/%f5%80%80%80",
        "/%e2%82", "/a b", "/a#b",      "/\xc3\xa9", "/a\x7f", "http://x/", "/a?%",    "/a?b=%00",   "/a?%ff=1"}) {
    EXPECT_FALSE(parse_target(refused)) << refused;
  }
}

TEST(Target, what_only_looks_like_a_trick_is_a_name) {
  for (const auto& [target, path] :
       std::initializer_list<std::pair<const char*, const char*>>{{"/...", "/..."},
                                                                  {"/..a", "/..a"},
                                                                  {"/a..", "/a.."},
                                                                  {"/.well-known/x", "/.well-known/x"},
                                                                  {"/%252e%252e", "/%2e%2e"},
                                                                  {"/a/", "/a/"},
                                                                  {"/%F0%9F%9A%A2", "/\xF0\x9F\x9A\xA2"},
                                                                  {"/a:b@c;d=e", "/a:b@c;d=e"}}) {
    const auto parsed = parse_target(target);
    ASSERT_TRUE(parsed) << target;
    EXPECT_EQ(parsed->path, path);
  }
}

TEST(Target, percent_decode_knows_both_cases_and_the_plus_of_forms) {
  EXPECT_EQ(percent_decode("%4a%4A+", true), "JJ ");
  EXPECT_EQ(percent_decode("%4a%4A+", false), "JJ+");
  EXPECT_FALSE(percent_decode("%", true));
}

}  // namespace
}  // namespace fairlead::http
