#include "api/read_gate.h"

#include <gtest/gtest.h>

#include <latch>

#include "api/testing/api_world.h"

namespace fairlead::api {
namespace {

using store::Role;

TEST(Position, is_a_plain_number_in_lane_zero_and_names_the_lane_elsewhere) {
  EXPECT_EQ(format_position({0, 17}), "17");
  EXPECT_EQ(format_position({3, 17}), "3.17");
  EXPECT_EQ(parse_position("17"), (JournalPosition{0, 17}));
  EXPECT_EQ(parse_position("3.17"), (JournalPosition{3, 17}));
  for (const char* wrong : {"", ".", "1.", ".1", "a", "1a", "-1", "1.2.3", "99999999999999999999"}) {
    EXPECT_FALSE(parse_position(wrong)) << wrong;
  }
}

TEST(OwnWrites, are_in_the_next_read_of_the_same_credential) {
  ApiWorld world;
  const std::string token = world.token(Role::kOperator);
  for (int i = 0; i < 50; ++i) {
    const std::string id = fmt::format("d{}", i);
    ASSERT_EQ(world.post_events(deployment_event(id, "10:00:00"), token).status, 200);
    const Answer list = world.get("/api/v1/deployments?limit=1000", token);
    EXPECT_EQ(list.json().at("items").as_array().size(), static_cast<std::size_t>(i + 1));
    EXPECT_EQ(list.header("Fairlead-Lag"), "");
  }
}

TEST(OwnWrites, fairlead_after_waits_for_what_another_wrote) {
  ApiWorld world;
  for (int i = 0; i < 20; ++i) {
    const Answer posted = world.post_events(deployment_event(fmt::format("d{}", i), "10:00:00"));
    const Answer list = world.get("/api/v1/deployments?limit=1000", world.token(Role::kViewer),
                                  {{"fairlead-after", posted.header("Fairlead-Sequence")}});
    EXPECT_EQ(list.json().at("items").as_array().size(), static_cast<std::size_t>(i + 1));
  }
}

TEST(OwnWrites, a_wait_that_is_too_short_answers_with_the_lag) {
  ApiOptions options;
  options.read_own_writes = Duration::millis(1);
  ApiWorld world(options);
  world.post_events(deployment_event("d1", "10:00:00"));
  const Answer far = world.get("/api/v1/deployments", {}, {{"fairlead-after", "1000000"}});
  EXPECT_EQ(far.status, 200);
  EXPECT_FALSE(far.header("Fairlead-Lag").empty());
}

TEST(OwnWrites, a_header_that_is_no_sequence_is_400) {
  ApiWorld world;
  EXPECT_EQ(world.get("/api/v1/deployments", {}, {{"fairlead-after", "soon"}}).status, 400);
  EXPECT_EQ(world.get("/api/v1/deployments", {}, {{"fairlead-after", "99.1"}}).status, 400);
}

TEST(OwnWrites, reads_that_wait_are_limited) {
  ApiOptions options;
  options.read_own_writes = Duration::hours(1);
  ApiWorld world(options);
  std::vector<ApiWorld::Pending> waiting;
  const auto read = [&world] {
    return world.start({http::Method::kGet, "/api/v1/sources", {{"fairlead-after", "1000000"}}, {}, {}, "", true});
  };
  for (std::size_t i = 0; i < ReadGate::kWaitingMax; ++i) waiting.push_back(read());
  EXPECT_FALSE(waiting.back().ready());
  const Answer refused = read().get();
  EXPECT_EQ(refused.status, 503);
  EXPECT_FALSE(refused.header("Retry-After").empty());
  EXPECT_EQ(world.get("/api/v1/sources").status, 200);  // a read that need not wait is not held up
}

TEST(WrittenPositions, keep_the_latest_of_each_credential_and_lane) {
  WrittenPositions written(2);
  EXPECT_TRUE(written.last("a").empty());
  written.note("a", {0, 7});
  written.note("a", {0, 5});  // answered later, written earlier
  written.note("a", {1, 3});
  EXPECT_EQ(written.last("a"), (std::vector<JournalPosition>{{0, 7}, {1, 3}}));
}

TEST(Worker, takes_no_more_than_its_limit_and_drops_what_waits_when_stopped) {
  Worker worker(1);
  std::latch running(1);
  std::latch go_on(1);
  std::function<void()> first = [&] {
    running.count_down();
    go_on.wait();
  };
  ASSERT_TRUE(worker.post(first));
  running.wait();
  bool ran = false;
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> dropped = held;
  std::function<void()> second = [&ran, held = std::move(held)] { ran = true; };
  std::function<void()> third = [] {};
  EXPECT_TRUE(worker.post(second));
  EXPECT_FALSE(worker.post(third));
  EXPECT_TRUE(third);  // not taken
  std::thread stopper([&worker] { worker.stop(); });
  while (!dropped.expired()) std::this_thread::yield();
  go_on.count_down();
  stopper.join();
  EXPECT_FALSE(ran);
  std::function<void()> late = [] {};
  EXPECT_FALSE(worker.post(late));
}

}  // namespace
}  // namespace fairlead::api
