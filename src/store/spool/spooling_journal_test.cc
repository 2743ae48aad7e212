#include "store/spool/spooling_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "store/memory/memory_store.h"
#include "store/spool/testing/away_journal.h"
#include "store/spool/testing/spooled.h"
#include "store/testing/random_rows.h"

namespace fairlead::store {
namespace {

using spool::AwayJournal;
using spool::FaultFolder;
using spool::note;
using spool::numbered_delivery;
using spool::same;
using spool::Spool;
using Mood = AwayJournal::Mood;
using Outcome = Appended::Outcome;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Delivery> numbered(std::uint64_t from, std::uint64_t to) {
  std::vector<Delivery> batch;
  while (from < to) batch.push_back(numbered_delivery(from++));
  return batch;
}

Delivery with_body(Delivery delivery, std::string_view body) {
  delivery.body = body;
  return delivery;
}

/// A spooling journal before one in memory that may be away.
class SpoolingJournalTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.in_background = false;
    options_.spool.segment_bytes = 4'096;
    options_.report = [this](const std::string& sentence) {
      const std::lock_guard lock(mutex_);
      said_.push_back(sentence);
      changed_.notify_all();
    };
    start();
  }

  void start() {
    journal_.reset();
    auto inner = std::make_unique<AwayJournal>(store_);
    away_ = inner.get();
    spool::SeededRandom random(1);
    auto opened = Spool::open(disk_.mount(), options_.spool, random);
    ASSERT_TRUE(opened) << opened.error().message;
    journal_ = std::make_unique<SpoolingJournal>(std::move(inner), *std::move(opened), options_);
  }

  std::vector<Outcome> append(std::span<const Delivery> batch) {
    const auto appended = journal_->append(batch);
    EXPECT_TRUE(appended) << appended.error().message;
    std::vector<Outcome> outcomes;
    if (!appended) return outcomes;
    for (const Appended& one : *appended) {
      outcomes.push_back(one.outcome);
      EXPECT_TRUE(one.outcome != Outcome::kSpooled || one.position.sequence == 0);
    }
    return outcomes;
  }
  Outcome append_one(const Delivery& delivery) {
    const auto outcomes = append(std::span(&delivery, 1));
    return outcomes.empty() ? Outcome::kStored : outcomes.front();
  }
  void deliver_all() {
    while (true) {
      const auto delivered = journal_->deliver_some();
      ASSERT_TRUE(delivered) << delivered.error().message;
      if (!*delivered) return;
    }
  }
  std::vector<std::string> stored_ids() {
    std::vector<std::string> ids;
    const auto rows = store_->read(0, 0, SIZE_MAX, SIZE_MAX);
    for (const JournalRow& row : *rows) ids.push_back(row.delivery.id);
    return ids;
  }
  /// Deliveries 0 to `count`, each once and as they were sent, in whatever order.
  void expect_stored(std::uint64_t count) {
    const auto rows = store_->read(0, 0, SIZE_MAX, SIZE_MAX);
    ASSERT_EQ(rows->size(), count);
    spool::Deliveries stored;
    for (const JournalRow& row : *rows) note(stored, row.delivery);
    for (const Delivery& delivery : numbered(0, count)) {
      ASSERT_TRUE(same(stored.at({delivery.origin.text, delivery.id}), delivery)) << delivery.id;
    }
  }
  void await_said(std::string_view part) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return std::ranges::any_of(said_, [&](const std::string& s) { return s.find(part) != std::string::npos; });
    });
  }
  std::vector<std::string> said() {
    const std::lock_guard lock(mutex_);
    return said_;
  }

  std::shared_ptr<Journal> store_ = make_memory_journal();
  FaultFolder disk_{1};
  SpoolingOptions options_;
  std::mutex mutex_;  ///< Guards said_.
  std::condition_variable changed_;
  std::vector<std::string> said_;
  std::unique_ptr<SpoolingJournal> journal_;
  AwayJournal* away_ = nullptr;
};

