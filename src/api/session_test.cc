#include <gtest/gtest.h>

#include "api/authorizer.h"
#include "api/session_cookie.h"
#include "api/testing/fake_stream.h"
#include "api/testing/session_client.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

using http::Method;
using store::Role;

constexpr const char* kSession = "/api/v1/session";

TEST(Login, answers_who_it_is_and_sets_a_cookie_that_opens_the_api) {
  ApiWorld world;
  add_user(world, "ann", Role::kOperator);
  SessionClient ann(world);
  EXPECT_EQ(ann.get("/api/v1/runs").status, 401);
  EXPECT_EQ(ann.get(kSession).status, 401);
  const Answer answer = ann.log_in("ann");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(answer.json().at("name"), "ann");
  EXPECT_EQ(answer.json().at("role"), "operator");
  EXPECT_EQ(answer.json().at("anonymous"), false);
  EXPECT_EQ(ann.get("/api/v1/runs").status, 200);
  EXPECT_EQ(ann.get(kSession).body, answer.body);
  EXPECT_EQ(ann.get("/api/v1/tokens").status, 403);
}

TEST(Login, a_wrong_name_and_a_wrong_password_get_the_same_answer_for_the_same_work) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient client(world);
  const Answer wrong_password = client.log_in("ann", "wrong horse");
  const Answer wrong_name = client.log_in("nobody", "wrong horse");
  EXPECT_EQ(wrong_password.status, 401);
  EXPECT_EQ(wrong_name.status, 401);
  EXPECT_EQ(wrong_password.body, wrong_name.body);
  EXPECT_EQ(wrong_password.headers, wrong_name.headers);
  EXPECT_TRUE(wrong_password.header("Set-Cookie").empty());
}

TEST(Login, the_hasher_works_as_much_for_nobody_as_for_somebody) {
  FixedRandom random(1);
  PasswordHasher hasher(random);
  const std::string encoded = hasher.hash(kPassword).value();
  EXPECT_EQ(hasher.hashed(), 1u);
  EXPECT_FALSE(hasher.verify(encoded, "wrong horse").value());
  EXPECT_EQ(hasher.hashed(), 2u);
  EXPECT_FALSE(hasher.verify(std::nullopt, "wrong horse").value());
  EXPECT_EQ(hasher.hashed(), 3u);
}

TEST(Login, refuses_what_it_cannot_read_and_takes_bodies_up_to_its_limit) {
  ApiWorld world;
  SessionClient client(world);
  for (const char* body : {"", "[]", "{", R"({"name":"a"})", R"({"password":"b"})", R"({"name":1,"password":"b"})",
                           R"({"name":"a","password":null})", R"({"name":"a","password":"b","more":"c"})"}) {
    EXPECT_EQ(client.send(Method::kPost, kSession, body).status, 400) << body;
  }
  EXPECT_EQ(client.send(Method::kPost, "/api/v1/session?name=ann", login_body("ann")).status, 400);
  // One byte more than any password has: no work, and the same answer.
  EXPECT_EQ(client.log_in("ann", std::string(PasswordHasher::kPasswordBytesMax + 1, 'x')).status, 401);
  const http::Router::Match match = world.router.match(Method::kPost, kSession);
  EXPECT_LE(match.route->body_bytes_max, 16u * 1024);
  EXPECT_GE(match.route->body_bytes_max, 6 * (PasswordHasher::kPasswordBytesMax + 100));
}

TEST(Login, never_takes_over_an_id_that_the_client_brought_along) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient ann(world);
  ann.cookie = "fairlead-8080=" + std::string(Sessions::kIdChars, 'A');
  const std::string planted = ann.cookie;
  ASSERT_EQ(ann.log_in("ann").status, 200);
  EXPECT_NE(ann.cookie, planted);
  SessionClient attacker(world);
  attacker.cookie = planted;
  EXPECT_EQ(attacker.get("/api/v1/runs").status, 401);
}

TEST(Login, again_ends_the_session_that_it_takes_the_place_of) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient ann(world);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  const SessionClient before = ann;
  ASSERT_EQ(ann.log_in("ann").status, 200);
  EXPECT_NE(before.cookie, ann.cookie);
  EXPECT_EQ(SessionClient(before).get("/api/v1/runs").status, 401);
  EXPECT_EQ(ann.get("/api/v1/runs").status, 200);
}

