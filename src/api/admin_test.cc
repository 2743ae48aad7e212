#include <gtest/gtest.h>

#include <future>

#include "api/testing/api_world.h"
#include "api/testing/fake_stream.h"
#include "api/testing/session_client.h"
#include "base/hash.h"
#include "base/limits.h"
#include "store/backup/backup_reader.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Method;
using store::Role;

Answer post(ApiWorld& world, const std::string& path, const std::string& body) {
  return world.local(Method::kPost, path, body);
}

TEST(CreateToken, shows_it_once_with_its_role) {
  ApiWorld world;
  const Answer made = post(world, "/api/v1/tokens", R"({"name":"ci","role":"ingest"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.header("Cache-Control"), "no-store");
  const json::value token = made.json();
  EXPECT_EQ(token.at("role"), "ingest");
  EXPECT_EQ(token.at("created_at"), "2026-01-31T12:00:00Z");
  EXPECT_TRUE(token.at("revoked_at").is_null());
  EXPECT_EQ(world.post_events(deployment_event("d", "10:00:00"), std::string(token.at("token").as_string())).status,
            200);
}

TEST(CreateToken, refuses_what_it_cannot_read) {
  ApiWorld world;
  for (const char* body : {"", "[]", "{", R"({"name":"a"})", R"({"name":"a","role":"boss"})",
                           R"({"name":"","role":"viewer"})", R"({"name":"a\u0007","role":"viewer"})",
                           R"({"name":1,"role":"viewer"})", R"({"name":"a","role":"viewer","more":"x"})"}) {
    EXPECT_EQ(post(world, "/api/v1/tokens", body).status, 400) << body;
  }
  const auto named = [&](std::size_t length) {
    return post(world, "/api/v1/tokens", fmt::format(R"({{"name":"{}","role":"viewer"}})", std::string(length, 'n')))
        .status;
  };
  EXPECT_EQ(named(100), 201);
  EXPECT_EQ(named(101), 400);
  EXPECT_EQ(world.local(Method::kPost, "/api/v1/tokens?x=1", R"({"name":"a","role":"viewer"})").status, 400);
}

TEST(Tokens, are_listed_in_pages) {
  ApiWorld world;
  for (int i = 0; i < 5; ++i) world.token(Role::kViewer, fmt::format("t{}", i));
  std::vector<std::string> names;
  std::string target = "/api/v1/tokens?limit=2";
  for (int page = 0; page < 3; ++page) {
    const json::value list = world.get(target).json();
    for (const json::value& item : list.at("items").as_array()) names.emplace_back(item.at("name").as_string());
    if (!list.at("next_cursor").is_null()) {
      target = "/api/v1/tokens?limit=2&cursor=" + std::string(list.at("next_cursor").as_string());
    }
  }
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"t0", "t1", "t2", "t3", "t4"}));
}

TEST(Users, are_added_with_a_hash_and_listed_without) {
  ApiWorld world;
  const Answer made = post(world, "/api/v1/users", R"({"name":"ann","role":"admin","password":"correct horse"})");
  EXPECT_EQ(made.status, 201) << made.body;
  const store::UserRow row = world.engine->journal().user("ann").value().value();
  EXPECT_TRUE(row.password_hash.starts_with("$argon2id$"));
  const Answer list = world.get("/api/v1/users");
  EXPECT_EQ(list.json().at("items").at(0).at("name"), "ann");
  EXPECT_EQ(list.body.find("argon2"), std::string::npos);
  EXPECT_EQ(list.body.find("horse"), std::string::npos);
  EXPECT_EQ(post(world, "/api/v1/users", R"({"name":"bob","role":"admin","password":"short"})").status, 400);
}

Answer put_user(ApiWorld& world, const std::string& name, const std::string& role) {
  return post(world, "/api/v1/users",
              fmt::format(R"({{"name":"{}","role":"{}","password":"correct horse"}})", name, role));
}

TEST(Users, are_removed_and_that_is_audited) {
  ApiWorld world;
  put_user(world, "ann", "admin");
  put_user(world, "bob@acme.example", "viewer");
  EXPECT_EQ(world.local(Method::kDelete, "/api/v1/users/bob%40acme.example").status, 204);
  EXPECT_EQ(world.get("/api/v1/users").json().at("items").as_array().size(), 1U);
  const json::value audit = world.get("/api/v1/audit?limit=1").json().at("items").at(0);
  EXPECT_EQ(audit.at("action"), "user.remove");
  EXPECT_EQ(audit.at("subject"), "bob@acme.example");
  const Answer again = world.local(Method::kDelete, "/api/v1/users/bob%40acme.example");
  EXPECT_EQ(again.status, 404);
  EXPECT_NE(again.body.find("bob@acme.example"), std::string::npos) << again.body;
}