TEST_F(SpoolingJournalTest, while_the_store_answers_everything_goes_straight_to_it) {
  const std::uint64_t changes = disk_.changes();
  EXPECT_THAT(append(numbered(0, 5)), Each(Outcome::kStored));
  EXPECT_EQ(append_one(numbered_delivery(3)), Outcome::kDuplicate);
  EXPECT_EQ(append_one(with_body(numbered_delivery(3), "other")), Outcome::kConflict);
  EXPECT_EQ(disk_.changes(), changes);
  expect_stored(5);
}

TEST_F(SpoolingJournalTest, an_outage_is_bridged_and_everything_is_delivered_once_and_in_order) {
  append(numbered(0, 10));
  away_->be(Mood::kAway);
  for (std::uint64_t i = 10; i < 310; i += 10) EXPECT_THAT(append(numbered(i, i + 10)), Each(Outcome::kSpooled));
  EXPECT_EQ(journal_->spool()->rows, 300u);
  EXPECT_EQ(journal_->spool()->spooled, 300u);
  EXPECT_EQ(journal_->spool()->oldest, numbered_delivery(10).received_at);
  EXPECT_TRUE(journal_->spool()->store_away);
  EXPECT_THAT(journal_->spool()->store_error, HasSubstr("no connection"));
  EXPECT_FALSE(journal_->deliver_some());
  away_->be(Mood::kHere);
  deliver_all();
  expect_stored(310);
  EXPECT_EQ(stored_ids()[150], "id-150");
  const auto stats = journal_->spool();
  EXPECT_EQ(stats->rows, 0u);
  EXPECT_EQ(stats->delivered, 300u);
  EXPECT_FALSE(stats->store_away);
  EXPECT_EQ(stats->store_error, "");
  EXPECT_THAT(said(), ElementsAre(HasSubstr("is away"), HasSubstr("is back"), HasSubstr("300")));
  EXPECT_THAT(append(numbered(310, 312)), Each(Outcome::kStored));
}

TEST_F(SpoolingJournalTest, an_append_whose_answer_was_lost_counts_once) {
  away_->be(Mood::kAnswerLost);
  EXPECT_THAT(append(numbered(0, 20)), Each(Outcome::kSpooled));
  ASSERT_EQ(stored_ids().size(), 20u) << "the store has them, and nobody knows";
  away_->be(Mood::kHere);
  deliver_all();
  expect_stored(20);
  EXPECT_EQ(journal_->spool()->set_aside, 0u);
}

TEST_F(SpoolingJournalTest, a_delivery_to_the_store_whose_answer_was_lost_is_repeated_and_counts_once) {
  away_->be(Mood::kAway);
  append(numbered(0, 20));
  away_->be(Mood::kAnswerLost);
  EXPECT_FALSE(journal_->deliver_some());
  EXPECT_EQ(journal_->spool()->rows, 20u) << "what nobody acknowledged stays";
  away_->be(Mood::kHere);
  deliver_all();
  expect_stored(20);
}

TEST_F(SpoolingJournalTest, what_waits_is_known_also_when_the_store_answers_again_and_after_a_restart) {
  away_->be(Mood::kAway);
  append(numbered(0, 100));
  EXPECT_EQ(append_one(numbered_delivery(50)), Outcome::kDuplicate);
  EXPECT_EQ(append_one(with_body(numbered_delivery(50), "other")), Outcome::kConflict);
  away_->be(Mood::kHere);
  start();
  // Not away any more, and 50 waits still.
  const std::vector batch{numbered_delivery(100), numbered_delivery(50), with_body(numbered_delivery(51), "other"),
                          numbered_delivery(101)};
  EXPECT_THAT(append(batch), ElementsAre(Outcome::kStored, Outcome::kDuplicate, Outcome::kConflict, Outcome::kStored));
  deliver_all();
  expect_stored(102);
  EXPECT_EQ(journal_->spool()->set_aside, 0u);
}

TEST_F(SpoolingJournalTest, a_batch_of_new_and_waiting_deliveries_meets_an_outage) {
  away_->be(Mood::kAway);
  append(numbered(0, 10));
  away_->be(Mood::kHere);
  start();
  away_->be(Mood::kAnswerLost);
  const std::vector batch{numbered_delivery(10), numbered_delivery(5), numbered_delivery(11)};
  EXPECT_THAT(append(batch), ElementsAre(Outcome::kSpooled, Outcome::kDuplicate, Outcome::kSpooled));
  away_->be(Mood::kHere);
  deliver_all();
  expect_stored(12);
}