TEST(Login, a_page_of_another_origin_cannot_log_anybody_in) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient client(world);
  Call call = client.request(Method::kPost, kSession, login_body("ann"));
  call.headers = {{"host", "localhost:8080"}, {"origin", "https://evil.example"}};
  EXPECT_EQ(world.call(call).status, 403);
  call.headers = {{"host", "localhost:8080"}, {"sec-fetch-site", "cross-site"}};
  EXPECT_EQ(world.call(call).status, 403);
  call.headers = {{"host", "localhost:8080"}};  // a program
  EXPECT_EQ(world.call(call).status, 200);
}

TEST(Cookie, has_the_host_prefix_under_https_and_http_only_and_strict_everywhere) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient secure(world, "fairlead.example", true);
  secure.address = "192.0.2.7";
  const std::string over_tls = secure.log_in("ann").header("Set-Cookie");
  EXPECT_TRUE(over_tls.starts_with("__Host-fairlead=")) << over_tls;
  EXPECT_TRUE(over_tls.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure")) << over_tls;
  EXPECT_EQ(secure.get("/api/v1/runs").status, 200);

  SessionClient plain(world);
  const std::string in_clear = plain.log_in("ann").header("Set-Cookie");
  EXPECT_TRUE(in_clear.starts_with("fairlead-8080=")) << in_clear;
  EXPECT_TRUE(in_clear.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict")) << in_clear;
}

TEST(Cookie, is_neither_given_nor_taken_in_the_clear_under_other_names) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient ann(world);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  for (const char* host : {"fairlead.example", "192.168.1.4:8080", "localhost.evil.example:8080", "localhost:80;80",
                           "localhost:808080", ""}) {
    SessionClient elsewhere(world, host);
    EXPECT_EQ(elsewhere.log_in("ann").status, 403) << host;
    elsewhere.cookie = ann.cookie;
    EXPECT_EQ(elsewhere.get("/api/v1/runs").status, 401) << host;
  }
  // The name for plain loopback is none under https: whoever is in the middle could have set it.
  SessionClient secure(world, "localhost:8080", true);
  secure.cookie = ann.cookie;
  EXPECT_EQ(secure.get("/api/v1/runs").status, 401);
}

TEST(Cookie, tampered_doubled_and_foreign_ones_open_nothing) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient ann(world);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  const std::string good = ann.cookie;
  const auto status = [&](const std::string& cookie) {
    ann.cookie = cookie;
    return ann.get("/api/v1/runs").status;
  };
  EXPECT_EQ(status(good), 200);
  EXPECT_EQ(status("a=b; " + good + "; c=d"), 200);
  for (std::size_t at = good.find('=') + 1; at < good.size(); at += 6) {
    std::string tampered = good;
    tampered[at] = tampered[at] == 'x' ? 'y' : 'x';
    EXPECT_EQ(status(tampered), 401) << at;
  }
  EXPECT_EQ(status(good + "; " + good), 401);
  EXPECT_EQ(status("fairlead-8080=x; " + good), 401);
  EXPECT_EQ(status("x" + good), 401);
  EXPECT_EQ(status(good + "=="), 401);
  EXPECT_EQ(status("fairlead-8080="), 401);
  EXPECT_EQ(status(";;;="), 401);
  EXPECT_EQ(status("fairlead-8080=" + std::string(limits::kHeaderBytesMax, 'A')), 401);
}

TEST(Csrf, what_changes_something_needs_the_token_and_an_origin_of_ours) {
  ApiWorld world;
  add_user(world, "boss", Role::kAdmin);
  SessionClient boss(world);
  ASSERT_EQ(boss.log_in("boss").status, 200);
  const std::string body = R"({"name":"ci","role":"ingest"})";
  const auto status = [&](const http::Fields& more) {
    Call call = boss.request(Method::kPost, "/api/v1/tokens", body);
    call.headers = {{"host", "localhost:8080"}, {"cookie", boss.cookie}};
    call.headers.insert(call.headers.end(), more.begin(), more.end());
    return world.call(call).status;
  };
  const std::string ours = "http://localhost:8080";
  EXPECT_EQ(status({{"origin", ours}, {"x-csrf-token", boss.csrf}}), 201);
  EXPECT_EQ(status({{"sec-fetch-site", "same-origin"}, {"x-csrf-token", boss.csrf}}), 201);
  EXPECT_EQ(status({{"origin", ours}}), 403);
  EXPECT_EQ(status({{"origin", ours}, {"x-csrf-token", ""}}), 403);
  EXPECT_EQ(status({{"origin", ours}, {"x-csrf-token", std::string(boss.csrf.size(), 'A')}}), 403);
  EXPECT_EQ(status({{"x-csrf-token", boss.csrf}}), 403);
  EXPECT_EQ(status({{"origin", "http://localhost:9090"}, {"x-csrf-token", boss.csrf}}), 403);
  EXPECT_EQ(status({{"origin", "null"}, {"x-csrf-token", boss.csrf}}), 403);
  EXPECT_EQ(status({{"sec-fetch-site", "none"}, {"x-csrf-token", boss.csrf}}), 403);
  for (const char* site : {"cross-site", "same-site", ""}) {
    EXPECT_EQ(status({{"sec-fetch-site", site}, {"origin", ours}, {"x-csrf-token", boss.csrf}}), 403) << site;
  }
}

