#include <gtest/gtest.h>

#include <set>

#include "sources/source.h"

namespace fairlead::sources {
namespace {

TEST(Sources, are_found_by_their_own_names) {
  std::set<std::string> names;
  for (const Source* source : all_sources()) {
    EXPECT_EQ(find_source(source->name().text), source);
    EXPECT_TRUE(names.insert(source->name().text).second) << "two sources are named " << source->name().text;
  }
  EXPECT_TRUE(names.contains("events"));
  EXPECT_TRUE(names.contains("github"));
  EXPECT_EQ(find_source("teleport"), nullptr);
  EXPECT_EQ(find_source(""), nullptr);
}

TEST(Sources, ask_for_headers_in_lower_case) {
  for (const Source* source : all_sources()) {
    for (const std::string_view header : source->kept_headers()) {
      EXPECT_EQ(header.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), std::string_view::npos) << header;
    }
  }
}

TEST(Sources, refuse_every_delivery_without_a_secret) {
  const Headers::List none;
  for (const Source* source : all_sources()) {
    const auto verified = source->verify(Headers(none), "{}", {});
    ASSERT_FALSE(verified) << source->name().text;
    EXPECT_EQ(verified.error().code, ErrorCode::kUnauthorized);
  }
}

TEST(Headers, are_found_in_any_case_and_the_first_counts) {
  const Headers::List list = {{"X-A", "1"}, {"x-a", "2"}, {"Content-Type", "text/plain"}};
  const Headers headers(list);
  EXPECT_EQ(headers.find("x-a"), "1");
  EXPECT_EQ(headers.find("CONTENT-TYPE"), "text/plain");
  EXPECT_EQ(headers.find("x-"), std::nullopt);
  EXPECT_EQ(headers.find("x-ab"), std::nullopt);
}

}  // namespace
}  // namespace fairlead::sources
