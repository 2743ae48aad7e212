#include <gtest/gtest.h>

#include <atomic>

#include "api/testing/api_world.h"
#include "api/verified_delivery.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

using store::Role;

// ---- Hooks (invariant I7) ----

/// Accepts a body whose header `x-test` holds one of the secrets, and counts who calls what.
class CountingSource final : public sources::Source {
 public:
  SourceName name() const override { return SourceName("counting"); }
  std::string_view title() const override { return "Counting"; }
  std::span<const std::string_view> kept_headers() const override { return kKept; }
  Result<sources::Verified> verify(const sources::Headers& headers, std::string_view raw_body,
                                   std::span<const std::string> secrets) const override {
    ++verified;
    last_verified_body = raw_body;
    for (const std::string& secret : secrets) {
      if (headers.find("x-test") == secret) return sources::Verified{std::string(headers.find("x-id").value_or(""))};
    }
    return fail(ErrorCode::kUnauthorized, "wrong");
  }
  Origin origin(const sources::Headers&) const override { return Origin("counting.example"); }
  Interpretation interpret(const Delivery&, const Policy&) const override {
    ++interpreted;
    return {};
  }

  static constexpr std::string_view kKept[] = {"x-kind"};
  mutable std::atomic<int> verified = 0;
  mutable std::atomic<int> interpreted = 0;
  mutable std::string last_verified_body;
};

class HookTest : public testing::Test {
 protected:
  static ApiOptions options(const CountingSource& source) {
    ApiOptions made;
    made.sources = {&source};
    made.hooks = {{"counting", "", {"old", "new"}}, {"counting", "acme", {"acme"}}, {"counting", "unset", {}}};
    return made;
  }
  Answer post(const std::string& path, http::Fields headers, std::string body = "{}", std::string raw = {}) {
    return world.call({http::Method::kPost, path, std::move(headers), std::move(body), std::move(raw)});
  }
  std::uint64_t stored() { return world.engine->journal().last_sequence(0).value(); }

  CountingSource source;
  ApiWorld world{options(source)};
};

static_assert(!std::is_default_constructible_v<VerifiedDelivery>);
static_assert(!std::is_constructible_v<VerifiedDelivery, Delivery>);
static_assert(!std::is_copy_constructible_v<VerifiedDelivery>);

TEST_F(HookTest, wrong_signature_is_401_stores_nothing_and_never_reaches_the_parser) {
  for (const http::Fields& headers :
       {http::Fields{}, http::Fields{{"x-test", "wrong"}}, http::Fields{{"x-test", ""}}}) {
    const Answer answer = post("/hooks/counting", headers);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.header("Content-Type"), http::kProblemType);
  }
  EXPECT_EQ(source.verified, 3);
  EXPECT_EQ(source.interpreted, 0);
  EXPECT_EQ(stored(), 0u);
}