TEST(Csrf, the_token_of_another_session_does_not_count) {
  ApiWorld world;
  add_user(world, "boss", Role::kAdmin);
  SessionClient one(world);
  SessionClient two(world);
  ASSERT_EQ(one.log_in("boss").status, 200);
  ASSERT_EQ(two.log_in("boss").status, 200);
  one.csrf = two.csrf;
  EXPECT_EQ(one.send(Method::kPost, "/api/v1/tokens", R"({"name":"ci","role":"ingest"})").status, 403);
}

TEST(Csrf, reading_from_another_page_is_refused_and_following_a_link_is_not) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient ann(world);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  const auto status = [&](const http::Fields& more) {
    Call call = ann.request(Method::kGet, "/api/v1/runs");
    call.headers.insert(call.headers.end(), more.begin(), more.end());
    return world.call(call).status;
  };
  EXPECT_EQ(status({{"sec-fetch-site", "same-origin"}, {"sec-fetch-mode", "cors"}}), 200);
  EXPECT_EQ(status({{"sec-fetch-site", "none"}, {"sec-fetch-mode", "navigate"}}), 200);
  EXPECT_EQ(status({{"sec-fetch-site", "same-site"}, {"sec-fetch-mode", "navigate"}}), 200);
  EXPECT_EQ(status({{"sec-fetch-site", "same-site"}, {"sec-fetch-mode", "no-cors"}}), 403);
  EXPECT_EQ(status({{"origin", "http://localhost:9090"}}), 403);
}

TEST(Csrf, under_https_a_plain_page_of_the_same_name_is_another_origin) {
  ApiWorld world;
  add_user(world, "boss", Role::kAdmin);
  SessionClient boss(world, "fairlead.example", true);
  ASSERT_EQ(boss.log_in("boss").status, 200);
  Call call = boss.request(Method::kPost, "/api/v1/tokens", R"({"name":"ci","role":"ingest"})");
  EXPECT_EQ(world.call(call).status, 201);
  for (auto& [name, value] : call.headers) {
    if (name == "origin") value = "http://fairlead.example";
  }
  EXPECT_EQ(world.call(call).status, 403);
}

TEST(Csrf, a_bearer_token_needs_none) {
  ApiWorld world;
  const std::string token = world.token(Role::kAdmin);
  const Answer made = world.call({Method::kPost,
                                  "/api/v1/tokens",
                                  {{"authorization", "Bearer " + token}},
                                  R"({"name":"ci","role":"ingest"})",
                                  {},
                                  "10.0.0.1"});
  EXPECT_EQ(made.status, 201);
}

TEST(SessionRoles, every_route_asks_of_a_session_what_it_asks_of_a_token) {
  ApiWorld world;
  for (const Role role : {Role::kViewer, Role::kOperator, Role::kAdmin}) {
    const std::string name(to_string(role));
    add_user(world, name, role);
    SessionClient client(world);
    ASSERT_EQ(client.log_in(name).status, 200);
    for (const auto& route : world.router.routes()) {
      const bool open = route->access < http::Access::kIngest;
      const Call call = client.request(route->method, "/");
      http::Request request;
      request.method = call.method;
      request.headers = call.headers;
      request.remote_address = call.remote_address;
      const auto refused = world.authorizer(request, *route);
      EXPECT_EQ(refused ? refused->status : 0, open || allows(role, route->access) ? 0 : 403)
          << name << " " << route->pattern;
      if (!open && !refused) {
        EXPECT_EQ(actor_of(request), "user:" + name);
      }
    }
  }
}

