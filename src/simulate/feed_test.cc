#include "simulate/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "simulate/live_world.h"

namespace fairlead::simulate {
namespace {

constexpr std::uint64_t kSeed = World::kDemoSeed;
constexpr Instant kFounded{1'767'571'200'000};
constexpr Duration kMinute = Duration::seconds(60);

/// Keeps what it is given; refuses as told.
class Collector final : public engine::Ingest {
 public:
  void submit(Delivery delivery, Done done) override {
    const std::unique_lock lock(mutex_);
    if (refuses_) {
      ++refused_;
      changed_.notify_all();
      return done(fail(ErrorCode::kUnavailable, "the queue is full"));
    }
    ids_.push_back(delivery.id);
    changed_.notify_all();
    done(store::Appended{store::Appended::Outcome::kStored, {0, ids_.size()}});
  }

  void refuse(bool refuses) {
    const std::lock_guard lock(mutex_);
    refuses_ = refuses;
  }
  void await_deliveries(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ids_.size() >= count; });
  }
  void await_refusals(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return refused_ >= count; });
  }
  std::vector<std::string> ids() {
    const std::lock_guard lock(mutex_);
    return ids_;
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool refuses_ = false;
  std::size_t refused_ = 0;
  std::vector<std::string> ids_;
};

/// Answers nothing until it is opened, and knows how much waited at most.
class Gate final : public engine::Ingest {
 public:
  void submit(Delivery, Done done) override {
    std::unique_lock lock(mutex_);
    waiting_.push_back(std::move(done));
    most_ = std::max(most_, waiting_.size());
    changed_.notify_all();
  }
  /// Once `count` wait, and no more come, answers them all.
  std::size_t answer_all(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() >= count; });
    std::vector<Done> now = std::exchange(waiting_, {});
    lock.unlock();
    for (const Done& done : now) done(store::Appended{});
    return now.size();
  }
  std::size_t most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Done> waiting_;
  std::size_t most_ = 0;
};

TEST(Feed, a_second_feed_of_the_same_world_repeats_the_ids_of_the_first) {
  Collector first;
  Collector second;
  ASSERT_TRUE(Feed(kSeed, kFounded, first).tell(kFounded));
  ASSERT_TRUE(Feed(kSeed, kFounded, second).tell(kFounded));
  EXPECT_GT(first.ids().size(), 1'000u);
  EXPECT_EQ(first.ids(), second.ids());
}

TEST(Feed, another_world_has_other_ids) {
  Collector first;
  Collector second;
  ASSERT_TRUE(Feed(kSeed, kFounded, first).tell(kFounded));
  ASSERT_TRUE(Feed(kSeed, kFounded + Duration::seconds(1), second).tell(kFounded));
  const std::vector<std::string> ids = first.ids();
  const std::set<std::string> known(ids.begin(), ids.end());
  for (const std::string& id : second.ids()) EXPECT_FALSE(known.contains(id)) << id;
}

TEST(Feed, what_was_told_is_not_told_again) {
  Collector ingest;
  Feed feed(kSeed, kFounded, ingest);
  const auto last = feed.tell(kFounded);
  ASSERT_TRUE(last);
  ASSERT_TRUE(last->has_value());
  EXPECT_EQ((*last)->sequence, ingest.ids().size());
  const auto nothing = feed.tell(kFounded);
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(nothing->has_value());
}

TEST(Feed, what_was_refused_is_told_later_and_in_order) {
  Collector patient;
  Feed calm(kSeed, kFounded, patient);
  ASSERT_TRUE(calm.tell(kFounded));

  Collector ingest;
  Feed feed(kSeed, kFounded, ingest);
  ingest.refuse(true);
  const auto refused = feed.tell(kFounded);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(ingest.ids().empty());
  ingest.refuse(false);
  ASSERT_TRUE(feed.tell(kFounded));
  EXPECT_EQ(ingest.ids(), patient.ids());
}

TEST(Feed, it_leaves_room_in_the_queue) {
  Gate gate;
  Feed feed(kSeed, kFounded, gate);
  std::thread telling([&] { EXPECT_TRUE(feed.tell(kFounded)); });
  const std::size_t total = World(kSeed, kFounded).listen(kFounded).size();
  for (std::size_t answered = 0; answered < total;) {
    answered += gate.answer_all(std::min(Feed::kInFlightMax, total - answered));
  }
  telling.join();
  EXPECT_EQ(gate.most(), Feed::kInFlightMax);
}

TEST(LiveWorld, it_goes_on_with_the_clock_and_ends_when_told) {
  Collector ingest;
  ManualClock clock(kFounded);
  Feed feed(kSeed, kFounded, ingest);
  ASSERT_TRUE(feed.tell(kFounded));
  const std::size_t past = ingest.ids().size();
  LiveWorld live(feed, clock, [](const Error& error) { ADD_FAILURE() << error.message; });
  clock.advance(Duration::millis(10 * kMinute.ms));
  live.look();
  ingest.await_deliveries(past + 10);
  live.stop();
  const std::size_t told = ingest.ids().size();
  clock.advance(Duration::hours(1));
  live.look();
  EXPECT_EQ(ingest.ids().size(), told);
}

TEST(LiveWorld, it_survives_a_refusal_and_says_so_once) {
  Collector ingest;
  ManualClock clock(kFounded);
  Feed feed(kSeed, kFounded, ingest);
  ASSERT_TRUE(feed.tell(kFounded));
  const std::size_t past = ingest.ids().size();
  ingest.refuse(true);
  int failures = 0;
  LiveWorld live(feed, clock, [&](const Error&) { ++failures; });
  clock.advance(Duration::millis(10 * kMinute.ms));
  live.look();
  World same(kSeed, kFounded);
  same.listen(kFounded);
  const std::size_t in_one_round = same.listen(clock.now()).size();
  ingest.await_refusals(in_one_round);
  live.look();
  ingest.await_refusals(2 * in_one_round);
  ingest.refuse(false);
  live.look();
  ingest.await_deliveries(past + 10);
  live.stop();
  EXPECT_EQ(failures, 1);
}

}  // namespace
}  // namespace fairlead::simulate
