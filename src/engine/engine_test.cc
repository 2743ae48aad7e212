#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "engine/project/projector.h"
#include "engine/testing/deliveries.h"
#include "engine/testing/flaky_derived.h"
#include "engine/testing/gated_journal.h"
#include "engine/testing/settled.h"
#include "store/memory/memory_store.h"

namespace fairlead::engine {
namespace {

using store::Appended;
using ::testing::Contains;
using testing::delivery;
using testing::deployment_json;
using ::testing::ElementsAre;
using ::testing::Field;
using testing::must;

constexpr int kLongMs = 60'000;  // never reached in a run that passes

/// Lends a store to an engine and keeps it for the next one: a restart.
class Lent final : public store::Derived {
 public:
  Lent(store::Derived& derived, std::atomic<int>& writes) : derived_(derived), writes_(writes) {}
  Result<std::unique_ptr<store::DerivedReader>> read() override { return derived_.read(); }
  Result<std::unique_ptr<store::DerivedWriter>> write() override {
    ++writes_;
    return derived_.write();
  }

 private:
  store::Derived& derived_;
  std::atomic<int>& writes_;
};

class EngineTest : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> start(Policy policy = {}, EngineOptions options = {}) {
    auto journal = std::make_unique<testing::GatedJournal>();
    journal_ = journal.get();
    store::Stores stores{std::move(journal), std::make_unique<Lent>(*derived_, writes_)};
    return must(Engine::start(std::move(stores), std::move(policy), clock_, options));
  }

  static Appended submit(Engine& engine, const std::string& id, const std::string& body) {
    std::promise<Result<Appended>> promise;
    engine.submit(delivery(id, body), [&](Result<Appended> answer) { promise.set_value(std::move(answer)); });
    return must(promise.get_future().get());
  }

  static bool await_projected(Engine& engine, JournalPosition position, int timeout_ms = kLongMs) {
    std::promise<bool> promise;
    engine.when_projected(position, timeout_ms, [&](bool reached) { promise.set_value(reached); });
    return promise.get_future().get();
  }