TEST_F(HookTest, every_active_secret_opens_and_the_delivery_is_journaled_as_verified) {
  world.clock.set(Instant{1'000});
  const Answer answer =
      post("/hooks/counting", {{"x-test", "new"}, {"x-id", "d1"}, {"x-kind", "push"}, {"x-other", "no"}}, "the body");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"accepted":1,"duplicates":0,"rejected":[]})");
  EXPECT_EQ(answer.header("Fairlead-Sequence"), "1");
  EXPECT_EQ(post("/hooks/counting", {{"x-test", "old"}, {"x-id", "d2"}}).status, 200);

  const auto row = world.engine->journal().row({0, 1}).value();
  ASSERT_TRUE(row);
  EXPECT_EQ(row->delivery.source, SourceName("counting"));
  EXPECT_EQ(row->delivery.origin, Origin("counting.example"));
  EXPECT_EQ(row->delivery.id, "d1");
  EXPECT_EQ(row->delivery.body, "the body");
  EXPECT_EQ(row->delivery.received_at, Instant{1'000});
  EXPECT_EQ(row->delivery.headers, (http::Fields{{"x-kind", "push"}}));
}

TEST_F(HookTest, a_compressed_body_is_verified_as_sent_and_stored_as_read) {
  EXPECT_EQ(post("/hooks/counting", {{"x-test", "new"}, {"x-id", "d1"}}, "inflated", "on the wire").status, 200);
  EXPECT_EQ(source.last_verified_body, "on the wire");
  EXPECT_EQ(world.engine->journal().row({0, 1}).value()->delivery.body, "inflated");
}

TEST_F(HookTest, unknown_source_unknown_name_and_unset_secret_answer_like_a_wrong_signature) {
  const Answer wrong = post("/hooks/counting", {{"x-test", "wrong"}});
  for (const char* path : {"/hooks/nobody", "/hooks/counting/nobody", "/hooks/counting/unset", "/hooks/nobody/acme"}) {
    const Answer answer = post(path, {{"x-test", "new"}});
    EXPECT_EQ(answer.status, 401) << path;
    EXPECT_EQ(answer.body, wrong.body) << path;
    EXPECT_EQ(answer.headers, wrong.headers) << path;
  }
  EXPECT_EQ(stored(), 0u);
}

TEST_F(HookTest, a_named_hook_has_secrets_of_its_own) {
  EXPECT_EQ(post("/hooks/counting/acme", {{"x-test", "new"}, {"x-id", "a"}}).status, 401);
  EXPECT_EQ(post("/hooks/counting", {{"x-test", "acme"}, {"x-id", "a"}}).status, 401);
  EXPECT_EQ(post("/hooks/counting/acme", {{"x-test", "acme"}, {"x-id", "a"}}).status, 200);
  // The name is no part of the key: the same delivery through another hook is the same delivery.
  EXPECT_EQ(post("/hooks/counting", {{"x-test", "new"}, {"x-id", "a"}}).body,
            R"({"accepted":0,"duplicates":1,"rejected":[]})");
}

TEST_F(HookTest, without_an_id_of_its_own_the_body_names_the_delivery) {
  EXPECT_EQ(post("/hooks/counting", {{"x-test", "new"}}, "one").header("Fairlead-Sequence"), "1");
  EXPECT_EQ(post("/hooks/counting", {{"x-test", "new"}}, "one").body, R"({"accepted":0,"duplicates":1,"rejected":[]})");
  EXPECT_EQ(post("/hooks/counting", {{"x-test", "new"}}, "two").header("Fairlead-Sequence"), "2");
}

TEST_F(HookTest, an_id_that_came_with_another_body_is_409) {
  EXPECT_EQ(post("/hooks/counting", {{"x-test", "new"}, {"x-id", "d"}}, "one").status, 200);
  EXPECT_EQ(post("/hooks/counting", {{"x-test", "new"}, {"x-id", "d"}}, "two").status, 409);
  EXPECT_EQ(stored(), 1u);
}

TEST(GithubHook, real_signatures_open_and_sha1_alone_does_not) {
  ApiOptions options;
  options.hooks = {{"github", "", {"s3cret"}}};
  ApiWorld world(options);
  const std::string body = R"({"zen":"Keep it logically awesome.","hook_id":1})";
  const auto post = [&](const std::string& delivery, http::Fields headers) {
    headers.emplace_back("x-github-event", "ping");
    headers.emplace_back("x-github-delivery", delivery);
    return world.call({http::Method::kPost, "/hooks/github", std::move(headers), body}).status;
  };
  EXPECT_EQ(post("a", {{"x-hub-signature-256", github_signature("s3cret", body)}}), 200);
  EXPECT_EQ(post("b", {{"x-hub-signature-256", github_signature("other", body)}}), 401);
  EXPECT_EQ(post("c", {{"x-hub-signature-256", github_signature("s3cret", body + " ")}}), 401);
  EXPECT_EQ(post("d", {{"x-hub-signature", "sha1=0123456789012345678901234567890123456789"}}), 401);
  EXPECT_EQ(post("e", {}), 401);
  EXPECT_EQ(world.engine->journal().last_sequence(0).value(), 1u);
}

TEST(GithubHook, verified_but_unreadable_is_taken_and_quarantined) {
  ApiOptions options;
  options.hooks = {{"github", "", {"s3cret"}}};
  ApiWorld world(options);
  const std::string body = R"({"cut off)";
  const Answer answer = world.call({http::Method::kPost,
                                    "/hooks/github",
                                    {{"x-github-event", "push"},
                                     {"x-github-delivery", "q"},
                                     {"x-hub-signature-256", github_signature("s3cret", body)}},
                                    body});
  EXPECT_EQ(answer.status, 200);
  const auto deliveries = world.get("/api/v1/deliveries", {}, {{"fairlead-after", "1"}}).json();
  ASSERT_EQ(deliveries.at("items").as_array().size(), 1u);
  EXPECT_EQ(deliveries.at("items").at(0).at("outcome"), "quarantined");
  EXPECT_FALSE(deliveries.at("items").at(0).at("reason").as_string().empty());
}

// ---- Events ----

TEST(PostEvents, an_object_an_array_and_ndjson_are_taken) {
  ApiWorld world;
  const std::string ingest = world.token(Role::kIngest);
  const std::string one = deployment_event("d1", "10:00:00");
  const std::string two = deployment_event("d2", "11:00:00");
  EXPECT_EQ(world.post_events(one, ingest).body, R"({"accepted":1,"duplicates":0,"rejected":[]})");
  EXPECT_EQ(world.post_events("[" + one + "," + two + "]", ingest).body,
            R"({"accepted":2,"duplicates":0,"rejected":[]})");
  const Answer lines = world.post_events(one + "\n" + two + "\n", ingest, {{"content-type", "application/x-ndjson"}});
  EXPECT_EQ(lines.body, R"({"accepted":2,"duplicates":0,"rejected":[]})");
  EXPECT_EQ(lines.header("Fairlead-Sequence"), "3");
}

TEST(PostEvents, the_same_request_again_is_a_duplicate_and_stored_once) {
  ApiWorld world;
  const std::string body = "[" + deployment_event("d1", "10:00:00") + "," + deployment_event("d2", "11:00:00") + "]";
  EXPECT_EQ(world.post_events(body).body, R"({"accepted":2,"duplicates":0,"rejected":[]})");
  EXPECT_EQ(world.post_events(body).body, R"({"accepted":0,"duplicates":2,"rejected":[]})");
  EXPECT_EQ(world.engine->journal().last_sequence(0).value(), 1u);
}

TEST(PostEvents, invalid_events_are_named_and_the_others_stored_alone) {
  ApiWorld world;
  const Answer answer = world.post_events("[" + deployment_event("d1", "10:00:00") + R"(,{"type":"nonsense"}])");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("accepted"), 1);
  ASSERT_EQ(answer.json().at("rejected").as_array().size(), 1u);
  EXPECT_EQ(answer.json().at("rejected").at(0).at("index"), 1);
  EXPECT_FALSE(answer.json().at("rejected").at(0).at("error").as_string().empty());
  const std::string stored = world.engine->journal().row({0, 1}).value()->delivery.body;
  EXPECT_NE(stored.find("\"d1\""), std::string::npos);
  EXPECT_EQ(stored.find("nonsense"), std::string::npos);
}

