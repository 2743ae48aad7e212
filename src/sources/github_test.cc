#include "sources/github.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/limits.h"
#include "sources/testing/describe.h"

namespace fairlead::sources {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::vector<std::string> kSecrets = {"old", "It's a Secret to Everybody"};
constexpr std::string_view kBody = "Hello, World!";
constexpr std::string_view kSignature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

Result<Verified> verify(const Headers::List& headers, std::string_view body = kBody,
                        std::span<const std::string> secrets = kSecrets) {
  return github_source().verify(Headers(headers), body, secrets);
}

Interpretation interpret(const std::string& event, std::string body,
                         const std::string& content_type = "application/json") {
  Delivery delivery;
  delivery.source = SourceName{"github"};
  delivery.origin = Origin{"github.com"};
  delivery.received_at = Instant{1'772'323'200'000};
  delivery.headers = {{"x-github-event", event}, {"content-type", content_type}};
  delivery.body = std::move(body);
  return github_source().interpret(delivery, Policy{});
}

const std::string kRelease = R"({"action":"published","release":{"id":17,"tag_name":"v1+%41 é","draft":false,)"
                             R"("published_at":"2026-01-05T09:00:00Z"},"repository":{"full_name":"acme/api"}})";

TEST(GithubVerify, takes_the_delivery_id_of_a_signed_request) {
  const auto verified =
      verify({{"X-Hub-Signature-256", std::string(kSignature)}, {"X-GitHub-Delivery", "72d3162e-cc78"}});
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->delivery_id, "72d3162e-cc78");
}

TEST(GithubVerify, leaves_the_id_to_the_bodys_hash_where_the_header_is_missing) {
  const auto verified = verify({{"x-hub-signature-256", std::string(kSignature)}});
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->delivery_id, "");
}