TEST_F(SpoolingJournalTest, requests_ask_a_store_that_is_away_once) {
  away_->be(Mood::kAway);
  for (std::uint64_t i = 0; i < 50; ++i) EXPECT_EQ(append_one(numbered_delivery(i)), Outcome::kSpooled);
  EXPECT_EQ(away_->batch_sizes().size(), 1u);
  // New deliveries wait for nothing of the backlog once the store takes something.
  away_->be(Mood::kHere);
  options_.batch_rows_max = 10;
  start();
  EXPECT_TRUE(*journal_->deliver_some());
  EXPECT_EQ(append_one(numbered_delivery(50)), Outcome::kStored);
  EXPECT_EQ(journal_->spool()->rows, 40u);
}

TEST_F(SpoolingJournalTest, a_full_spool_refuses_and_the_store_is_found_again_without_anything_to_deliver) {
  options_.spool.bytes_max = 100;
  start();
  away_->be(Mood::kAway);
  const auto refused = journal_->append(numbered(0, 10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("full"));
  EXPECT_FALSE(journal_->deliver_some());
  EXPECT_TRUE(journal_->spool()->store_away);
  away_->be(Mood::kHere);
  deliver_all();
  EXPECT_FALSE(journal_->spool()->store_away);
  EXPECT_THAT(append(numbered(0, 10)), Each(Outcome::kStored));
}

TEST_F(SpoolingJournalTest, another_body_for_an_id_that_the_store_has_is_set_aside_and_named) {
  append(numbered(0, 5));
  away_->be(Mood::kAway);
  EXPECT_EQ(append_one(with_body(numbered_delivery(3), "other")), Outcome::kSpooled) << "nobody can know";
  EXPECT_EQ(append_one(numbered_delivery(4)), Outcome::kSpooled);
  EXPECT_EQ(append_one(numbered_delivery(5)), Outcome::kSpooled);
  away_->be(Mood::kHere);
  deliver_all();
  expect_stored(6);
  EXPECT_EQ(journal_->spool()->set_aside, 1u);
  EXPECT_EQ(journal_->spool()->delivered, 2u);
  EXPECT_GT(journal_->spool()->kept_bytes, 0u);
  EXPECT_THAT(disk_.files(), ElementsAre(HasSubstr(".kept")));
  EXPECT_THAT(said(), testing::Contains(HasSubstr("id-3")));
}

TEST_F(SpoolingJournalTest, a_delivery_that_the_store_can_never_take_does_not_hold_up_the_others) {
  away_->be(Mood::kAway);
  append(numbered(0, 40));
  away_->be(Mood::kHere);
  away_->dislike([](const Delivery& delivery) { return delivery.id == "id-17" || delivery.id == "id-18"; });
  deliver_all();
  EXPECT_EQ(stored_ids().size(), 38u);
  EXPECT_EQ(journal_->spool()->set_aside, 2u);
  EXPECT_EQ(journal_->spool()->rows, 0u);
  EXPECT_THAT(said(), testing::Contains(HasSubstr("id-17")));
}

TEST_F(SpoolingJournalTest, another_failure_of_the_store_is_the_callers_and_leaves_what_waits) {
  away_->be(Mood::kAway);
  append(numbered(0, 10));
  away_->be(Mood::kHere);
  away_->refuse_with(Error{ErrorCode::kIo, "the disk of the store is full"});
  start();
  away_->refuse_with(Error{ErrorCode::kIo, "the disk of the store is full"});
  const auto refused = journal_->append(numbered(10, 12));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_FALSE(journal_->deliver_some());
  EXPECT_EQ(journal_->spool()->rows, 10u);
  EXPECT_FALSE(journal_->spool()->store_away);
  away_->refuse_with({});
  deliver_all();
  expect_stored(10);
}

TEST_F(SpoolingJournalTest, a_spool_that_failed_refuses_while_the_store_is_away_and_no_longer) {
  away_->be(Mood::kAway);
  append(numbered(0, 10));
  disk_.fail_sync(1);
  const auto refused = journal_->append(numbered(10, 20));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_TRUE(journal_->spool()->refusing);
  EXPECT_FALSE(journal_->sync_failed()) << "the journal itself is well";
  away_->be(Mood::kHere);
  deliver_all();
  EXPECT_EQ(stored_ids().size(), 10u);
  EXPECT_THAT(append(numbered(10, 20)), Each(Outcome::kStored));
  start();
  deliver_all();
  expect_stored(20);
}

// ---------------------------------------------------------------------------------------------------------------------
// In the background

class SpoolingInBackground : public SpoolingJournalTest {
 protected:
  void SetUp() override {
    options_.in_background = true;
    options_.retry_first = {1};
    options_.retry_max = {2};
    options_.batch_rows_max = 7;
    options_.spool.segment_bytes = 4'096;
    options_.report = [this](const std::string& sentence) {
      const std::lock_guard lock(mutex_);
      said_.push_back(sentence);
      changed_.notify_all();
    };
    start();
  }
};

TEST_F(SpoolingInBackground, what_waits_is_delivered_when_the_store_is_back) {
  away_->be(Mood::kAway);
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(append_one(numbered_delivery(i)), Outcome::kSpooled);
  away_->await_appends(5);  // It is tried again and again.
  away_->be(Mood::kHere);
  await_said("everything that waited");
  expect_stored(100);
}

TEST_F(SpoolingInBackground, what_an_earlier_run_left_is_delivered_right_after_the_start) {
  away_->be(Mood::kAway);
  for (std::uint64_t i = 0; i < 100; ++i) append_one(numbered_delivery(i));
  start();
  await_said("everything that waited");
  expect_stored(100);
}

TEST_F(SpoolingInBackground, the_store_is_found_again_where_nothing_waits) {
  options_.spool.bytes_max = 100;
  start();
  away_->be(Mood::kAway);
  EXPECT_FALSE(journal_->append(numbered(0, 10)));
  away_->be(Mood::kHere);
  await_said("is back");
  EXPECT_THAT(append(numbered(0, 10)), Each(Outcome::kStored));
}

TEST_F(SpoolingInBackground, the_pace_of_attempts_does_not_grow_with_the_requests) {
  options_.retry_first = options_.retry_max = Duration::hours(1);
  start();
  away_->be(Mood::kAway);
  for (std::uint64_t i = 0; i < 500; ++i) EXPECT_EQ(append_one(numbered_delivery(i)), Outcome::kSpooled);
  EXPECT_LE(away_->batch_sizes().size(), 2u) << "one by a request, one in the background";
}

TEST_F(SpoolingInBackground, a_stop_does_not_wait_for_a_store_that_hangs) {
  options_.stop_patience = {20};
  start();
  away_->be(Mood::kAway);
  append(numbered(0, 10));
  away_->be(Mood::kHangs);
  away_->await_hanging();
  EXPECT_EQ(append_one(numbered_delivery(10)), Outcome::kSpooled) << "a store that hangs holds up nobody";
  journal_->stop();  // Returns although nothing answers.
  EXPECT_EQ(journal_->spool()->rows, 11u);
  away_->be(Mood::kAway);
  start();
  await_said("everything that waited");
  expect_stored(11);
}

TEST_F(SpoolingInBackground, appends_deliveries_and_outages_at_once_lose_nothing) {
  constexpr std::uint64_t kThreads = 4, kEach = 400;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        // Every delivery twice, the second time by another thread.
        const std::uint64_t number = (t / 2) * kEach + i;
        const auto appended = journal_->append(numbered(number, number + 1));
        ASSERT_TRUE(appended) << appended.error().message;
        ASSERT_NE(appended->front().outcome, Outcome::kConflict);
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    away_->be(i % 3 == 0 ? Mood::kHere : i % 3 == 1 ? Mood::kAnswerLost : Mood::kAway);
    static_cast<void>(journal_->spool());
    std::this_thread::yield();
  }
  away_->be(Mood::kHere);
  for (std::thread& thread : threads) thread.join();
  // One more outage, so that there is an end to wait for.
  away_->be(Mood::kAway);
  EXPECT_EQ(append_one(numbered_delivery(2 * kEach)), Outcome::kSpooled);
  away_->be(Mood::kHere);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return journal_->spool()->rows == 0 && said_.back().starts_with("everything"); });
  lock.unlock();
  expect_stored(2 * kEach + 1);
  EXPECT_EQ(journal_->spool()->set_aside, 0u);
}

