#include "engine/live_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/limits.h"

namespace fairlead::engine {
namespace {

std::vector<std::string> texts(const LiveHub::Batch& batch) {
  std::vector<std::string> out;
  for (const LiveEvent& event : batch.events) out.push_back(event.json);
  return out;
}

TEST(LiveHub, events_come_in_order_after_the_last_seen_one) {
  LiveHub hub(10);
  for (const char* text : {"a", "b", "c"}) hub.publish("entity", text);
  const auto batch = hub.after(1, 100);
  EXPECT_FALSE(batch.resync);
  EXPECT_THAT(texts(batch), ::testing::ElementsAre("b", "c"));
  EXPECT_EQ(batch.events.front().id, 2u);
  EXPECT_EQ(batch.last_id, 3u);
}

TEST(LiveHub, a_short_read_goes_on_where_it_ended) {
  LiveHub hub(10);
  for (const char* text : {"a", "b", "c"}) hub.publish("entity", text);
  const auto first = hub.after(0, 2);
  EXPECT_THAT(texts(first), ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(texts(hub.after(first.last_id, 2)), ::testing::ElementsAre("c"));
}

TEST(LiveHub, a_reader_that_the_ring_has_passed_by_resynchronises) {
  LiveHub hub(3);
  for (int i = 1; i <= 4; ++i) hub.publish("entity", std::to_string(i));
  EXPECT_FALSE(hub.after(1, 100).resync);
  const auto late = hub.after(0, 100);
  EXPECT_TRUE(late.resync);
  EXPECT_TRUE(late.events.empty());
  EXPECT_EQ(late.last_id, 4u);
}

TEST(LiveHub, an_id_of_the_future_resynchronises) {
  LiveHub hub(3);
  hub.publish("entity", "a");
  EXPECT_TRUE(hub.after(2, 100).resync);
  EXPECT_FALSE(hub.after(1, 100).resync);
}

TEST(LiveHub, ids_of_a_run_before_resynchronise) {
  LiveHub hub(3, 1'000);
  hub.publish("entity", "a");
  EXPECT_EQ(hub.last_id(), 1'001u);
  EXPECT_TRUE(hub.after(999, 100).resync);
  EXPECT_THAT(texts(hub.after(1'000, 100)), ::testing::ElementsAre("a"));
}

TEST(LiveHub, a_group_is_published_as_one_nudge) {
  LiveHub hub(10);
  int nudges = 0;
  const auto subscription = hub.subscribe([&] { ++nudges; });
  hub.publish({{"entity", "a"}, {"report", "b"}});
  EXPECT_EQ(nudges, 1);
  EXPECT_EQ(hub.last_id(), 2u);
}

TEST(LiveHub, a_listener_may_read_and_is_silent_once_it_has_left) {
  LiveHub hub(10);
  std::vector<std::string> seen;
  auto subscription = hub.subscribe([&] { seen.push_back(hub.after(hub.last_id() - 1, 1).events.front().json); });
  hub.publish("entity", "a");
  subscription->reset();
  hub.publish("entity", "b");
  EXPECT_THAT(seen, ::testing::ElementsAre("a"));
}

TEST(LiveHub, a_listener_may_leave_while_it_is_called) {
  LiveHub hub(10);
  std::shared_ptr<LiveHub::Subscription> own;
  int calls = 0;
  own = *hub.subscribe([&] {
    ++calls;
    own.reset();
  });
  hub.publish("entity", "a");
  hub.publish("entity", "b");
  EXPECT_EQ(calls, 1);
}

TEST(LiveHub, a_listener_does_not_run_after_it_left_on_another_thread) {
  LiveHub hub(100);
  std::atomic<bool> stop = false;
  std::thread publisher([&] {
    while (!stop) hub.publish("entity", "x");
  });
  for (int i = 0; i < 200; ++i) {
    auto alive = std::make_unique<std::atomic<int>>(0);
    auto subscription = hub.subscribe([&] { ++*alive; });
    subscription->reset();
    alive.reset();  // a late call would touch freed memory
  }
  stop = true;
  publisher.join();
}

TEST(LiveHub, there_is_a_limit_to_subscribers) {
  LiveHub hub(10);
  std::vector<std::shared_ptr<LiveHub::Subscription>> all;
  for (std::size_t i = 0; i < limits::kLiveSubscribersMax; ++i) all.push_back(*hub.subscribe([] {}));
  EXPECT_FALSE(hub.subscribe([] {}).has_value());
  all.pop_back();
  EXPECT_TRUE(hub.subscribe([] {}).has_value());
}

}  // namespace
}  // namespace fairlead::engine
