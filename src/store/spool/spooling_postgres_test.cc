// Promise R6: PostgreSQL is killed, restarted and stalls under load; everything goes on being acknowledged, nothing
// acknowledged is lost and nothing counts twice.

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "store/postgres/postgres_store.h"
#include "store/spool/spooling_journal.h"
#include "store/spool/testing/spooled.h"
#include "store/testing/postgres_server.h"
#include "store/testing/random_rows.h"

namespace fairlead::store {
namespace {

using spool::numbered_delivery;

/// Appends deliveries one after the other and counts what was acknowledged.
class Sender {
 public:
  explicit Sender(Journal& journal) : journal_(journal), thread_([this] { run(); }) {}
  ~Sender() { stop(); }

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// Returns when 100 more were acknowledged from now on and one of them at least had this outcome; false when the
  /// sender has ended, since an append failed.
  bool await(Appended::Outcome outcome) {
    std::unique_lock lock(mutex_);
    const std::uint64_t enough = acknowledged_ + 100, before = batches_[outcome];
    changed_.wait(lock, [&] { return ended_ || (acknowledged_ >= enough && batches_[outcome] > before); });
    return !ended_;
  }
  std::uint64_t acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
  }
  std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  void run() {
    std::uint64_t next = 0;
    while (!stopping_) {
      std::vector<Delivery> batch;
      while (batch.size() < next % 5 + 1) batch.push_back(numbered_delivery(next + batch.size()));
      next += batch.size();
      const auto appended = journal_.append(batch);
      const std::lock_guard lock(mutex_);
      ended_ |= !appended;
      if (!appended) failure_ = appended.error().message;
      if (appended) acknowledged_ = next;
      if (appended) ++batches_[appended->front().outcome];
      changed_.notify_all();
      if (!appended) return;
    }
  }

  Journal& journal_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;  ///< Guards what follows but the thread.
  std::condition_variable changed_;
  std::uint64_t acknowledged_ = 0;
  std::map<Appended::Outcome, std::uint64_t> batches_;  ///< By the outcome of their first delivery.
  bool ended_ = false;
  std::string failure_;
  std::thread thread_;
};

class SpoolingPostgres : public testing::Test {
 protected:
  void open() {
    auto inner = open_postgres_journal(address_);
    ASSERT_TRUE(inner) << inner.error().message;
    SpoolingOptions options;
    options.retry_first = {5};
    options.retry_max = {50};
    options.report = [this](const std::string&) {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
    };
    auto opened = open_spooling_journal(folder_.path() / "spool", *std::move(inner), std::move(options));
    ASSERT_TRUE(opened) << opened.error().message;
    journal_ = *std::move(opened);
  }
  void await_empty_spool() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return journal_->spool()->rows == 0; });
  }
  void expect_each_once(std::uint64_t count) {
    std::multiset<std::string> ids;
    for (std::uint32_t lane = 0; lane < journal_->lanes(); ++lane) {
      for (std::uint64_t after = 0;;) {
        const auto rows = journal_->read(lane, after, 10'000, 64u << 20);
        ASSERT_TRUE(rows) << rows.error().message;
        if (rows->empty()) break;
        for (const JournalRow& row : *rows) ids.insert(row.delivery.id);
        after = rows->back().position.sequence;
      }
    }
    EXPECT_EQ(ids.size(), count);
    for (std::uint64_t number = 0; number < count; ++number) {
      ASSERT_EQ(ids.count(numbered_delivery(number).id), 1u) << number;
    }
  }

  const TemporaryFolder folder_;
  PostgresServer server_;
  const std::string address_ = server_.new_database();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<SpoolingJournal> journal_;
};

TEST_F(SpoolingPostgres, kills_restarts_and_a_stall_under_load_lose_nothing_and_count_nothing_twice) {
  open();
  Sender sender(*journal_);
  ASSERT_TRUE(sender.await(Appended::Outcome::kStored)) << sender.failure();
  for (int round = 0; round < 3; ++round) {
    round % 2 == 0 ? server_.kill() : server_.stop();
    EXPECT_TRUE(sender.await(Appended::Outcome::kSpooled)) << sender.failure();
    server_.start();
    EXPECT_TRUE(sender.await(Appended::Outcome::kStored)) << sender.failure();
  }
  server_.pause();
  EXPECT_TRUE(sender.await(Appended::Outcome::kSpooled)) << sender.failure();
  server_.resume();
  EXPECT_TRUE(sender.await(Appended::Outcome::kStored)) << sender.failure();
  sender.stop();
  ASSERT_EQ(sender.failure(), "");
  await_empty_spool();
  EXPECT_EQ(journal_->spool()->set_aside, 0u);
  expect_each_once(sender.acknowledged());
}

TEST_F(SpoolingPostgres, what_waits_is_delivered_by_the_next_start) {
  open();
  server_.kill();
  std::vector<Delivery> batch;
  for (std::uint64_t i = 0; i < 500; ++i) batch.push_back(numbered_delivery(i));
  const auto appended = journal_->append(batch);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->front().outcome, Appended::Outcome::kSpooled);
  journal_.reset();
  server_.start();
  open();
  await_empty_spool();
  expect_each_once(500);
}

}  // namespace
}  // namespace fairlead::store