// ---------------------------------------------------------------------------------------------------------------------
// Size

/// Takes deliveries in the order of their numbers and keeps nothing of them.
class CountingJournal final : public Journal {
 public:
  std::uint64_t taken = 0;
  std::size_t largest_batch = 0;
  std::size_t memory_max = 0;
  bool in_order = true;

  static std::size_t memory() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  }
  Result<std::vector<Appended>> append(std::span<const Delivery> batch) override {
    std::vector<Appended> appended;
    for (const Delivery& delivery : batch) {
      in_order &= delivery.id == std::to_string(taken);
      appended.push_back({Outcome::kStored, {0, ++taken}});
    }
    largest_batch = std::max(largest_batch, batch.size());
    memory_max = std::max(memory_max, memory());
    return appended;
  }
  std::uint32_t lanes() const override { return 1; }
  Result<std::vector<JournalRow>> read(std::uint32_t, std::uint64_t, std::size_t, std::size_t) override { return {}; }
  Result<std::optional<JournalRow>> row(JournalPosition) override { return std::nullopt; }
  Result<std::uint64_t> last_sequence(std::uint32_t) override { return taken; }
  Status put_token(const TokenRow&) override { return {}; }
  Result<std::optional<TokenRow>> token(std::string_view) override { return std::nullopt; }
  Result<std::vector<TokenRow>> tokens() override { return {}; }
  Status put_user(const UserRow&) override { return {}; }
  Result<std::optional<UserRow>> user(std::string_view) override { return std::nullopt; }
  Result<std::vector<UserRow>> users() override { return {}; }
  Status remove_user(std::string_view) override { return {}; }
  Status append_audit(const AuditRow&) override { return {}; }
  Result<std::vector<AuditRow>> audit(std::size_t) override { return {}; }
  Result<std::uint64_t> verify(const std::function<void(std::uint64_t, std::uint64_t)>&) override { return taken; }
};