TEST(Users, the_last_admin_is_neither_removed_nor_made_less) {
  ApiWorld world;
  put_user(world, "ann", "admin");
  put_user(world, "bob", "viewer");
  const Answer refused = world.local(Method::kDelete, "/api/v1/users/ann");
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("last admin"), std::string::npos) << refused.body;
  EXPECT_EQ(put_user(world, "ann", "viewer").status, 409);
  EXPECT_EQ(put_user(world, "ann", "admin").status, 201) << "a new password is no loss";
  EXPECT_EQ(world.engine->journal().user("ann").value()->role, Role::kAdmin);
  EXPECT_EQ(put_user(world, "bob", "admin").status, 201);
  EXPECT_EQ(world.local(Method::kDelete, "/api/v1/users/ann").status, 204);
  EXPECT_EQ(world.local(Method::kDelete, "/api/v1/users/bob").status, 409);
}

TEST(Users, two_removals_at_once_leave_one_admin) {
  ApiWorld world;
  for (int round = 0; round < 8; ++round) {
    put_user(world, "ann", "admin");
    put_user(world, "bob", "admin");
    int removed = 0;
    int kept = 0;
    const auto count = [&](int status) { ++(status == 204 ? removed : kept); };
    auto other =
        std::async(std::launch::async, [&] { return world.local(Method::kDelete, "/api/v1/users/bob").status; });
    count(world.local(Method::kDelete, "/api/v1/users/ann").status);
    count(other.get());
    EXPECT_EQ(removed, 1);
    EXPECT_EQ(kept, 1);
  }
}

TEST(Users, have_names_that_a_path_can_carry) {
  ApiWorld world;
  for (const std::string name : {"", ".", "..", "a/b", R"(a\\b)", R"(a\u0007)"}) {
    EXPECT_EQ(put_user(world, name, "viewer").status, 400) << name;
  }
  EXPECT_EQ(put_user(world, std::string(100, 'n'), "viewer").status, 201);
  EXPECT_EQ(put_user(world, std::string(101, 'n'), "viewer").status, 400);
}

TEST(Audit, says_who_did_what_newest_first_and_holds_no_secret) {
  ApiWorld world;
  const std::string admin = world.token(Role::kAdmin, "boss");
  const std::string boss(token_id(admin).value());
  world.clock.advance(Duration::seconds(1));
  const Answer made = world.call(
      {Method::kPost, "/api/v1/tokens", {{"authorization", "Bearer " + admin}}, R"({"name":"ci","role":"ingest"})"});
  const std::string ci(made.json().at("id").as_string());
  world.clock.advance(Duration::seconds(1));
  world.local(Method::kDelete, "/api/v1/tokens/" + ci);
  post(world, "/api/v1/users", R"({"name":"ann","role":"viewer","password":"correct horse"})");
  const Answer audit = world.get("/api/v1/audit");
  const json::value list = audit.json();
  const auto entry = [&](std::size_t i, const char* member) { return list.at("items").at(i).at(member); };
  EXPECT_EQ(entry(0, "action"), "user.add");
  EXPECT_EQ(entry(0, "subject"), "ann");
  EXPECT_EQ(entry(1, "action"), "token.revoke");
  EXPECT_EQ(entry(1, "actor"), "local");
  EXPECT_EQ(entry(1, "subject"), json::value(ci));
  EXPECT_EQ(entry(2, "action"), "token.create");
  EXPECT_EQ(entry(2, "actor"), json::value(boss));
  EXPECT_EQ(audit.body.find(admin.substr(20, 43)), std::string::npos);
  EXPECT_EQ(audit.body.find("horse"), std::string::npos);
  EXPECT_EQ(world.get("/api/v1/audit?limit=1").json().at("items").as_array().size(), 1u);
}

TEST(Verify, reports_the_rows_that_it_read) {
  ApiWorld world;
  world.post_events(deployment_event("d1", "10:00:00"));
  world.post_events(deployment_event("d2", "10:00:00"));
  const json::value found = world.local(Method::kPost, "/api/v1/admin/verify").json();
  EXPECT_EQ(found.at("ok"), true);
  EXPECT_EQ(found.at("rows"), 2);
  EXPECT_TRUE(found.at("error").is_null());
}

TEST(Export, streams_every_line_and_ends_with_the_hash_of_all_before) {
  ApiWorld world;
  std::string events;
  for (int i = 0; i < 500; ++i) events += deployment_event(fmt::format("d{}", i), "10:00:00") + "\n";
  world.post_events(events, {}, {{"content-type", "application/x-ndjson"}});
  world.get("/api/v1/sources");
  const Answer answer = world.get("/api/v1/admin/export");
  ASSERT_TRUE(answer.on_stream);
  EXPECT_EQ(world.get("/api/v1/admin/export").status, 503);
  const auto stream = std::make_shared<FakeStream>();
  answer.on_stream(stream);
  stream->await_close();
  const std::string text = stream->await("sha256");
  const std::size_t last = text.rfind("{\"sha256\":\"");
  const Sha256 digest = sha256(text.substr(0, last));
  EXPECT_EQ(text.substr(last), "{\"sha256\":\"" + to_hex(bytes_of(digest)) + "\"}\n");
  EXPECT_GT(std::ranges::count(text, '\n'), 1000);
  EXPECT_NE(text.find("\"d499\""), std::string::npos);
  answer.on_close();
}