  ManualClock clock_{Instant{1'767'571'200'000}};
  std::unique_ptr<store::Derived> derived_ = store::make_memory_derived();
  std::atomic<int> writes_ = 0;  ///< Transactions of derived state that were begun.
  testing::GatedJournal* journal_ = nullptr;
};

TEST_F(EngineTest, finishes_at_the_start_what_a_killed_one_had_projected_and_not_looked_up) {
  auto journal = std::make_unique<testing::GatedJournal>();
  must(journal->append(std::vector{delivery("1", deployment_json("d1", "api", "10:00", "a1"))}));
  const Policy policy;
  {
    const auto killed = std::make_shared<std::atomic<bool>>(false);
    testing::FlakyDerived dying(killed, *derived_);
    Projector projector(*journal, dying, policy);
    projector.set_between_commit_and_look([&] { *killed = true; });
    EXPECT_FALSE(projector.step(0));
  }
  ASSERT_NE(must(must(derived_->read())->setting(Projector::look_setting(0))), "");
  store::Stores stores{std::move(journal), std::make_unique<Lent>(*derived_, writes_)};
  const auto engine = must(Engine::start(std::move(stores), policy, clock_));
  EXPECT_TRUE(await_projected(*engine, {0, 1}));
  EXPECT_EQ(must(must(engine->read())->setting(Projector::look_setting(0))), "");
}

TEST_F(EngineTest, a_reader_sees_its_own_write_linked) {
  const auto engine = start();
  submit(*engine, "1", deployment_json("d1", "api", "10:00", "a1"));
  const Appended second = submit(*engine, "2", deployment_json("d2", "api", "12:00", "a2"));
  ASSERT_TRUE(await_projected(*engine, second.position));
  EXPECT_TRUE(engine->projected(second.position));
  const auto reader = must(engine->read());
  EXPECT_THAT(must(reader->stream(ServiceName{"api"})), ::testing::SizeIs(2));
  EXPECT_EQ(engine->stats().projected_sequence, 2u);
  EXPECT_EQ(engine->stats().appended, 2u);
}

/// Rounds of a few deliveries each would write the same pages again and again.
TEST_F(EngineTest, a_steady_stream_gathers_between_rounds) {
  using std::chrono::steady_clock;
  constexpr int kTransactionsPerRound = 6;  // project, look, link, look again, sums, and one to spare
  const auto engine = start();
  const auto began = steady_clock::now();
  Appended last;
  for (int i = 0; i < 2'000; ++i)
    last = submit(*engine, std::to_string(i), deployment_json("d1", "api", "10:00", "a1"));
  const int writes = writes_;
  const auto tenths = (steady_clock::now() - began) / std::chrono::milliseconds(100);
  EXPECT_LE(writes, kTransactionsPerRound * (2 + tenths));
  EXPECT_TRUE(await_projected(*engine, last.position));
}

TEST_F(EngineTest, waiting_for_what_never_comes_ends_at_the_timeout) {
  const auto engine = start();
  EXPECT_FALSE(await_projected(*engine, {0, 1}, 1));
  EXPECT_FALSE(await_projected(*engine, {0, 1}, 0));
  EXPECT_FALSE(await_projected(*engine, {99, 1}, 0));
  EXPECT_FALSE(engine->projected({0, 1}));
}

TEST_F(EngineTest, a_full_queue_refuses_and_is_counted) {
  const auto engine = start({}, {.queue_rows_max = 1});
  journal_->close();
  std::promise<Result<Appended>> first;
  engine->submit(delivery("1", "{}"), [&](Result<Appended> answer) { first.set_value(std::move(answer)); });
  journal_->await_append();
  std::promise<Result<Appended>> second;
  engine->submit(delivery("2", "{}"), [&](Result<Appended> answer) { second.set_value(std::move(answer)); });
  EXPECT_EQ(second.get_future().get().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(engine->stats().refused, 1u);
  EXPECT_EQ(engine->stats().queue_rows, 1u);
  journal_->open();
  EXPECT_TRUE(first.get_future().get().has_value());
}

TEST_F(EngineTest, live_clients_hear_of_a_delivery_once_it_is_linked) {
  const auto engine = start();
  std::promise<void> heard;
  std::atomic<int> nudges = 0;
  const std::uint64_t before = engine->live().last_id();
  const auto subscription = engine->live().subscribe([&] {
    if (engine->projected({0, 1}) && nudges++ == 0) heard.set_value();
  });
  submit(*engine, "1", deployment_json("d1", "api", "10:00", "a1"));
  heard.get_future().wait();
  const auto batch = engine->live().after(before, 100);
  EXPECT_FALSE(batch.resync);
  EXPECT_THAT(batch.events,
              Contains(Field(&LiveEvent::json, ::testing::HasSubstr(R"("sequence":1,"source":"events")"))));
  EXPECT_THAT(batch.events, Contains(Field(&LiveEvent::json, ::testing::HasSubstr(R"("kind":"deployment")"))));
  EXPECT_THAT(batch.events,
              Contains(Field(&LiveEvent::json, ::testing::HasSubstr(R"({"sequence":1,"services":["api"]})"))));
}

TEST_F(EngineTest, a_stop_refuses_answers_and_may_be_repeated) {
  const auto engine = start();
  const Appended first = submit(*engine, "1", deployment_json("d1", "api", "10:00", "a1"));
  std::promise<bool> waiting;
  engine->when_projected({0, 5}, kLongMs, [&](bool reached) { waiting.set_value(reached); });
  engine->stop();
  EXPECT_FALSE(waiting.get_future().get());
  std::promise<Result<Appended>> late;
  engine->submit(delivery("2", "{}"), [&](Result<Appended> answer) { late.set_value(std::move(answer)); });
  EXPECT_EQ(late.get_future().get().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(must(journal_->last_sequence(0)), first.position.sequence);
  engine->stop();
}

TEST_F(EngineTest, a_full_disk_pauses_the_projection_and_loses_nothing) {
  const auto refuses = std::make_shared<std::atomic<bool>>(false);
  derived_ = std::make_unique<testing::FlakyDerived>(refuses);
  const auto engine = start();
  ASSERT_TRUE(await_projected(*engine, submit(*engine, "1", deployment_json("d1", "api", "10:00", "a1")).position));
  *refuses = true;
  const Appended second = submit(*engine, "2", deployment_json("d2", "api", "12:00", "a2"));
  while (engine->stats().derive_failures == 0) std::this_thread::yield();
  EXPECT_THAT(engine->stats().derive_error, ::testing::HasSubstr("no space left"));
  EXPECT_FALSE(engine->projected(second.position));
  *refuses = false;
  ASSERT_TRUE(await_projected(*engine, second.position));
  EXPECT_EQ(engine->stats().derive_error, "");
  EXPECT_THAT(must(must(engine->read())->stream(ServiceName{"api"})), ::testing::SizeIs(2));
}

TEST_F(EngineTest, derived_state_of_another_journal_is_refused) {
  {
    const auto writer = must(derived_->write());
    writer->set_position(0, 7);
    must(writer->commit());
  }
  store::Stores stores{store::make_memory_journal(), std::make_unique<Lent>(*derived_, writes_)};
  const auto engine = Engine::start(std::move(stores), {}, clock_);
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().code, ErrorCode::kCorrupt);
}

/// The policy decides which service a deployment belongs to: a new one must give what a rebuild under it gives.
TEST_F(EngineTest, a_changed_policy_rebuilds_places_and_links) {
  const std::string unnamed = R"({"type":"deployment","id":"d1","environment":"production","status":"success",)"
                              R"("finished_at":"2026-01-05T10:00:00Z","repository":"github.com/acme/api","sha":"a1"})";
  const std::string incident =
      R"({"type":"incident","id":"i1","opened_at":"2026-01-05T11:00:00Z","deployment_id":"d1"})";
  Policy policy;
  {
    const auto engine = start(policy);
    submit(*engine, "1", unnamed);
    ASSERT_TRUE(await_projected(*engine, submit(*engine, "2", incident).position));
    EXPECT_THAT(must(must(engine->read())->stream(ServiceName{"acme/api"})), ::testing::SizeIs(1));
  }
  policy.services.push_back({ServiceName{"shop"}, {"github.com/acme/*"}, DeploymentVia::kDeployment, {}});
  const auto journal = store::make_memory_journal();
  const std::vector<Delivery> all = {delivery("1", unnamed), delivery("2", incident), delivery("3", "{}")};
  testing::append_all(*journal, all);
  {
    auto same_journal = store::make_memory_journal();
    testing::append_all(*same_journal, std::span(all).first(2));
    store::Stores stores{std::move(same_journal), std::make_unique<Lent>(*derived_, writes_)};
    const auto engine = must(Engine::start(std::move(stores), policy, clock_));
    ASSERT_TRUE(await_projected(*engine, submit(*engine, "3", "{}").position));
  }
  const auto rebuilt = store::make_memory_derived();
  must(project_all(*journal, *rebuilt, policy, {}));
  EXPECT_EQ(testing::first_difference(testing::dump_of(*rebuilt), testing::dump_of(*derived_)), "");
  EXPECT_THAT(must(must(derived_->read())->stream(ServiceName{"shop"})), ::testing::SizeIs(1));
}

TEST_F(EngineTest, a_policy_that_reads_deliveries_differently_asks_for_a_replay) {
  Policy policy;
  {
    // What projects writes down under which policy it reads.
    const auto journal = store::make_memory_journal();
    must(project_all(*journal, *derived_, policy, {}));
  }
  policy.incident_labels = {"outage"};
  store::Stores stores{store::make_memory_journal(), std::make_unique<Lent>(*derived_, writes_)};
  const auto engine = Engine::start(std::move(stores), policy, clock_);
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace fairlead::engine