TEST(Logout, ends_this_session_and_its_streams_and_clears_the_cookie) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient ann(world);
  SessionClient elsewhere(world);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  ASSERT_EQ(elsewhere.log_in("ann").status, 200);
  Answer mine = ann.get("/api/v1/stream");
  Answer other = elsewhere.get("/api/v1/stream");
  const auto my_stream = std::make_shared<FakeStream>();
  const auto other_stream = std::make_shared<FakeStream>();
  mine.on_stream(my_stream);
  other.on_stream(other_stream);
  const Answer out = ann.send(Method::kDelete, kSession);
  EXPECT_EQ(out.status, 204);
  EXPECT_TRUE(out.header("Set-Cookie").starts_with("fairlead-8080=; Path=/; Max-Age=0;")) << out.header("Set-Cookie");
  my_stream->await_close();
  EXPECT_FALSE(other_stream->closed());
  EXPECT_EQ(ann.get("/api/v1/runs").status, 401);
  EXPECT_EQ(elsewhere.get("/api/v1/runs").status, 200);
  EXPECT_EQ(ann.send(Method::kDelete, kSession).status, 401);
  mine.on_close();
  other.on_close();
}

TEST(Logout, needs_the_csrf_token) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient ann(world);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  ann.csrf.clear();
  EXPECT_EQ(ann.send(Method::kDelete, kSession).status, 403);
  EXPECT_EQ(ann.get("/api/v1/runs").status, 200);
}

TEST(Streams, of_a_session_that_expired_end_at_the_next_heartbeat) {
  ApiOptions options;
  options.heartbeat = Duration::millis(20);
  ApiWorld world(options);
  add_user(world, "ann", Role::kViewer);
  SessionClient ann(world);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  Answer answer = ann.get("/api/v1/stream");
  const auto stream = std::make_shared<FakeStream>();
  answer.on_stream(stream);
  stream->await(": heartbeat");
  world.clock.advance(options.sessions.idle);
  stream->await_close();
  answer.on_close();
}

TEST(UserChange, a_removed_user_has_no_session_no_stream_and_no_login_left) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  add_user(world, "bob", Role::kAdmin);
  SessionClient ann(world);
  SessionClient bob(world);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  ASSERT_EQ(bob.log_in("bob").status, 200);
  Answer answer = ann.get("/api/v1/stream");
  const auto stream = std::make_shared<FakeStream>();
  answer.on_stream(stream);
  EXPECT_EQ(bob.send(Method::kDelete, "/api/v1/users/ann").status, 204);
  EXPECT_EQ(audit_of(world).front().actor, "user:bob");
  EXPECT_EQ(audit_of(world).front().action, "user.remove");
  stream->await_close();
  answer.on_close();
  EXPECT_EQ(ann.get("/api/v1/runs").status, 401);
  EXPECT_EQ(ann.log_in("ann").status, 401);
  EXPECT_EQ(bob.get("/api/v1/runs").status, 200);
}

TEST(UserChange, a_new_password_or_role_ends_all_sessions_of_that_user_at_once) {
  ApiWorld world;
  add_user(world, "cleo", Role::kAdmin);
  add_user(world, "ann", Role::kAdmin);
  add_user(world, "bob", Role::kViewer);
  SessionClient ann(world);
  SessionClient bob(world);
  ASSERT_EQ(ann.log_in("ann").status, 200);
  ASSERT_EQ(bob.log_in("bob").status, 200);
  EXPECT_EQ(ann.get("/api/v1/tokens").status, 200);
  add_user(world, "ann", Role::kViewer, "another horse");
  EXPECT_EQ(ann.get("/api/v1/tokens").status, 401);
  EXPECT_EQ(ann.get("/api/v1/runs").status, 401);
  EXPECT_EQ(bob.get("/api/v1/runs").status, 200);
  EXPECT_EQ(ann.log_in("ann").status, 401);
  ASSERT_EQ(ann.log_in("ann", "another horse").status, 200);
  EXPECT_EQ(ann.get("/api/v1/tokens").status, 403);
}

TEST(UserChange, a_user_is_no_tool) {
  ApiWorld world;
  EXPECT_EQ(
      world.local(Method::kPost, "/api/v1/users", R"({"name":"ci","role":"ingest","password":"12345678"})").status,
      400);
}

