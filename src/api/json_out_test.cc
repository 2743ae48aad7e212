#include "api/json_out.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace fairlead::api {
namespace {

namespace json = boost::json;

TEST(JsonOut, writes_numbers_as_people_do) {
  const json::value value{{"ratio", 0.25}, {"whole", 1.0}, {"count", 602}, {"small", 1.0 / 30}, {"large", 1e300}};
  EXPECT_EQ(to_json_text(value),
            R"({"ratio":0.25,"whole":1.0,"count":602,"small":0.03333333333333333,"large":1e+300})");
}

TEST(JsonOut, gives_back_the_same_value) {
  const json::value value{{"text", "a \"quoted\"\n\x01 line"}, {"none", nullptr},    {"yes", true},
                          {"list", {1, -2.5, "x", {}}},        {"most", UINT64_MAX}, {"empty", json::object{}}};
  EXPECT_EQ(json::parse(to_json_text(value)), value);
}

}  // namespace
}  // namespace fairlead::api
