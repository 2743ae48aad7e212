// Everything at once, for the thread sanitizer and for the invariants: submitters, writer, projector and linker,
// readers and live listeners on SQLite.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "engine/engine.h"
#include "engine/testing/scratch_folder.h"
#include "engine/testing/settled.h"
#include "engine/testing/world.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace fairlead::engine {
namespace {

using testing::must;

constexpr int kSubmitters = 4;

/// One of several senders that share the deliveries; what it was told is kept.
class Submitter {
 public:
  void send(Engine& engine, const std::vector<Delivery>& deliveries, std::size_t first) {
    for (std::size_t i = first; i < deliveries.size(); i += kSubmitters) {
      std::promise<Result<store::Appended>> promise;
      engine.submit(deliveries[i], [&](Result<store::Appended> answer) { promise.set_value(std::move(answer)); });
      const auto answer = promise.get_future().get();
      if (answer && answer->outcome == store::Appended::Outcome::kStored) acknowledged_.insert(answer->position);
    }
  }
  const std::set<JournalPosition>& acknowledged() const { return acknowledged_; }

 private:
  std::set<JournalPosition> acknowledged_;
};

/// Positions only grow and a snapshot agrees with itself.
void read_until(const Engine& engine, const std::atomic<bool>& stop) {
  std::uint64_t seen = 0;
  while (!stop) {
    const auto reader = must(engine.read());
    const std::uint64_t position = must(reader->position(0));
    EXPECT_GE(position, seen);
    seen = position;
    std::int64_t outcomes = 0;
    for (const auto& [outcome, count] : must(reader->outcome_counts())) outcomes += count;
    EXPECT_EQ(static_cast<std::uint64_t>(outcomes), position);
    EXPECT_GE(engine.stats().last_sequence, 0u);
  }
}

/// Reads live events as they come; ids have no gap and no repetition unless the ring says so.
class LiveReader {
 public:
  explicit LiveReader(Engine& engine) : engine_(engine), next_(engine.live().last_id()) {
    subscription_ = *engine.live().subscribe([this] { read(); });
  }
  void leave() { subscription_.reset(); }

 private:
  void read() {
    const auto batch = engine_.live().after(next_, 1'000);
    for (const LiveEvent& event : batch.events) EXPECT_EQ(event.id, ++next_);
    next_ = batch.last_id;
  }

  Engine& engine_;
  std::uint64_t next_;  // used under the hub's lock of this listener alone
  std::shared_ptr<LiveHub::Subscription> subscription_;
};

TEST(Threads, everything_at_once_loses_nothing_and_ends_in_what_a_rebuild_gives) {
  testing::WorldSize size;
  size.commits = 40;
  size.deployments = 60;
  const testing::World world = testing::World::random(11, size);
  testing::Dice dice(11);
  const std::vector<Delivery> deliveries = disorderly_deliveries(world, dice);
  const testing::ScratchFolder folder;
  const SystemClock clock;
  const auto engine = must(
      Engine::start({must(store::open_sqlite_journal(folder.path())), must(store::open_sqlite_derived(folder.path()))},
                    world.policy, clock));
  LiveReader live(*engine);
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) readers.emplace_back([&] { read_until(*engine, stop); });
  std::vector<Submitter> submitters(kSubmitters);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kSubmitters; ++i) {
    threads.emplace_back([&, i] { submitters[i].send(*engine, deliveries, i); });
  }
  for (std::thread& thread : threads) thread.join();

  std::promise<bool> done;
  engine->when_projected({0, deliveries.size()}, 60'000, [&](bool reached) { done.set_value(reached); });
  EXPECT_TRUE(done.get_future().get());
  stop = true;
  for (std::thread& reader : readers) reader.join();
  live.leave();

  std::set<JournalPosition> acknowledged;
  for (const Submitter& submitter : submitters) {
    acknowledged.insert(submitter.acknowledged().begin(), submitter.acknowledged().end());
  }
  EXPECT_EQ(acknowledged.size(), deliveries.size());
  engine->stop();

  const auto rebuilt = store::make_memory_derived();
  must(project_all(engine->journal(), *rebuilt, world.policy, {}));
  const auto left = must(engine->read());
  const auto right = must(rebuilt->read());
  const auto difference = must(first_difference(*left, *right));
  EXPECT_FALSE(difference.has_value()) << "line " << difference->line << "\n"
                                       << difference->left.value_or("(end)") << "\n"
                                       << difference->right.value_or("(end)");
}

}  // namespace
}  // namespace fairlead::engine
