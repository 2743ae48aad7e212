#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "api/login_gate.h"
#include "api/testing/session_client.h"

namespace fairlead::api {
namespace {

using http::Method;
using store::Role;

constexpr const char* kSession = "/api/v1/session";

std::size_t audited(ApiWorld& world, std::string_view action) {
  return static_cast<std::size_t>(
      std::ranges::count_if(audit_of(world), [&](const auto& row) { return row.action == action; }));
}

TEST(LoginLimits, wrong_passwords_are_limited_per_address_and_right_ones_do_not_count) {
  ApiWorld world;
  add_user(world, "ann", Role::kViewer);
  SessionClient client(world);
  for (int i = 0; i < FailureLimiter::kBurst + 5; ++i) {
    client.cookie.clear();
    ASSERT_EQ(client.log_in("ann").status, 200) << i;
  }
  for (int i = 0; i < FailureLimiter::kBurst; ++i) {
    ASSERT_EQ(client.log_in(fmt::format("nobody{}", i), "wrong horse").status, 401) << i;
  }
  const Answer limited = client.log_in("ann");
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.header("Retry-After"), "3");
  client.address = "127.0.0.2";
  EXPECT_EQ(client.log_in("ann").status, 200);
  client.address = "127.0.0.1";
  world.clock.advance(FailureLimiter::kRefill);
  EXPECT_EQ(client.log_in("ann").status, 200);
}

TEST(LoginLimits, guesses_at_one_name_from_many_addresses_are_limited_and_other_names_are_not) {
  const ManualClock clock;
  LoginGate gate(clock);
  const auto address = [](int i) { return fmt::format("10.0.{}.{}", i / 256, i % 256); };
  for (int i = 0; i < LoginGate::kNameBurst; ++i) EXPECT_TRUE(gate.admit(address(i), "ann")) << i;
  EXPECT_FALSE(gate.admit(address(500), "ann"));
  EXPECT_TRUE(gate.admit(address(501), "bob"));
  gate.forgive(address(0), "ann");
  EXPECT_TRUE(gate.admit(address(502), "ann"));
}

TEST(LoginLimits, one_address_alone_cannot_keep_a_name_out) {
  ManualClock clock;
  LoginGate gate(clock);
  for (int minute = 0; minute < 600; ++minute) {
    for (int i = 0; i < 200; ++i) static_cast<void>(gate.admit("10.0.0.1", "ann"));
    ASSERT_TRUE(gate.admit("10.0.0.2", "ann")) << minute;
    gate.forgive("10.0.0.2", "ann");
    clock.advance(Duration::seconds(60));
  }
}

/// Holds the thread that checks passwords, as a slow hash would.
class HeldLogin {
 public:
  explicit HeldLogin(ApiWorld& world) {
    http::Request request;
    request.method = Method::kPost;
    request.path = kSession;
    request.headers = {{"host", "localhost"}};
    request.body = login_body("nobody");
    request.remote_address = "10.9.9.9";
    const http::Router::Match match = world.router.match(Method::kPost, kSession);
    match.route->handler(std::move(request), http::Responder([this](const http::Response&) {
                           reached_.set_value();
                           release_.get_future().wait();
                         }));
    reached_.get_future().wait();
  }
  void release() { release_.set_value(); }

 private:
  std::promise<void> reached_;
  std::promise<void> release_;
};

TEST(LoginLimits, a_bounded_number_waits_for_the_hash_and_the_next_is_told_to_come_back) {
  ApiWorld world;
  SessionClient client(world);
  HeldLogin held(world);
  std::vector<ApiWorld::Pending> waiting;
  const auto start = [&](int i) {
    client.address = fmt::format("10.0.0.{}", i);
    return world.start(client.request(Method::kPost, kSession, login_body(fmt::format("n{}", i))));
  };
  for (std::size_t i = 0; i < LoginGate::kWaitingMax; ++i) waiting.push_back(start(static_cast<int>(i)));
  for (auto& one : waiting) EXPECT_FALSE(one.ready());
  const Answer refused = start(100).get();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  held.release();
  for (auto& one : waiting) EXPECT_EQ(one.get().status, 401);
}

TEST(LoginLimits, a_thousand_wrong_passwords_leave_no_session_and_a_bounded_audit_log) {
  ApiWorld world;
  SessionClient client(world);
  HeldLogin held(world);
  std::vector<ApiWorld::Pending> pending;
  std::map<int, int> statuses;
  for (int i = 0; i < 1'000; ++i) {
    client.address = fmt::format("10.1.{}.{}", i / 250, i % 250);
    pending.push_back(world.start(client.request(Method::kPost, kSession, login_body(fmt::format("n{}", i)))));
  }
  held.release();
  for (auto& one : pending) ++statuses[one.get().status];
  EXPECT_EQ(statuses, (std::map<int, int>{{401, static_cast<int>(LoginGate::kWaitingMax)},
                                          {503, 1'000 - static_cast<int>(LoginGate::kWaitingMax)}}));
  // From one address the limiter answers, without any work.
  statuses.clear();
  client.address = "10.2.0.1";
  for (int i = 0; i < 1'000; ++i) ++statuses[client.log_in(fmt::format("m{}", i), "wrong horse").status];
  EXPECT_EQ(statuses[401], FailureLimiter::kBurst);
  EXPECT_EQ(statuses[429], 1'000 - FailureLimiter::kBurst);
  EXPECT_EQ(audited(world, "session.refuse"), static_cast<std::size_t>(FailureLimiter::kBurst));
  EXPECT_NE(world.get("/metrics").body.find("fairlead_login_failures_total 29\n"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::api