TEST(PostEvents, unreadable_is_400_and_nothing_valid_is_422_with_the_reasons) {
  ApiWorld world;
  EXPECT_EQ(world.post_events("{").status, 400);
  EXPECT_EQ(world.post_events("").status, 400);
  const Answer invalid = world.post_events(R"([{"type":"nonsense"},{"type":"deployment"}])");
  EXPECT_EQ(invalid.status, 422);
  EXPECT_EQ(invalid.header("Content-Type"), http::kProblemType);
  EXPECT_EQ(invalid.json().at("status"), 422);
  EXPECT_EQ(invalid.json().at("accepted"), 0);
  EXPECT_EQ(invalid.json().at("rejected").as_array().size(), 2u);
  EXPECT_EQ(world.engine->journal().last_sequence(0).value(), 0u);
}

TEST(PostEvents, an_idempotency_key_names_the_delivery_for_its_token_only) {
  ApiWorld world;
  const std::string mine = world.token(Role::kIngest, "mine");
  const std::string other = world.token(Role::kIngest, "other");
  const http::Fields key{{"idempotency-key", "k1"}};
  EXPECT_EQ(world.post_events(deployment_event("d1", "10:00:00"), mine, key).json().at("accepted"), 1);
  EXPECT_EQ(world.post_events(deployment_event("d1", "10:00:00"), mine, key).json().at("duplicates"), 1);
  EXPECT_EQ(world.post_events(deployment_event("d2", "10:00:00"), mine, key).status, 409);
  EXPECT_EQ(world.post_events(deployment_event("d2", "10:00:00"), other, key).json().at("accepted"), 1);
}

