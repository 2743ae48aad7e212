// What is taken and what is rejected: every rule of docs/events.md at its border and past it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "sources/events.h"
#include "sources/testing/describe.h"

namespace fairlead::sources {
namespace {

using testing::HasSubstr;

std::string deployment_with(const std::string& more) {
  return R"({"type":"deployment","id":"d-1","service":"api","environment":"production")" + more + "}";
}

Interpretation interpret(std::string body) {
  Delivery delivery;
  delivery.source = SourceName{"events"};
  delivery.origin = Origin{"events"};
  delivery.received_at = Instant{1'772'323'200'000};
  delivery.body = std::move(body);
  return events_source().interpret(delivery, Policy{});
}

bool accepts(const std::string& body, bool ndjson = false) {
  const auto batch = check_events(body, ndjson);
  return batch && batch->accepted == 1 && batch->rejected.empty();
}

/// The one rejection of a body with one event.
std::string rejection(const std::string& body) {
  const auto batch = check_events(body, false);
  if (!batch) return "unreadable: " + batch.error().message;
  return batch->rejected.size() == 1 ? batch->rejected.front().error : "accepted";
}

std::string unreadable(const std::string& body, bool ndjson = false) {
  const auto batch = check_events(body, ndjson);
  return batch ? "readable" : batch.error().message;
}

struct Rejected {
  std::string what;
  std::string body;
  std::string message;  ///< A part of the answer: what is wrong and what to write.
};

class RejectedEvents : public testing::TestWithParam<Rejected> {};

TEST_P(RejectedEvents, say_what_is_wrong_and_are_never_observed) {
  EXPECT_THAT(rejection(GetParam().body), HasSubstr(GetParam().message));
  const Interpretation interpretation = interpret(GetParam().body);
  EXPECT_EQ(interpretation.outcome, Interpretation::Outcome::kQuarantined);
  EXPECT_TRUE(interpretation.observations.empty());
}

INSTANTIATE_TEST_SUITE_P(
    table, RejectedEvents,
    testing::Values(
        Rejected{"no_object", "7", "the event is a number, write an object"},
        Rejected{"no_type", R"({"id":"a"})", R"("type" is missing: one of deployment, change)"},
        Rejected{"unknown_type", R"({"type":"teleport"})", R"("type" is "teleport", write one of deployment)"},
        Rejected{"type_of_wrong_type", R"({"type":7})", R"("type" is a number, write a text)"},
        Rejected{"number_for_text", deployment_with(R"(,"version":1.4)"), R"("version" is a number, write a text)"},
        Rejected{"array_for_id", R"({"type":"deployment","id":["d"]})", R"("id" is an array, write a text or a whole)"},
        Rejected{"fraction_for_id", R"({"type":"deployment","id":1.5})",
                 R"("id" is a number, write a text or a whole)"},
        Rejected{"text_for_flag", deployment_with(R"(,"simulated":"yes")"), R"("simulated" is a text, write true or)"},
        Rejected{"object_for_time", deployment_with(R"(,"started_at":{})"),
                 R"("started_at" is an object, write a time)"},
        Rejected{"text_for_array", deployment_with(R"(,"commits":"a1")"), R"("commits" is a text, write an array)"},
        Rejected{"array_of_texts", deployment_with(R"(,"commits":["a1"])"),
                 R"("commits" is a text, write an array of)"},
        Rejected{"commit_without_sha", deployment_with(R"(,"commits":[{"sha":"a"},{}])"), R"("commits"[1]: "sha" is)"},
        Rejected{"month_13", deployment_with(R"(,"started_at":"2026-13-05T10:00:00Z")"), R"("started_at" is no time)"},
        Rejected{"empty_time", deployment_with(R"(,"started_at":"")"), R"("started_at" is no time: write RFC 3339)"},
        Rejected{"year_1015", deployment_with(R"(,"finished_at":"1015-01-05T10:00:00Z")"), "outside 1970 to 2199"},
        Rejected{"year_9999", deployment_with(R"(,"finished_at":"9999-01-05T10:00:00Z")"), "outside 1970 to 2199"},
        Rejected{"year_2200", deployment_with(R"(,"finished_at":"2200-01-01T00:00:00Z")"), "outside 1970 to 2199"},
        Rejected{"year_1969", deployment_with(R"(,"finished_at":"1969-12-31T23:59:59Z")"), "outside 1970 to 2199"},
        Rejected{"epoch_before_1970", deployment_with(R"(,"finished_at":-1)"), "outside 1970 to 2199"},
        Rejected{"huge_epoch", deployment_with(R"(,"finished_at":1e300)"), R"("finished_at" is)"},
        Rejected{"updated_at_9999", deployment_with(R"(,"updated_at":"9999-01-05T10:00:00Z")"), "outside 1970 to 2199"},
        Rejected{"nul_in_name", deployment_with(R"(,"version":"1\u0000.4")"), R"("version" holds a control character)"},
        Rejected{"line_break_in_id", R"({"type":"deployment","id":"a\nb"})", R"("id" holds a control character)"},
        Rejected{"delete_in_name", deployment_with(R"(,"deployer":"a\u007fb")"), "holds a control character"},
        Rejected{"script_for_url", deployment_with(R"(,"url":"javascript:x")"), "begins with http:// or https://"},
        Rejected{"repository_without_path", deployment_with(R"(,"repository":"https://github.com")"),
                 "write host/path"},
        Rejected{"deployment_without_place", R"({"type":"deployment","service":"api"})", R"("environment" is missing)"},
        Rejected{"deployment_of_nothing", R"({"type":"deployment","environment":"p"})", R"("service" is missing)"},
        Rejected{"change_without_number", R"({"type":"change","repository":"h.io/a/b"})", R"("number" is missing)"},
        Rejected{"change_without_repository", R"({"type":"change","number":1})", R"("repository" is missing)"},
        Rejected{"review_without_time",
                 R"({"type":"change","repository":"h.io/a/b","number":1,"reviews":[{"by":"b"}]})",
                 R"("reviews"[0]: "at" is missing)"},
        Rejected{"commit_without_repository", R"({"type":"commit","sha":"a"})", R"("repository" is missing)"},
        Rejected{"commit_without_id", R"({"type":"commit","repository":"h.io/a/b"})", R"("sha" is missing)"},
        Rejected{"number_for_parent", R"({"type":"commit","repository":"h.io/a/b","sha":"a","parents":[1]})",
                 R"("parents" is a number, write an array of texts)"},
        Rejected{"empty_parent", R"({"type":"commit","repository":"h.io/a/b","sha":"a","parents":[""]})",
                 "wrong length"},
        Rejected{"incident_without_service", R"({"type":"incident","title":"x"})", R"("service" is missing)"},
        Rejected{"incident_without_opening", R"({"type":"incident","service":"api"})", R"("opened_at" is missing)"},
        Rejected{"run_without_pipeline", R"({"type":"run","status":"queued"})", R"("pipeline" is missing)"},
        Rejected{"run_of_attempt_0", R"({"type":"run","id":"r","attempt":0})", "not a whole number from 1 to 1000000"},
        Rejected{"task_without_run", R"({"type":"task","id":"t"})", R"("run_id" is missing)"},
        Rejected{"task_without_name", R"({"type":"task","run_id":"r"})", R"("id" is missing)"},
        Rejected{"log_without_text", R"({"type":"log","run_id":"r"})", R"("text" is missing)"},
        Rejected{"log_without_run", R"({"type":"log","text":"x"})", R"("run_id" is missing)"},
        Rejected{"negative_offset", R"({"type":"log","run_id":"r","text":"x","offset":-1})",
                 "not a whole number from 0"},
        Rejected{"alert_without_start", R"({"type":"alert","name":"x"})", R"("starts_at" is missing)"},
        Rejected{"alert_without_name", R"({"type":"alert","starts_at":1767607200})", R"("name" is missing)"},
        Rejected{"number_for_label", R"({"type":"alert","name":"x","starts_at":1,"labels":{"a":1}})",
                 R"("labels" is a number, write a text)"},
        Rejected{"canary_without_version", R"({"type":"canary","service":"api"})", R"("version" is missing)"},
        Rejected{"canary_of_101_per_cent", R"({"type":"canary","id":"c","weight":101})", "from 0 to 100"},
        Rejected{"sample_without_canary", R"({"type":"canary_sample","at":1,"arm":"canary"})",
                 R"("canary_id" is missing)"},
        Rejected{"sample_without_arm", R"({"type":"canary_sample","canary_id":"c","at":1})", R"("arm" is missing)"},
        Rejected{"text_for_bucket",
                 R"({"type":"canary_sample","canary_id":"c","at":1,"arm":"canary","latency_ms_buckets":{"5":"x"}})",
                 R"("latency_ms_buckets" is a text, write whole numbers)"}),
    [](const auto& rejected) { return rejected.param.what; });

TEST(EventsCheck, accepts_the_first_and_the_last_plausible_second) {
  EXPECT_TRUE(accepts(deployment_with(R"(,"finished_at":"1970-01-01T00:00:00Z")")));
  EXPECT_TRUE(accepts(deployment_with(R"(,"finished_at":"2199-12-31T23:59:59.999Z")")));
}

TEST(EventsCheck, accepts_names_up_to_their_limit) {
  EXPECT_TRUE(accepts(deployment_with(R"(,"version":")" + std::string(limits::kNameBytesMax, 'v') + '"')));
  EXPECT_THAT(rejection(deployment_with(R"(,"version":")" + std::string(limits::kNameBytesMax + 1, 'v') + '"')),
              HasSubstr("\"version\" has 513 bytes, at most 512 are allowed"));
}

TEST(EventsCheck, accepts_shas_up_to_their_limit) {
  EXPECT_TRUE(accepts(deployment_with(R"(,"sha":")" + std::string(limits::kShaBytesMax, 'a') + '"')));
  EXPECT_THAT(rejection(deployment_with(R"(,"sha":")" + std::string(limits::kShaBytesMax + 1, 'a') + '"')),
              HasSubstr("\"sha\" has 65 bytes, a sha has at most 64"));
}

TEST(EventsCheck, accepts_addresses_up_to_their_limit) {
  const std::string begin = R"(,"url":"https://)";
  EXPECT_TRUE(accepts(deployment_with(begin + std::string(2048 - 8, 'u') + '"')));
  EXPECT_THAT(rejection(deployment_with(begin + std::string(2048 - 7, 'u') + '"')), HasSubstr("at most 2048"));
}

TEST(EventsCheck, cuts_long_texts_at_a_border_of_characters) {
  const std::string title(limits::kTextBytesMax - 1, 't');
  const auto out = interpret(R"({"type":"change","repository":"h.io/a/b","number":1,"title":")" + title + "é\"}");
  ASSERT_EQ(out.observations.size(), 1u);
  const auto& change = std::get<Change>(std::get<Entity>(out.observations.front()));
  EXPECT_EQ(*change.title, title);
}

std::string commits(std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + std::string(R"({"sha":"a"})");
  return deployment_with(",\"commits\":[" + list + "]");
}

TEST(EventsCheck, accepts_commits_up_to_their_limit) {
  EXPECT_TRUE(accepts(commits(limits::kCommitsPerEventMax)));
  EXPECT_THAT(rejection(commits(limits::kCommitsPerEventMax + 1)), HasSubstr("has 10001 entries, at most 10000"));
}

std::string lines(std::size_t count) {
  std::string body;
  for (std::size_t i = 0; i < count; ++i) body += deployment_with("") + "\n";
  return body;
}

TEST(EventsCheck, accepts_events_up_to_the_limit_of_a_request) {
  const auto at_limit = check_events(lines(limits::kEventsPerRequestMax), true);
  ASSERT_TRUE(at_limit);
  EXPECT_EQ(at_limit->accepted, limits::kEventsPerRequestMax);
  const auto past = check_events(lines(limits::kEventsPerRequestMax + 1), true);
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().code, ErrorCode::kLimit);
}

TEST(EventsCheck, rejects_one_event_past_its_limit_and_takes_the_others) {
  const std::string frame = deployment_with(R"(,"note":"")");
  const auto event_of = [&](std::size_t bytes) {
    return deployment_with(R"(,"note":")" + std::string(bytes - frame.size(), 'n') + '"');
  };
  EXPECT_TRUE(accepts(event_of(kEventBytesMax)));
  const auto batch = check_events('[' + event_of(kEventBytesMax + 1) + ',' + deployment_with("") + ']', false);
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(batch->accepted, 1u);
  ASSERT_EQ(batch->rejected.size(), 1u);
  EXPECT_THAT(batch->rejected.front().error, HasSubstr("at most 4194304 are allowed"));
}

/// An array in arrays; simdjson does not count an empty one, so both kinds are tried.
std::string nested(std::size_t depth, const std::string& innermost = "") {
  return std::string(depth, '[') + innermost + std::string(depth, ']');
}

TEST(EventsCheck, reads_64_levels_and_refuses_65_in_every_form) {
  for (const std::string innermost : {"", "1", R"("[[")"}) {
    const auto event = [&](std::size_t depth) { return deployment_with(",\"x\":" + nested(depth - 1, innermost)); };
    EXPECT_TRUE(accepts(event(64)));
    EXPECT_TRUE(accepts(event(64) + "\n", true));
    EXPECT_TRUE(accepts('[' + event(63) + ']'));
    EXPECT_THAT(unreadable(event(65)), HasSubstr("nested deeper than 64"));
    EXPECT_THAT(unreadable(event(65), true), HasSubstr("nested deeper than 64"));
    EXPECT_THAT(unreadable('[' + event(64) + ']'), HasSubstr("nested deeper than 63"));
  }
  EXPECT_THAT(unreadable(nested(100'000)), HasSubstr("nested deeper than"));
}

TEST(EventsCheck, says_where_a_body_is_not_utf8) {
  EXPECT_THAT(unreadable(deployment_with(",\"version\":\"1\xFF\"")), HasSubstr("not UTF-8 at byte 87"));
  EXPECT_THAT(unreadable(deployment_with(",\"version\":\"\xC0\x80\"")), HasSubstr("not UTF-8 at byte 86"));
  EXPECT_THAT(unreadable(deployment_with(R"(,"version":"\ud800")")), HasSubstr("wrong escape"));
}

TEST(EventsCheck, finds_truncated_and_malformed_documents_unreadable) {
  const std::string event = deployment_with(R"(,"version":"1.4")");
  for (std::size_t size = 0; size < event.size(); ++size) {
    EXPECT_NE(unreadable(event.substr(0, size)), "readable") << size;
    EXPECT_NE(unreadable('[' + event + ',' + event.substr(0, size)), "readable") << size;
  }
  EXPECT_THAT(unreadable(""), HasSubstr("it is empty"));
  EXPECT_THAT(unreadable(" \n"), HasSubstr("it is empty"));
  EXPECT_THAT(unreadable(event + "\n" + event), HasSubstr("no valid JSON"));
  EXPECT_THAT(unreadable('[' + event + event + ']'), HasSubstr("lacks a comma"));
  EXPECT_THAT(unreadable('[' + event + ",]"), HasSubstr("a value is missing"));
  EXPECT_THAT(unreadable("[," + event + ']'), HasSubstr("a value is missing"));
  EXPECT_THAT(unreadable('[' + event + "] x"), HasSubstr("something follows"));
  EXPECT_THAT(unreadable('[' + event + ",{\"a\":}]"), HasSubstr("event 1, which begins at byte"));
  EXPECT_THAT(unreadable(event + std::string(1, '\0')), HasSubstr("no valid JSON"));
  EXPECT_THAT(unreadable(deployment_with(",\"version\":\"1" + std::string(1, '\0') + "\"")), HasSubstr("unescaped"));
}

TEST(EventsCheck, passes_over_a_byte_order_mark) {
  EXPECT_TRUE(accepts("\xEF\xBB\xBF" + deployment_with("")));
  EXPECT_EQ(interpret("\xEF\xBB\xBF" + deployment_with("")).observations.size(), 1u);
}

TEST(EventsCheck, takes_a_batch_without_events) {
  for (const bool ndjson : {false, true}) {
    const std::string body = ndjson ? "\n\n" : "[ ]";
    const auto batch = check_events(body, ndjson);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->accepted, 0u);
    EXPECT_TRUE(batch->rejected.empty());
  }
  EXPECT_EQ(interpret("[ ]").outcome, Interpretation::Outcome::kIgnored);
}

TEST(EventsCheck, a_broken_line_costs_only_itself) {
  const auto batch = check_events(deployment_with("") + "\n{\"type\":\n" + deployment_with("") + "\n[]\n", true);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->accepted, 2u);
  ASSERT_EQ(batch->rejected.size(), 2u);
  EXPECT_EQ(batch->rejected[0].index, 1u);
  EXPECT_THAT(batch->rejected[0].error, HasSubstr("the line that begins at byte 76"));
  EXPECT_EQ(batch->rejected[1].index, 3u);
  EXPECT_THAT(batch->rejected[1].error, HasSubstr("the event is an array, write an object"));
}

TEST(EventsCheck, lines_of_which_none_is_json_are_unreadable) {
  EXPECT_THAT(unreadable("{\nnothing\n", true), HasSubstr("the line that begins at byte 0"));
}

TEST(EventsCheck, journals_the_accepted_events_of_a_mixed_batch_as_lines) {
  const std::string pretty = "{\n  \"type\": \"deployment\",\n  \"id\": 17,\n  \"x\": 1.50\n}";
  const auto batch = check_events('[' + pretty + ",7," + deployment_with("") + ']', false);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->accepted, 2u);
  EXPECT_FALSE(batch->whole_body);
  EXPECT_EQ(batch->accepted_body,
            "{   \"type\": \"deployment\",   \"id\": 17,   \"x\": 1.50 }\n" + deployment_with("") + "\n");
  EXPECT_EQ(interpret(batch->accepted_body).observations.size(), 2u);
}

TEST(EventsCheck, a_later_field_of_the_same_name_wins) {
  const auto out = interpret(R"({"type":"deployment","id":"a","id":"b"})");
  ASSERT_EQ(out.observations.size(), 1u);
  EXPECT_EQ(identity_of(std::get<Entity>(out.observations.front())).id, "b");
}

TEST(EventsInterpret, the_time_of_receipt_never_decides_over_a_time_of_the_event) {
  const auto stamp_of = [](const std::string& more) {
    const auto out = interpret(deployment_with(more));
    return std::get<Deployment>(std::get<Entity>(out.observations.front())).service.stamp.at;
  };
  EXPECT_EQ(stamp_of(R"(,"started_at":1767607200)"), (Instant{1'767'607'200'000}));
  EXPECT_EQ(stamp_of(R"(,"started_at":1767607200,"updated_at":1767600000)"), (Instant{1'767'600'000'000}));
  EXPECT_EQ(stamp_of(""), (Instant{1'772'323'200'000}));
}

TEST(EventsInterpret, an_event_that_a_later_version_rejects_costs_only_itself) {
  const auto out = interpret(deployment_with("") + "\n{\"type\":\"teleport\"}\n");
  EXPECT_EQ(out.outcome, Interpretation::Outcome::kAccepted);
  EXPECT_EQ(out.observations.size(), 1u);
  EXPECT_THAT(out.reason, HasSubstr("event 1: \"type\" is \"teleport\""));
}

TEST(EventsInterpret, the_first_of_several_incidents_without_a_time_opens_it) {
  const auto opened = [](std::int64_t received_ms) {
    Delivery delivery;
    delivery.origin = Origin{"events"};
    delivery.received_at = {received_ms};
    delivery.body = R"({"type":"incident","id":"i"})";
    const auto out = events_source().interpret(delivery, Policy{});
    return std::get<Incident>(std::get<Entity>(out.observations.front())).opened_at;
  };
  auto first = opened(1000);
  auto second = opened(2000);
  EXPECT_FALSE(first.join(second));
  EXPECT_TRUE(second.join(first));
  EXPECT_TRUE(first.join(Register<Instant>(Stamp{0, {5}}, Instant{3000}))) << "the sender's word beats both";
}

TEST(EventsSource, accepts_no_webhook) {
  const Headers::List none;
  const std::vector<std::string> secrets = {"s"};
  const auto verified = events_source().verify(Headers(none), "{}", secrets);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::kUnauthorized);
}

}  // namespace
}  // namespace fairlead::sources