TEST(Export, makes_room_when_its_client_is_gone_before_it_began) {
  ApiWorld world;
  { const Answer never_read = world.get("/api/v1/admin/export"); }
  EXPECT_TRUE(world.get("/api/v1/admin/export").on_stream);
}

TEST(BackupRoute, streams_a_whole_backup_over_the_control_socket) {
  ApiWorld world;
  world.token(store::Role::kViewer);
  for (int i = 0; i < 500; ++i) {
    world.post_events(
        deployment_event(fmt::format("d{}", i), "10:00:00", R"("version":")" + std::string(500, 'v') + '"'));
  }
  const Answer answer = world.get("/api/v1/admin/backup");
  ASSERT_TRUE(answer.on_stream);
  EXPECT_EQ(audit_of(world).front().action, "journal.backup");
  EXPECT_EQ(answer.header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(world.get("/api/v1/admin/backup").status, 503);
  EXPECT_EQ(world.get("/api/v1/admin/export").status, 503);
  const auto stream = std::make_shared<FakeStream>();
  answer.on_stream(stream);
  stream->await_close();
  store::JournalVisitor nothing;
  store::backup::BackupReader reader(nothing);
  ASSERT_TRUE(reader.feed(stream->await("")));
  const auto summary = reader.finish();
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->extent.deliveries(), 500u);
  EXPECT_EQ(summary->tokens, 1u);
  answer.on_close();
}

TEST(BackupRoute, refuses_even_an_administrator_who_comes_over_the_network) {
  ApiWorld world;
  const Answer answer = world.get("/api/v1/admin/backup", world.token(store::Role::kAdmin));
  EXPECT_EQ(answer.status, 403);
  EXPECT_FALSE(answer.on_stream);
  EXPECT_NE(answer.body.find("fairlead backup"), std::string::npos);
}

TEST(Status, shows_positions_and_counters) {
  ApiWorld world;
  world.post_events(deployment_event("d1", "10:00:00"));
  world.get("/api/v1/sources");
  const json::value status = world.get("/api/v1/admin/status").json();
  EXPECT_EQ(status.at("last_sequence"), 1);
  EXPECT_EQ(status.at("projected_sequence"), 1);
  EXPECT_EQ(status.at("storage_failed"), false);
}

TEST(Readyz, says_no_after_a_failed_sync_and_healthz_still_yes) {
  ApiWorld world;
  EXPECT_EQ(world.call({Method::kGet, "/readyz"}).status, 200);
  world.journal->fail_with(Error{ErrorCode::kIo, "sync failed"}, true);
  world.post_events(deployment_event("d1", "10:00:00"));
  const Answer not_ready = world.call({Method::kGet, "/readyz"});
  EXPECT_EQ(not_ready.status, 503);
  EXPECT_FALSE(not_ready.header("Retry-After").empty());
  EXPECT_EQ(world.call({Method::kGet, "/healthz"}).status, 200);
  EXPECT_EQ(world.call({Method::kGet, "/health"}).body, "{}");
}

// ---- The page's files ----

TEST(Page, is_served_with_a_policy_that_allows_nothing_inline_but_the_script_that_it_names) {
  ApiWorld world;
  for (const auto& [path, media] :
       {std::pair{"/", "text/html"}, std::pair{"/sources", "text/html"}, std::pair{"/import", "text/html"},
        std::pair{"/page.css", "text/css"}, std::pair{"/page.js", "text/javascript"},
        std::pair{"/icon.svg", "image/svg+xml"}}) {
    const Answer answer = world.call({Method::kGet, path});
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.header("Content-Type").starts_with(media)) << path;
    const std::string policy = answer.header("Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'self'"), std::string::npos);
    EXPECT_NE(policy.find("script-src 'self' 'sha256-"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  }
}

TEST(Page, has_no_inline_style_or_handler_and_no_foreign_address) {
  ApiWorld world;
  const std::string html = world.call({Method::kGet, "/"}).body;
  for (const char* forbidden :
       {"<style", " style=", " onclick=", " onload=", "javascript:", "http://", "https://", "//cdn"}) {
    EXPECT_EQ(html.find(forbidden), std::string::npos) << forbidden;
  }
  // One, for the theme; the policy names its hash, and the page tests see that it runs.
  EXPECT_EQ(html.find("<script>"), html.rfind("<script>"));
  const std::string script = world.call({Method::kGet, "/page.js"}).body;
  for (const char* forbidden : {"document.write", "eval(", "new Function"}) {
    EXPECT_EQ(script.find(forbidden), std::string::npos) << forbidden;
  }
}

TEST(Page, is_not_sent_again_to_whoever_has_it) {
  ApiWorld world;
  const std::string tag = world.call({Method::kGet, "/page.js"}).header("ETag");
  EXPECT_FALSE(tag.empty());
  const Answer again = world.call({Method::kGet, "/page.js", {{"if-none-match", tag}}});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
  EXPECT_NE(again.header("Content-Security-Policy").find("default-src 'self'"), std::string::npos);
  EXPECT_EQ(world.call({Method::kGet, "/page.js", {{"if-none-match", "\"old\""}}}).status, 200);
}

}  // namespace
}  // namespace fairlead::api
