#include "http/router.h"

#include <gtest/gtest.h>

namespace fairlead::http {
namespace {

Route route(Method method, std::string pattern) {
  return {method, std::move(pattern), Access::kViewer, RunOn::kConnection, 0, [](Request, Responder) {}};
}

Router table(std::initializer_list<std::pair<Method, const char*>> routes) {
  Router router;
  for (const auto& [method, pattern] : routes) {
    const Status added = router.add(route(method, pattern));
    if (!added) ADD_FAILURE() << added.error().message;
  }
  return router;
}

std::string found(const Router& router, Method method, std::string_view path) {
  const Router::Match match = router.match(method, path);
  if (match.route == nullptr) return match.allowed.empty() ? "404" : "405";
  std::string text = match.route->pattern;
  for (const std::string& parameter : match.path_parameters) text += " " + parameter;
  return text;
}

TEST(Router, literals_parameters_and_rests_are_found_and_the_more_exact_one_wins) {
  const Router router = table({{Method::kGet, "/"},
                               {Method::kGet, "/runs"},
                               {Method::kGet, "/runs/"},
                               {Method::kGet, "/runs/latest"},
                               {Method::kGet, "/runs/{key}"},
                               {Method::kGet, "/runs/{key}/log"},
                               {Method::kGet, "/{a}/{b}/{c}"},
                               {Method::kGet, "/files/{path*}"},
                               {Method::kGet, "/files/index"}});
  EXPECT_EQ(found(router, Method::kGet, "/"), "/");
  EXPECT_EQ(found(router, Method::kGet, "/runs"), "/runs");
  EXPECT_EQ(found(router, Method::kGet, "/runs/"), "/runs/");
  EXPECT_EQ(found(router, Method::kGet, "/runs/latest"), "/runs/latest");
  EXPECT_EQ(found(router, Method::kGet, "/runs/17"), "/runs/{key} 17");
  // The literal leads nowhere here, so the parameter takes it.
  EXPECT_EQ(found(router, Method::kGet, "/runs/latest/log"), "/runs/{key}/log latest");
  EXPECT_EQ(found(router, Method::kGet, "/runs/17/other"), "/{a}/{b}/{c} runs 17 other");
  EXPECT_EQ(found(router, Method::kGet, "/files/a/b/c"), "/files/{path*} a/b/c");
  EXPECT_EQ(found(router, Method::kGet, "/files/index"), "/files/index");
  EXPECT_EQ(found(router, Method::kGet, "/files/"), "/files/{path*} ");
  EXPECT_EQ(found(router, Method::kGet, "/files"), "404");
  EXPECT_EQ(found(router, Method::kGet, "/other"), "404");
  EXPECT_EQ(found(router, Method::kGet, "/runs//log"), "404");
  EXPECT_EQ(found(router, Method::kGet, ""), "404");
}

TEST(Router, a_known_path_with_another_method_names_the_methods_it_has) {
  const Router router =
      table({{Method::kGet, "/runs/{key}"}, {Method::kDelete, "/runs/latest"}, {Method::kPost, "/runs/{key}"}});
  const Router::Match match = router.match(Method::kPut, "/runs/latest");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed, (std::vector{Method::kGet, Method::kHead, Method::kPost, Method::kDelete}));
  EXPECT_TRUE(match.path_parameters.empty());
  // The literal has no GET, so it does not hide the parameter that has.
  EXPECT_EQ(found(router, Method::kGet, "/runs/latest"), "/runs/{key} latest");
}

TEST(Router, head_is_served_by_get_unless_it_has_a_route_of_its_own) {
  const Router router =
      table({{Method::kGet, "/a"}, {Method::kGet, "/b"}, {Method::kHead, "/b"}, {Method::kPost, "/c"}});
  EXPECT_EQ(router.match(Method::kHead, "/a").route->method, Method::kGet);
  EXPECT_EQ(router.match(Method::kHead, "/b").route->method, Method::kHead);
  EXPECT_EQ(found(router, Method::kHead, "/c"), "405");
}

TEST(Router, conflicting_and_unreadable_patterns_are_refused_at_the_start) {
  Router router = table({{Method::kGet, "/runs/{key}"}, {Method::kGet, "/files/{rest*}"}});
  EXPECT_FALSE(router.add(route(Method::kGet, "/runs/{other}")));
  EXPECT_FALSE(router.add(route(Method::kGet, "/files/{path*}")));
  EXPECT_TRUE(router.add(route(Method::kPost, "/runs/{other}")));
  for (const char* pattern : {"", "runs", "/{a*}/b", "/{}", "/{a", "/a}", "/a{b}", "/{*}", "/a//b", "/*", "/{a{b}}"}) {
    EXPECT_FALSE(router.add(route(Method::kGet, pattern))) << pattern;
  }
  EXPECT_FALSE(router.add(route(Method::kOther, "/a")));
  EXPECT_FALSE(router.add({Method::kGet, "/a", Access::kOpen, RunOn::kPool, 0, nullptr}));
  EXPECT_EQ(router.routes().size(), 3u);
}

/// I8: there is no way to add a route without saying who may use it, and each can be listed with its access.
TEST(Router, every_route_can_be_listed_with_its_access) {
  static_assert(!std::is_constructible_v<Route, Method, std::string, RunOn, std::size_t, Handler>);
  const Router router = table({{Method::kGet, "/a"}, {Method::kPost, "/b/{c}"}});
  std::string listed;
  for (const auto& entry : router.routes()) {
    listed += std::string(to_string(entry->method)) + " " + entry->pattern + " " +
              std::string(to_string(entry->access)) + "\n";
  }
  EXPECT_EQ(listed, "GET /a viewer\nPOST /b/{c} viewer\n");
}

TEST(Router, every_added_pattern_is_found_by_a_path_made_from_it) {
  const Router router =
      table({{Method::kGet, "/a"}, {Method::kGet, "/a/{b}"}, {Method::kPut, "/a/{b}/c"}, {Method::kPost, "/a/b/{c*}"}});
  for (const auto& entry : router.routes()) {
    std::string path = entry->pattern;
    for (const char mark : {'{', '}', '*'}) std::erase(path, mark);
    const Router::Match match = router.match(entry->method, path);
    EXPECT_EQ(match.route, entry.get()) << path;
  }
}

}  // namespace
}  // namespace fairlead::http