TEST(GithubVerify, refuses_a_missing_a_wrong_and_an_old_signature) {
  const std::string hex(kSignature.substr(7));
  for (const Headers::List& headers : std::vector<Headers::List>{
           {},
           {{"X-Hub-Signature-256", ""}},
           {{"X-Hub-Signature-256", hex}},
           {{"X-Hub-Signature-256", "sha256=" + hex.substr(2)}},
           {{"X-Hub-Signature-256", "sha1=" + hex}},
           {{"X-Hub-Signature", std::string(kSignature)}},
           {{"X-Hub-Signature", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"}},
       }) {
    const auto verified = verify(headers);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().code, ErrorCode::kUnauthorized);
  }
  EXPECT_FALSE(verify({{"X-Hub-Signature-256", std::string(kSignature)}}, "Hello, World"));
}

TEST(GithubVerify, without_a_secret_nothing_is_accepted) {
  const std::vector<std::string> empty = {""};
  const std::string forged = "sha256=" + to_hex(bytes_of(hmac_sha256("", kBody)));
  EXPECT_FALSE(verify({{"X-Hub-Signature-256", forged}}, kBody, {}));
  EXPECT_FALSE(verify({{"X-Hub-Signature-256", forged}}, kBody, empty));
}

TEST(GithubOrigin, is_the_enterprise_host_where_there_is_one) {
  const auto origin = [](const Headers::List& headers) { return github_source().origin(Headers(headers)).text; };
  EXPECT_EQ(origin({}), "github.com");
  EXPECT_EQ(origin({{"X-GitHub-Enterprise-Host", "GHE.acme.io"}}), "ghe.acme.io");
  for (const std::string bad : {"", "a/b", "a b", "a\nb", "é", "a:1"}) {
    EXPECT_EQ(origin({{"x-github-enterprise-host", bad}}), "github.com") << bad;
  }
  EXPECT_EQ(origin({{"x-github-enterprise-host", std::string(255, 'h')}}), std::string(255, 'h'));
  EXPECT_EQ(origin({{"x-github-enterprise-host", std::string(256, 'h')}}), "github.com");
}

std::string form_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == ' ' ? "+" : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

TEST(GithubInterpret, reads_a_form_like_json) {
  const std::string expected = describe(interpret("release", kRelease));
  ASSERT_THAT(expected, HasSubstr(R"(version "v1+%41 é")"));
  const std::string type = "application/x-www-form-urlencoded; charset=utf-8";
  EXPECT_EQ(describe(interpret("release", "payload=" + form_encoded(kRelease), type)), expected);
  EXPECT_EQ(describe(interpret("release", "a=b&payload=" + form_encoded(kRelease) + "&c", type)), expected);
}

TEST(GithubInterpret, quarantines_a_form_without_payload_and_passes_malformed_escapes_through) {
  const std::string type = "application/x-www-form-urlencoded";
  for (const std::string form : {"", "&", "payload", "load=%7B%7D", "xpayload=%7B%7D"}) {
    EXPECT_EQ(interpret("release", form, type).reason, "the form has no field \"payload\"") << form;
  }
  for (const std::string form : {"payload=", "payload=%", "payload=%7", "payload=%7G", "payload=%00"}) {
    EXPECT_EQ(interpret("release", form, type).outcome, Interpretation::Outcome::kQuarantined) << form;
  }
}

TEST(GithubInterpret, quarantines_what_is_no_payload) {
  const auto reason = [](const std::string& body) {
    const Interpretation out = interpret("release", body);
    EXPECT_EQ(out.outcome, Interpretation::Outcome::kQuarantined) << body;
    EXPECT_TRUE(out.observations.empty());
    return out.reason;
  };
  for (std::size_t size = 0; size < kRelease.size(); ++size) reason(kRelease.substr(0, size));
  EXPECT_THAT(reason("\xFF"), HasSubstr("not UTF-8 at byte 0"));
  EXPECT_THAT(reason(kRelease + std::string(1, '\0')), HasSubstr("no valid JSON"));
  EXPECT_THAT(reason("[" + kRelease + "]"), HasSubstr("\"repository\" is missing"));
  EXPECT_THAT(reason("null"), HasSubstr("\"repository\" is missing"));
  EXPECT_THAT(reason(R"({"repository":{"html_url":7,"full_name":[]}})"), HasSubstr("\"repository\" is missing"));
}

TEST(GithubInterpret, reads_64_levels_and_quarantines_65) {
  const auto nested = [](std::size_t depth) {
    std::string body = kRelease;
    return body.insert(1, "\"x\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + ",");
  };
  EXPECT_EQ(interpret("release", nested(limits::kJsonDepthMax)).outcome, Interpretation::Outcome::kAccepted);
  EXPECT_THAT(interpret("release", nested(limits::kJsonDepthMax + 1)).reason, HasSubstr("nested deeper than 64"));
}

TEST(GithubInterpret, ignores_events_of_no_use_without_reading_them) {
  const Interpretation out = interpret("star", "no JSON at all");
  EXPECT_EQ(out.outcome, Interpretation::Outcome::kIgnored);
  EXPECT_EQ(out.reason, "the event star is not used");
  EXPECT_EQ(interpret(std::string(1000, 'e'), "{}").reason.size(), 64 + std::string("the event  is not used").size());
}

TEST(GithubInterpret, quarantines_a_delivery_that_does_not_name_its_event) {
  EXPECT_EQ(interpret("", kRelease).reason, "the header X-GitHub-Event is missing");
}

std::string push_of(std::size_t commits) {
  std::string list;
  for (std::size_t i = 0; i < commits; ++i) list += fmt::format("{}{{\"id\":\"c{}\"}}", i == 0 ? "" : ",", i);
  return fmt::format(R"({{"ref":"refs/heads/main","before":"b","after":"c0","commits":[{}],)"
                     R"("repository":{{"full_name":"acme/api"}}}})",
                     list);
}

TEST(GithubPush, covers_its_commits_unless_their_list_may_be_cut) {
  EXPECT_THAT(describe(interpret("push", push_of(2047))), HasSubstr("c0 -> c2046 push, covered\n"));
  EXPECT_THAT(describe(interpret("push", push_of(2048))), HasSubstr("c0 -> c2047 push\n"));
}

TEST(GithubInterpret, cuts_what_is_too_long_and_drops_shas_that_are_none) {
  const std::string body = fmt::format(
      R"({{"deployment":{{"id":1,"environment":"{}","sha":"{}"}},"repository":{{"full_name":"acme/api"}}}})",
      std::string(limits::kNameBytesMax + 1, 'e'), std::string(limits::kShaBytesMax + 1, 'a'));
  const Interpretation out = interpret("deployment", body);
  ASSERT_EQ(out.observations.size(), 1u);
  const auto& deployment = std::get<Deployment>(std::get<Entity>(out.observations.front()));
  EXPECT_EQ(deployment.environment->text.size(), limits::kNameBytesMax);
  EXPECT_FALSE(deployment.commits);
}

TEST(GithubInterpret, a_redelivery_says_the_same) {
  EXPECT_EQ(describe(interpret("push", push_of(3))), describe(interpret("push", push_of(3))));
}

TEST(GithubIssues, labels_of_incidents_are_the_policys) {
  Policy policy;
  policy.incident_labels = {"Outage"};
  Delivery delivery;
  delivery.origin = Origin{"github.com"};
  delivery.headers = {{"X-GitHub-Event", "issues"}};
  delivery.body = R"({"issue":{"id":1,"labels":[{"name":"outage"}]},"repository":{"full_name":"acme/api"}})";
  EXPECT_THAT(describe(github_source().interpret(delivery, policy)), StartsWith("accepted\nincident"));
  EXPECT_THAT(describe(github_source().interpret(delivery, Policy{})), StartsWith("ignored"));
}

}  // namespace
}  // namespace fairlead::sources