TEST(SpoolingMillion, rows_are_read_again_and_drained_with_bounded_memory) {
  constexpr std::uint64_t kRows = 1'000'000;
  const TemporaryFolder folder;
  {
    spool::SpoolOptions options;
    SystemRandom random;
    auto waiting = Spool::open(*spool::open_folder(folder.path() / "spool"), options, random);
    ASSERT_TRUE(waiting);
    std::vector<Delivery> batch;
    for (std::uint64_t i = 0; i < kRows; ++i) {
      Delivery delivery;
      delivery.source = SourceName("events");
      delivery.origin = Origin("events");
      delivery.id = std::to_string(i);
      delivery.body = R"({"type":"deployment","service":"shop","id":")" + delivery.id + "\"}";
      batch.push_back(std::move(delivery));
      if (batch.size() < 2'000) continue;
      ASSERT_TRUE((*waiting)->append(batch));
      batch.clear();
    }
    ASSERT_EQ((*waiting)->stats().rows, kRows);
  }
  auto counting = std::make_unique<CountingJournal>();
  CountingJournal& counted = *counting;
  SpoolingOptions options;
  options.in_background = false;
  auto journal = open_spooling_journal(folder.path() / "spool", std::move(counting), options);
  ASSERT_TRUE(journal) << journal.error().message;
  ASSERT_EQ((*journal)->spool()->rows, kRows);
  const std::size_t before = CountingJournal::memory();
  while (*(*journal)->deliver_some()) {
  }
  EXPECT_EQ(counted.taken, kRows);
  EXPECT_TRUE(counted.in_order);
  EXPECT_LE(counted.largest_batch, 2'048u);
  EXPECT_EQ((*journal)->spool()->rows, 0u);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(counted.memory_max, before + (48u << 20)) << "batches and one segment, not the whole spool";
#else
  static_cast<void>(before);
#endif
}

}  // namespace
}  // namespace fairlead::store
