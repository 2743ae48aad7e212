#include "api/authorizer.h"

#include <gtest/gtest.h>

#include <set>

#include "api/testing/api_world.h"

namespace fairlead::api {
namespace {

using http::Access;
using store::Role;

/// Every route with the role that it needs. A new route, or another role, must be written here, too (invariant I8).
const std::map<std::string, Access> kRoutes{
    {"POST /hooks/{source}", Access::kHook},
    {"POST /hooks/{source}/{name}", Access::kHook},
    {"POST /api/v1/events", Access::kIngest},
    {"GET /api/v1/metrics/delivery", Access::kViewer},
    {"GET /api/v1/metrics/delivery/{metric}/explain", Access::kViewer},
    {"GET /api/v1/runs", Access::kViewer},
    {"GET /api/v1/runs/{key}", Access::kViewer},
    {"GET /api/v1/deployments", Access::kViewer},
    {"GET /api/v1/deployments/outcomes", Access::kViewer},
    {"GET /api/v1/deployments/{key}", Access::kViewer},
    {"GET /api/v1/deployments/{key}/commits", Access::kViewer},
    {"GET /api/v1/environments/matrix", Access::kViewer},
    {"GET /api/v1/changes", Access::kViewer},
    {"GET /api/v1/commits", Access::kViewer},
    {"GET /api/v1/incidents", Access::kViewer},
    {"GET /api/v1/alerts", Access::kViewer},
    {"GET /api/v1/canaries", Access::kViewer},
    {"GET /api/v1/teams", Access::kViewer},
    {"GET /api/v1/sources", Access::kViewer},
    {"GET /api/v1/deliveries", Access::kViewer},
    {"GET /api/v1/stream", Access::kViewer},
    {"POST /api/v1/session", Access::kOpen},
    {"GET /api/v1/session", Access::kViewer},
    {"DELETE /api/v1/session", Access::kViewer},
    {"GET /api/v1/tokens", Access::kAdmin},
    {"POST /api/v1/tokens", Access::kAdmin},
    {"DELETE /api/v1/tokens/{id}", Access::kAdmin},
    {"GET /api/v1/users", Access::kAdmin},
    {"POST /api/v1/users", Access::kAdmin},
    {"DELETE /api/v1/users/{name}", Access::kAdmin},
    {"GET /api/v1/audit", Access::kAdmin},
    {"GET /api/v1/admin/status", Access::kAdmin},
    {"GET /api/v1/admin/health", Access::kOperator},
    {"GET /api/v1/admin/export", Access::kAdmin},
    {"GET /api/v1/admin/backup", Access::kAdmin},
    {"POST /api/v1/admin/verify", Access::kAdmin},
    {"POST /api/v1/imports", Access::kAdmin},
    {"GET /api/v1/imports", Access::kAdmin},
    {"GET /api/v1/imports/{id}", Access::kAdmin},
    {"DELETE /api/v1/imports/{id}", Access::kAdmin},
    {"GET /healthz", Access::kOpen},
    {"GET /readyz", Access::kOpen},
    {"GET /health", Access::kOpen},
    {"GET /metrics", Access::kOpen},
    {"GET /openapi.json", Access::kOpen},
    {"GET /", Access::kOpen},
    {"GET /sources", Access::kOpen},
    {"GET /import", Access::kOpen},
    {"GET /page.css", Access::kOpen},
    {"GET /page.js", Access::kOpen},
    {"GET /icon.svg", Access::kOpen},
};

http::Request request_with(const std::string& token) {
  http::Request request;
  request.remote_address = "10.0.0.1";
  request.headers = {{"host", "fairlead.example"}};
  if (!token.empty()) request.headers.emplace_back("authorization", "Bearer " + token);
  return request;
}

/// 0 where the request goes through.
int refusal(const http::Authorizer& authorizer, http::Request request, const http::Route& route) {
  const auto refused = authorizer(request, route);
  return refused ? refused->status : 0;
}

TEST(Authorizer, every_route_has_exactly_the_role_that_is_written_here) {
  ApiWorld world;
  std::map<std::string, Access> found;
  for (const auto& route : world.router.routes()) {
    found[fmt::format("{} {}", http::to_string(route->method), route->pattern)] = route->access;
  }
  EXPECT_EQ(found, kRoutes);
}

TEST(Authorizer, every_route_refuses_every_role_that_does_not_suffice) {
  ApiWorld world;
  const std::map<Role, std::string> tokens{{Role::kIngest, world.token(Role::kIngest)},
                                           {Role::kViewer, world.token(Role::kViewer)},
                                           {Role::kOperator, world.token(Role::kOperator)},
                                           {Role::kAdmin, world.token(Role::kAdmin)}};
  for (const auto& route : world.router.routes()) {
    const bool open = route->access == Access::kOpen || route->access == Access::kHook;
    SCOPED_TRACE(route->pattern);
    EXPECT_EQ(refusal(world.authorizer, request_with(""), *route), open ? 0 : 401);
    for (const auto& [role, token] : tokens) {
      const bool allowed = open || role == Role::kAdmin ||
                           (route->access == Access::kIngest && role != Role::kViewer) ||
                           (route->access == Access::kViewer && role != Role::kIngest) ||
                           (route->access == Access::kOperator && role == Role::kOperator);
      EXPECT_EQ(refusal(world.authorizer, request_with(token), *route), allowed ? 0 : 403) << to_string(role);
    }
    http::Request control;
    control.local_control = true;
    EXPECT_EQ(refusal(world.authorizer, control, *route), 0);
  }
}

class AnonymousTest : public testing::Test {
 protected:
  struct From {
    std::string host;
    std::string address;
    std::string origin;
  };
  int get(AnonymousAccess access, const From& from, http::Method method = http::Method::kGet,
          const std::string& path = "/api/v1/sources") {
    ApiOptions options;
    options.anonymous = access;
    options.anonymous_hosts = {"fairlead.acme.lan"};
    ApiWorld world(options);
    http::Fields headers{{"host", from.host}};
    if (!from.origin.empty()) headers.emplace_back("origin", from.origin);
    return world.call({method, path, std::move(headers), deployment_event("d", "10:00:00"), {}, from.address}).status;
  }
};

TEST_F(AnonymousTest, nobody_is_let_in_unless_the_configuration_says_so) {
  EXPECT_EQ(get(AnonymousAccess::kNone, {"localhost:8080", "127.0.0.1", ""}), 401);
  EXPECT_EQ(get(AnonymousAccess::kViewer, {"localhost:8080", "127.0.0.1", ""}), 200);
  EXPECT_EQ(get(AnonymousAccess::kOperator, {"localhost:8080", "127.0.0.1", ""}), 200);
}

TEST_F(AnonymousTest, a_viewer_may_not_write_and_an_operator_is_no_admin) {
  const From here{"127.0.0.1:8080", "127.0.0.1", ""};
  EXPECT_EQ(get(AnonymousAccess::kViewer, here, http::Method::kPost, "/api/v1/events"), 401);
  EXPECT_EQ(get(AnonymousAccess::kOperator, here, http::Method::kPost, "/api/v1/events"), 200);
  EXPECT_EQ(get(AnonymousAccess::kOperator, here, http::Method::kGet, "/api/v1/tokens"), 401);
}

TEST_F(AnonymousTest, only_a_loopback_name_from_a_loopback_address_counts) {
  for (const char* host :
       {"localhost", "LOCALHOST:80", "app.localhost:1", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080"}) {
    EXPECT_EQ(get(AnonymousAccess::kOperator, {host, "127.0.0.1", ""}), 200) << host;
    EXPECT_EQ(get(AnonymousAccess::kOperator, {host, "::1", ""}), 200) << host;
    EXPECT_EQ(get(AnonymousAccess::kOperator, {host, "192.168.1.7", ""}), 401) << host;
  }
  for (const char* host :
       {"evil.example", "127.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]:8080", ""}) {
    EXPECT_EQ(get(AnonymousAccess::kOperator, {host, "127.0.0.1", ""}), 401) << host;
  }
}

TEST_F(AnonymousTest, a_configured_name_lets_viewers_in_and_never_operators) {
  const From lan{"fairlead.acme.lan:8080", "192.168.1.7", ""};
  EXPECT_EQ(get(AnonymousAccess::kViewer, lan), 200);
  EXPECT_EQ(get(AnonymousAccess::kOperator, lan), 401);
}

TEST_F(AnonymousTest, a_page_of_another_origin_is_refused) {
  const std::string host = "localhost:8080";
  EXPECT_EQ(get(AnonymousAccess::kOperator, {host, "127.0.0.1", "http://localhost:8080"}), 200);
  EXPECT_EQ(get(AnonymousAccess::kOperator, {host, "127.0.0.1", "http://localhost:9090"}), 403);
  EXPECT_EQ(get(AnonymousAccess::kOperator, {host, "127.0.0.1", "https://evil.example"}), 403);
  EXPECT_EQ(get(AnonymousAccess::kOperator, {host, "127.0.0.1", "null"}), 403);
}

TEST_F(AnonymousTest, a_request_that_a_proxy_passed_on_is_not_local) {
  ApiOptions options;
  options.anonymous = AnonymousAccess::kOperator;
  ApiWorld world(options);
  const auto status = [&](const http::Fields& more) {
    Call call{http::Method::kGet, "/api/v1/sources", {{"host", "127.0.0.1:8080"}}};
    call.headers.insert(call.headers.end(), more.begin(), more.end());
    return world.call(call).status;
  };
  EXPECT_EQ(status({}), 200);
  for (const char* field :
       {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"}) {
    EXPECT_EQ(status({{field, "127.0.0.1"}}), 401) << field;
  }
}

TEST_F(AnonymousTest, what_a_browser_says_of_the_page_counts) {
  ApiOptions options;
  options.anonymous = AnonymousAccess::kOperator;
  ApiWorld world(options);
  const auto status = [&](http::Method method, const char* site, const char* mode) {
    const bool posts = method == http::Method::kPost;
    return world
        .call({method,
               posts ? "/api/v1/events" : "/api/v1/sources",
               {{"host", "localhost:8080"}, {"sec-fetch-site", site}, {"sec-fetch-mode", mode}},
               posts ? deployment_event("d", "10:00:00") : ""})
        .status;
  };
  EXPECT_EQ(status(http::Method::kPost, "same-origin", "cors"), 200);
  EXPECT_EQ(status(http::Method::kPost, "same-site", "cors"), 403);
  EXPECT_EQ(status(http::Method::kPost, "cross-site", "navigate"), 403);
  EXPECT_EQ(status(http::Method::kGet, "cross-site", "no-cors"), 403);
  EXPECT_EQ(status(http::Method::kGet, "cross-site", "navigate"), 200);
}

TEST(Tokens, unknown_malformed_and_other_schemes_are_401_and_say_what_to_send) {
  ApiWorld world;
  FixedRandom random(99);
  const std::string never_stored = make_token(random, Role::kAdmin, "", {}).text;
  for (const std::string& value : {"Bearer " + never_stored, std::string("Bearer nonsense"), std::string("Bearer "),
                                   std::string("Basic YWRtaW46YWRtaW4="), std::string("")}) {
    const Answer answer =
        world.call({http::Method::kGet, "/api/v1/sources", {{"authorization", value}}, {}, {}, "10.0.0.1"});
    EXPECT_EQ(answer.status, 401) << value;
    EXPECT_TRUE(answer.header("WWW-Authenticate").starts_with("Bearer")) << value;
  }
}

TEST(Tokens, one_that_was_revoked_opens_nothing_from_the_next_request_on) {
  ApiWorld world;
  const std::string token = world.token(Role::kViewer);
  const std::string id(token_id(token).value());
  EXPECT_EQ(world.get("/api/v1/sources", token).status, 200);
  EXPECT_EQ(world.local(http::Method::kDelete, "/api/v1/tokens/" + id).status, 204);
  EXPECT_EQ(world.get("/api/v1/sources", token).status, 401);
  EXPECT_EQ(world.local(http::Method::kDelete, "/api/v1/tokens/" + id).status, 204);
  EXPECT_EQ(world.local(http::Method::kDelete, "/api/v1/tokens/0123456789abcdef").status, 404);
}

TEST(Tokens, one_that_another_process_made_is_found_in_the_journal) {
  ApiWorld world;
  const NewToken made = make_token(world.random, Role::kViewer, "elsewhere", {});
  ASSERT_TRUE(world.engine->journal().put_token(made.row));
  EXPECT_EQ(world.get("/api/v1/sources", made.text).status, 200);
}

TEST(Tokens, the_secret_is_checked_and_not_only_the_public_id) {
  ApiWorld world;
  const std::string token = world.token(Role::kViewer);
  // The same id with another secret, and a checksum that holds.
  std::string forged = token.substr(0, 20) + std::string(43, 'A');
  const Sha256 digest = sha256(forged);
  forged += to_hex(bytes_of(digest).substr(0, 4));
  ASSERT_EQ(token_id(forged), token_id(token));
  EXPECT_EQ(world.get("/api/v1/sources", forged).status, 401);
}

TEST(Tokens, the_journal_never_holds_a_token_and_the_list_never_shows_one) {
  ApiWorld world;
  const std::string token = world.token(Role::kIngest, "ci");
  EXPECT_NE(world.engine->journal().tokens().value().at(0).secret_hash, token);
  const Answer list = world.get("/api/v1/tokens");
  EXPECT_EQ(list.json().at("items").at(0).at("name"), "ci");
  EXPECT_EQ(list.body.find(token.substr(20, 43)), std::string::npos);
  EXPECT_EQ(list.body.find(hash_token(token)), std::string::npos);
}

TEST(Failures, are_limited_per_address_and_never_hold_up_a_good_token) {
  ApiWorld world;
  const std::string good = world.token(Role::kViewer);
  const auto try_token = [&](const std::string& token, const std::string& address) {
    return world.call({http::Method::kGet, "/api/v1/sources", {{"authorization", "Bearer " + token}}, {}, {}, address})
        .status;
  };
  for (int i = 0; i < FailureLimiter::kBurst; ++i) EXPECT_EQ(try_token("wrong", "10.0.0.1"), 401) << i;
  EXPECT_EQ(try_token("wrong", "10.0.0.1"), 429);
  EXPECT_EQ(try_token(good, "10.0.0.1"), 200);
  EXPECT_EQ(try_token("wrong", "10.0.0.2"), 401);
  world.clock.advance(FailureLimiter::kRefill);
  EXPECT_EQ(try_token("wrong", "10.0.0.1"), 401);
  EXPECT_EQ(try_token("wrong", "10.0.0.1"), 429);
}

TEST(FailureLimiter, counts_an_ipv6_customer_as_one_and_a_mapped_address_as_its_ipv4) {
  EXPECT_EQ(limiter_key("2001:db8:1:2::1"), limiter_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(limiter_key("2001:db8:1:2::1"), limiter_key("2001:db8:1:3::1"));
  EXPECT_EQ(limiter_key("::ffff:10.0.0.1"), limiter_key("10.0.0.1"));
  EXPECT_NE(limiter_key("10.0.0.1"), limiter_key("10.0.0.2"));
}

TEST(FailureLimiter, forgets_the_address_that_failed_longest_ago) {
  const ManualClock clock;
  FailureLimiter limiter(clock);
  const auto address = [](std::size_t i) { return fmt::format("10.{}.{}.{}", i / 65536, i / 256 % 256, i % 256); };
  for (int i = 0; i < FailureLimiter::kBurst; ++i) EXPECT_TRUE(limiter.note(address(0)));
  EXPECT_FALSE(limiter.note(address(0)));
  for (std::size_t i = 1; i < FailureLimiter::kAddressesMax; ++i) limiter.note(address(i));
  EXPECT_EQ(limiter.size(), FailureLimiter::kAddressesMax);
  EXPECT_FALSE(limiter.note(address(0)));  // still known, and now the latest
  limiter.note(address(FailureLimiter::kAddressesMax));
  EXPECT_EQ(limiter.size(), FailureLimiter::kAddressesMax);
  EXPECT_FALSE(limiter.note(address(0)));
  for (std::size_t i = 1; i <= FailureLimiter::kAddressesMax; ++i)
    limiter.note(address(i + FailureLimiter::kAddressesMax));
  EXPECT_TRUE(limiter.note(address(0)));  // forgotten
}

TEST(TokenCache, holds_no_more_than_its_limit_and_reads_the_others_from_the_journal) {
  auto journal = store::make_memory_journal();
  TokenCache cache(*journal);
  FixedRandom random(3);
  std::vector<NewToken> tokens;
  for (std::size_t i = 0; i <= TokenCache::kTokensMax; ++i) {
    tokens.push_back(make_token(random, Role::kViewer, "", Instant{static_cast<std::int64_t>(i)}));
    ASSERT_TRUE(journal->put_token(tokens.back().row));
  }
  ASSERT_TRUE(cache.load());
  EXPECT_EQ(cache.size(), TokenCache::kTokensMax);
  EXPECT_EQ(cache.cached(tokens.front().row.id), nullptr);  // the oldest gave way
  ASSERT_NE(cache.cached(tokens.back().row.id), nullptr);
  EXPECT_NE(cache.fetch(tokens.front().row.id).value(), nullptr);
  EXPECT_EQ(cache.size(), TokenCache::kTokensMax);
}

TEST(TokenCache, never_returns_a_revoked_row) {
  auto journal = store::make_memory_journal();
  FixedRandom random(4);
  NewToken made = make_token(random, Role::kViewer, "", {});
  made.row.revoked_at = Instant{1};
  ASSERT_TRUE(journal->put_token(made.row));
  TokenCache cache(*journal);
  ASSERT_TRUE(cache.load());
  EXPECT_EQ(cache.cached(made.row.id), nullptr);
  EXPECT_EQ(cache.fetch(made.row.id).value(), nullptr);
  EXPECT_EQ(cache.fetch("ffffffffffffffff").value(), nullptr);
}

}  // namespace
}  // namespace fairlead::api