TEST(Who, a_token_the_control_socket_and_nobody_in_particular_have_no_csrf_token) {
  ApiWorld world;
  const std::string token = world.token(Role::kOperator, "ci");
  const Answer by_token = world.get(kSession, token);
  EXPECT_EQ(by_token.body, R"({"name":"ci","role":"operator","anonymous":false,"csrf":null})");
  EXPECT_EQ(world.get(kSession).body, R"({"name":"local","role":"admin","anonymous":false,"csrf":null})");
  ApiOptions options;
  options.anonymous = AnonymousAccess::kOperator;
  ApiWorld open(options);
  SessionClient nobody(open);
  EXPECT_EQ(nobody.get(kSession).body, R"({"name":"anonymous","role":"operator","anonymous":true,"csrf":null})");
  EXPECT_EQ(nobody.send(Method::kDelete, kSession).status, 204);
}

TEST(LoginAudit, logins_failures_and_logouts_are_written_down) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient ann(world);
  ann.log_in("ann", "wrong horse");
  ann.log_in("my password in the wrong field", "wrong horse");
  ann.log_in("ann");
  ann.send(Method::kDelete, kSession);
  const std::vector<store::AuditRow> rows = audit_of(world);
  ASSERT_EQ(rows.size(), 5u);
  const auto text = [&](std::size_t i) { return rows[i].actor + "|" + rows[i].action + "|" + rows[i].subject; };
  EXPECT_EQ(text(0), "user:ann|session.end|");
  EXPECT_EQ(text(1), "user:ann|session.create|from 127.0.0.1");
  EXPECT_EQ(text(2), "anonymous|session.refuse|a name that is no user's from 127.0.0.1");
  EXPECT_EQ(text(3), "anonymous|session.refuse|ann from 127.0.0.1");
}

TEST(LoginAudit, a_user_whose_name_is_a_token_id_or_a_word_of_ours_is_still_a_user) {
  ApiWorld world;
  for (const char* name : {"local", "anonymous"}) {
    add_user(world, name, Role::kViewer);
    SessionClient client(world);
    ASSERT_EQ(client.log_in(name).status, 200);
    EXPECT_EQ(client.get(kSession).json().at("anonymous"), false);
    EXPECT_EQ(audit_of(world).front().actor, std::string("user:") + name);
  }
}

/// Every answer of the API that a session can see, and every row of the audit log.
TEST(Secrets, of_sessions_are_in_no_answer_metric_or_audit_row) {
  ApiWorld world;
  constexpr const char* kCanary = "canary-password-4711";
  add_user(world, "boss", Role::kAdmin, kCanary);
  SessionClient boss(world);
  SessionClient wrong(world);
  const Answer refused = wrong.log_in("boss", std::string(kCanary) + "x");
  const Answer answer = boss.log_in("boss", kCanary);
  ASSERT_EQ(answer.status, 200);
  const std::string id = boss.cookie.substr(boss.cookie.find('=') + 1);
  std::string all = answer.body + refused.body;
  for (const auto& [name, value] : refused.headers) all += value;
  all += wrong.send(Method::kPost, kSession, fmt::format(R"({{"name":"boss","password":"{}","x":"y"}})", kCanary)).body;
  all += wrong.send(Method::kPost, kSession, fmt::format(R"({{"name":"boss","password":["{}"]}})", kCanary)).body;
  all += wrong.send(Method::kPost, kSession, fmt::format("{{{}", kCanary)).body;
  for (const auto& route : world.router.routes()) {
    if (route->method == Method::kGet && route->pattern != "/api/v1/stream" &&
        route->pattern != "/api/v1/admin/export") {
      all += boss.get(route->pattern).body;
    }
  }
  const std::string without_login = all.substr(answer.body.size());
  for (const store::AuditRow& row : audit_of(world)) all += row.actor + row.action + row.subject;
  EXPECT_EQ(all.find(kCanary), std::string::npos);
  EXPECT_EQ(all.find(id), std::string::npos);
  const Sha256 digest = sha256(id);
  EXPECT_EQ(all.find(to_hex(bytes_of(digest))), std::string::npos);
  EXPECT_EQ(all.find("$argon2"), std::string::npos);
  EXPECT_NE(without_login.find(boss.csrf), std::string::npos);  // GET /api/v1/session: the only place beside the login
}

}  // namespace
}  // namespace fairlead::api
