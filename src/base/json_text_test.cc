#include "base/json_text.h"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonText, what_json_reserves_is_escaped) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json(std::string_view("\n\r\t\0\x1f\x7f", 6)), "\"\\n\\r\\t\\u0000\\u001f\x7f\"");
  EXPECT_EQ(json("grüße 日本 🚀"), "\"grüße 日本 🚀\"");
}

struct Repair {
  std::string_view broken;
  std::string_view repaired;
};

TEST(JsonText, invalid_utf8_becomes_the_replacement_character) {
  constexpr Repair kRepairs[] = {
      {"a\x80z", "a\uFFFDz"},                            // a continuation without a beginning
      {"a\xff\xfez", "a\uFFFD\uFFFDz"},                  // bytes that never occur
      {"\xc0\xaf", "\uFFFD\uFFFD"},                      // an overlong slash
      {"\xe0\x80\xaf", "\uFFFD\uFFFD\uFFFD"},            // an overlong slash in three bytes
      {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},            // a surrogate
      {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // above U+10FFFF
      {"\xe6\x97", "\uFFFD"},                            // cut off
      {"\xe6\x97z", "\uFFFDz"},
      {"\xf0\x9f\x9a", "\uFFFD"},
      {"\xf4\x8f\xbf\xbf", "\U0010FFFF"},
      {"\xee\x80\x80", "\uE000"},
  };
  for (const auto& [broken, repaired] : kRepairs) {
    EXPECT_EQ(clean_utf8(broken, 100), repaired) << testing::PrintToString(broken);
    EXPECT_EQ(json(broken), "\"" + std::string(repaired) + "\"");
  }
}

TEST(JsonText, cutting_never_splits_a_character) {
  EXPECT_EQ(clean_utf8("abc", 3), "abc");
  EXPECT_EQ(clean_utf8("abc", 2), "ab");
  EXPECT_EQ(clean_utf8("añ", 3), "añ");
  EXPECT_EQ(clean_utf8("añ", 2), "a");
  EXPECT_EQ(clean_utf8("🚀🚀", 7), "🚀");
  EXPECT_EQ(clean_utf8("a\xff", 3), "a");  // the replacement is longer than what it replaces
  EXPECT_EQ(clean_utf8("abc", 0), "");
}

}  // namespace
}  // namespace fairlead
