#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "api/api.h"
#include "api/credentials.h"
#include "api/testing/fake_imports.h"
#include "api/testing/fixed_random.h"
#include "base/check.h"
#include "base/hash.h"
#include "engine/testing/gated_journal.h"
#include "http/target.h"
#include "store/memory/memory_store.h"

namespace fairlead::api {

/// How long a test waits for what must come; reached only when it never does.
inline constexpr std::chrono::seconds kPatience{60};

struct Call {
  http::Method method = http::Method::kGet;
  std::string target;
  http::Fields headers = {};
  std::string body = {};
  std::string raw_body = {};
  std::string remote_address = "127.0.0.1";
  bool local_control = false;
  bool secure = false;
};

struct Answer : http::Response {
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
  boost::json::value json() const {
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(body, error);
    EXPECT_FALSE(error) << "no JSON: " << body;
    return value;
  }
};

/// The real engine on memory stores and the real router, called as the server calls them, without sockets.
class ApiWorld {
 public:
  explicit ApiWorld(ApiOptions options = {}, engine::EngineOptions engine_options = {}, Policy policy = {})
      : ApiWorld(store::make_memory_journal(), std::move(options), 7, engine_options, std::move(policy)) {}

  /// One of several replicas on one journal; each has a `seed` of its own.
  ApiWorld(std::shared_ptr<store::Journal> shared_journal, ApiOptions options, std::uint64_t seed,
           engine::EngineOptions engine_options = {}, Policy policy = {})
      : clock(parse_time("2026-01-31T12:00:00Z").value()), random(seed) {
    auto gated = std::make_unique<engine::testing::GatedJournal>(std::move(shared_journal));
    journal = gated.get();
    auto started = engine::Engine::start({std::move(gated), store::make_memory_derived()}, std::move(policy), clock,
                                         engine_options);
    CHECK(started.has_value());
    engine = *std::move(started);
    if (options.imports == nullptr) options.imports = &imports;
    api = std::make_unique<Api>(*engine, std::move(options), clock, random);
    auto made = api->make_router();
    EXPECT_TRUE(made) << made.error().message;
    router = *std::move(made);
    authorizer = api->authorizer();
  }

  ~ApiWorld() {
    api->stop();
    journal->open();
    engine->stop();
  }

  /// A token that works from now on.
  std::string token(store::Role role, const std::string& name = "test") {
    const Answer made = local(http::Method::kPost, "/api/v1/tokens",
                              fmt::format(R"({{"name":"{}","role":"{}"}})", name, to_string(role)));
    EXPECT_EQ(made.status, 201) << made.body;
    return std::string(made.json().at("token").as_string());
  }

  Answer local(http::Method method, std::string target, std::string body = {}) {
    return call({method, std::move(target), {}, std::move(body), {}, "", true});
  }
  Answer get(std::string target, const std::string& with_token = {}, http::Fields headers = {}) {
    if (!with_token.empty()) headers.emplace_back("authorization", "Bearer " + with_token);
    Call request{http::Method::kGet, std::move(target), std::move(headers)};
    request.local_control = with_token.empty();
    return call(std::move(request));
  }
  Answer post_events(std::string body, const std::string& with_token = {}, http::Fields headers = {},
                     std::string target = "/api/v1/events") {
    if (!with_token.empty()) headers.emplace_back("authorization", "Bearer " + with_token);
    Call request{http::Method::kPost, std::move(target), std::move(headers), std::move(body)};
    request.local_control = with_token.empty();
    return call(std::move(request));
  }

  Answer call(Call call) { return start(std::move(call)).get(); }

  /// An answer that may take its time.
  class Pending {
   public:
    explicit Pending(std::future<http::Response> future) : future_(std::move(future)) {}
    bool ready() { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
    Answer get() {
      if (future_.wait_for(kPatience) != std::future_status::ready) {
        ADD_FAILURE() << "no answer";
        return {};
      }
      return Answer{future_.get()};
    }

   private:
    std::future<http::Response> future_;
  };

  Pending start(Call call) {
    auto promise = std::make_shared<std::promise<http::Response>>();
    Pending pending(promise->get_future());
    http::Request request;
    request.method = call.method;
    request.target = call.target;
    const Result<http::Target> target = http::parse_target(call.target);
    CHECK(target.has_value());
    request.path = target->path;
    request.query = target->query;
    request.headers = std::move(call.headers);
    request.body = std::move(call.body);
    request.raw_body = std::move(call.raw_body);
    request.remote_address = std::move(call.remote_address);
    request.local_control = call.local_control;
    request.secure = call.secure;
    request.id = "test";
    http::Router::Match match = router.match(request.method, request.path);
    if (match.route == nullptr) {
      promise->set_value(http::problem(404, "Not Found", "no route"));
      return pending;
    }
    request.path_parameters = std::move(match.path_parameters);
    if (auto refused = authorizer(request, *match.route)) {
      promise->set_value(*std::move(refused));
      return pending;
    }
    match.route->handler(std::move(request), http::Responder([promise](http::Response response) {
                           promise->set_value(std::move(response));
                         }));
    return pending;
  }

  ManualClock clock;
  FixedRandom random;
  FakeImports imports;
  engine::testing::GatedJournal* journal = nullptr;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<Api> api;
  http::Router router;
  http::Authorizer authorizer;
};

/// A successful deployment of our own format. `at` is a time on 2026-01-30.
inline std::string deployment_event(std::string_view id, std::string_view at, std::string_view more = {}) {
  return fmt::format(R"({{"type":"deployment","id":"{}","service":"api","environment":"production","status":"success",)"
                     R"("started_at":"2026-01-30T{}Z","finished_at":"2026-01-30T{}Z"{}{}}})",
                     id, at, at, more.empty() ? "" : ",", more);
}

/// What GitHub would send in `X-Hub-Signature-256`.
inline std::string github_signature(std::string_view secret, std::string_view body) {
  const Sha256 mac = hmac_sha256(secret, body);
  return "sha256=" + to_hex(bytes_of(mac));
}

}  // namespace fairlead::api