TEST(PostEvents, idempotency_key_length_is_limited) {
  ApiWorld world;
  const auto with_key = [&](std::size_t bytes) {
    return world.post_events(deployment_event("d1", "10:00:00"), {}, {{"idempotency-key", std::string(bytes, 'k')}})
        .status;
  };
  EXPECT_EQ(with_key(255), 200);
  EXPECT_EQ(with_key(256), 400);
}

TEST(PostEvents, a_dry_run_answers_the_same_and_stores_nothing) {
  ApiWorld world;
  const std::string body = "[" + deployment_event("d1", "10:00:00") + R"(,{"type":"nonsense"}])";
  const Answer dry = world.post_events(body, {}, {}, "/api/v1/events?dry_run=true");
  EXPECT_EQ(world.engine->journal().last_sequence(0).value(), 0u);
  EXPECT_EQ(dry.header("Fairlead-Sequence"), "");
  EXPECT_EQ(dry.body, world.post_events(body, {}, {}, "/api/v1/events?dry_run=false").body);
  EXPECT_EQ(world.engine->journal().last_sequence(0).value(), 1u);
  EXPECT_EQ(world.post_events(body, {}, {}, "/api/v1/events?dry_run=perhaps").status, 400);
  const Answer unknown = world.post_events(body, {}, {}, "/api/v1/events?dryrun=true");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_NE(unknown.body.find("dryrun"), std::string::npos);
}

TEST(PostEvents, the_answer_comes_only_after_the_commit) {
  ApiWorld world;
  world.journal->close();
  auto pending =
      world.start({http::Method::kPost, "/api/v1/events", {}, deployment_event("d1", "10:00:00"), {}, "", true});
  world.journal->await_append();
  EXPECT_FALSE(pending.ready());
  world.journal->open();
  EXPECT_EQ(pending.get().status, 200);
}

TEST(PostEvents, a_full_queue_is_503_with_retry_after) {
  ApiWorld world({}, {.queue_rows_max = 2, .queue_bytes_max = 0});
  world.journal->close();
  const auto post = [&](const char* id) {
    return world.start({http::Method::kPost, "/api/v1/events", {}, deployment_event(id, "10:00:00"), {}, "", true});
  };
  auto first = post("d1");
  world.journal->await_append();
  auto second = post("d2");
  Answer third = post("d3").get();
  EXPECT_EQ(third.status, 503);
  EXPECT_FALSE(third.header("Retry-After").empty());
  world.journal->open();
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(second.get().status, 200);
}

TEST(PostEvents, a_delivery_in_the_spool_is_accepted_without_a_sequence) {
  ApiWorld world;
  world.journal->spool_everything(true);
  const Answer answer = world.post_events(deployment_event("d1", "10:00:00"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"accepted":1,"duplicates":0,"rejected":[]})");
  EXPECT_EQ(answer.header("Fairlead-Sequence"), "");
}

TEST(PostEvents, storage_that_refuses_is_507_and_heals) {
  ApiWorld world;
  world.journal->fail_with(Error{ErrorCode::kIo, "no space left"}, false);
  const Answer refused = world.post_events(deployment_event("d1", "10:00:00"));
  EXPECT_EQ(refused.status, 507);
  EXPECT_FALSE(refused.header("Retry-After").empty());
  world.journal->fail_with(std::nullopt, false);
  EXPECT_EQ(world.post_events(deployment_event("d1", "10:00:00")).status, 200);
}

}  // namespace
}  // namespace fairlead::api
