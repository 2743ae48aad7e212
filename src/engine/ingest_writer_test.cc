#include "engine/ingest_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "engine/testing/gated_journal.h"

namespace fairlead::engine {
namespace {

using store::Appended;
using ::testing::ElementsAre;
using testing::GatedJournal;

Delivery delivery(std::string id, std::string body = "{}") {
  Delivery d;
  d.source = SourceName{"events"};
  d.origin = Origin{"events"};
  d.id = std::move(id);
  d.body = std::move(body);
  return d;
}

class IngestWriterTest : public ::testing::Test {
 protected:
  using Answer = Result<Appended>;

  std::future<Answer> submit(IngestWriter& writer, Delivery d) {
    auto promise = std::make_shared<std::promise<Answer>>();
    auto future = promise->get_future();
    writer.submit(std::move(d), [promise](Answer answer) { promise->set_value(std::move(answer)); });
    return future;
  }

  static bool answered(const std::future<Answer>& future) {
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  static ErrorCode refusal(std::future<Answer> future) {
    const Answer answer = future.get();
    EXPECT_FALSE(answer.has_value());
    return answer.error().code;
  }

  GatedJournal journal_;
  IngestWriter::Limits limits_;
};

TEST_F(IngestWriterTest, nothing_is_answered_before_it_is_committed) {
  journal_.close();
  IngestWriter writer(journal_, limits_, {});
  auto answer = submit(writer, delivery("a"));
  journal_.await_append();
  EXPECT_FALSE(answered(answer));
  journal_.open();
  const Answer appended = answer.get();
  ASSERT_TRUE(appended.has_value());
  EXPECT_EQ(appended->position.sequence, 1u);
}

/// Invariant I1: at the moment of the answer the row can be read.
TEST_F(IngestWriterTest, an_acknowledged_delivery_is_in_the_journal) {
  IngestWriter writer(journal_, limits_, {});
  for (int i = 0; i < 50; ++i) {
    auto promise = std::make_shared<std::promise<bool>>();
    auto there = promise->get_future();
    writer.submit(delivery(std::to_string(i)), [&, promise](Answer answer) {
      const auto row = answer ? journal_.row(answer->position) : Result<std::optional<store::JournalRow>>(std::nullopt);
      promise->set_value(row && row->has_value());
    });
    ASSERT_TRUE(there.get());
  }
}

TEST_F(IngestWriterTest, what_waits_during_a_commit_goes_into_the_next_one_together) {
  journal_.close();
  IngestWriter writer(journal_, limits_, {});
  auto first = submit(writer, delivery("first"));
  journal_.await_append();
  std::vector<std::future<Answer>> others;
  for (int i = 0; i < 20; ++i) others.push_back(submit(writer, delivery(std::to_string(i))));
  journal_.open();
  for (auto& other : others) EXPECT_TRUE(other.get().has_value());
  EXPECT_THAT(journal_.batch_sizes(), ElementsAre(1, 20));
  EXPECT_EQ(writer.stats().commits, 2u);
  EXPECT_EQ(writer.stats().appended, 21u);
}

TEST_F(IngestWriterTest, one_commit_takes_no_more_than_its_rows_and_bytes) {
  limits_.batch_rows_max = 3;
  limits_.batch_bytes_max = 4'000;
  journal_.close();
  IngestWriter writer(journal_, limits_, {});
  std::vector<std::future<Answer>> all;
  all.push_back(submit(writer, delivery("first")));
  journal_.await_append();
  for (const int size : {10, 10, 10, 10, 5'000, 10}) {
    all.push_back(
        submit(writer, delivery(std::to_string(all.size()), std::string(static_cast<std::size_t>(size), 'x'))));
  }
  journal_.open();
  for (auto& one : all) EXPECT_TRUE(one.get().has_value());
  EXPECT_THAT(journal_.batch_sizes(), ElementsAre(1, 3, 1, 1, 1));
}

TEST_F(IngestWriterTest, a_full_queue_refuses_at_once_and_takes_again_when_there_is_room) {
  limits_.queue_rows_max = 3;
  journal_.close();
  IngestWriter writer(journal_, limits_, {});
  std::vector<std::future<Answer>> accepted;
  accepted.push_back(submit(writer, delivery("0")));
  journal_.await_append();
  accepted.push_back(submit(writer, delivery("1")));
  accepted.push_back(submit(writer, delivery("2")));
  auto refused = submit(writer, delivery("3"));
  ASSERT_TRUE(answered(refused));
  EXPECT_EQ(refusal(std::move(refused)), ErrorCode::kUnavailable);
  EXPECT_EQ(writer.stats().refused, 1u);
  EXPECT_EQ(writer.stats().queue_rows, 3u);
  journal_.open();
  for (auto& one : accepted) EXPECT_TRUE(one.get().has_value());
  EXPECT_TRUE(submit(writer, delivery("3")).get().has_value());
}

TEST_F(IngestWriterTest, the_queue_is_bounded_in_bytes_too) {
  limits_.queue_bytes_max = 10'000;
  journal_.close();
  IngestWriter writer(journal_, limits_, {});
  // Larger than the whole queue, and yet taken while nothing else waits.
  auto large = submit(writer, delivery("large", std::string(20'000, 'x')));
  journal_.await_append();
  EXPECT_EQ(refusal(submit(writer, delivery("small"))), ErrorCode::kUnavailable);
  journal_.open();
  EXPECT_TRUE(large.get().has_value());
  EXPECT_TRUE(submit(writer, delivery("small")).get().has_value());
  writer.stop();
  EXPECT_EQ(writer.stats().queue_bytes, 0u);
}

/// Invariant I2, at the door.
TEST_F(IngestWriterTest, the_same_delivery_is_stored_once) {
  IngestWriter writer(journal_, limits_, {});
  EXPECT_EQ(submit(writer, delivery("a", "1")).get()->outcome, Appended::Outcome::kStored);
  EXPECT_EQ(submit(writer, delivery("a", "1")).get()->outcome, Appended::Outcome::kDuplicate);
  EXPECT_EQ(submit(writer, delivery("a", "2")).get()->outcome, Appended::Outcome::kConflict);
  EXPECT_EQ(*journal_.last_sequence(0), 1u);
  EXPECT_EQ(writer.stats().duplicates, 1u);
  EXPECT_EQ(writer.stats().conflicts, 1u);
}

TEST_F(IngestWriterTest, a_delivery_in_the_spool_is_answered_and_counted_as_such) {
  IngestWriter writer(journal_, limits_, {});
  journal_.spool_everything(true);
  const auto appended = submit(writer, delivery("a")).get();
  ASSERT_TRUE(appended);
  EXPECT_EQ(appended->outcome, Appended::Outcome::kSpooled);
  EXPECT_EQ(writer.stats().spooled, 1u);
  EXPECT_EQ(writer.stats().appended, 0u);
}

TEST_F(IngestWriterTest, a_full_disk_refuses_and_heals) {
  IngestWriter writer(journal_, limits_, {});
  journal_.fail_with(Error{ErrorCode::kIo, "no space left"}, false);
  EXPECT_EQ(refusal(submit(writer, delivery("a"))), ErrorCode::kIo);
  EXPECT_FALSE(writer.stats().storage_failed);
  EXPECT_EQ(writer.stats().queue_rows, 0u);
  journal_.fail_with(std::nullopt, false);
  EXPECT_TRUE(submit(writer, delivery("a")).get().has_value());
}

TEST_F(IngestWriterTest, after_a_failed_sync_nothing_is_accepted_any_more) {
  IngestWriter writer(journal_, limits_, {});
  journal_.fail_with(Error{ErrorCode::kIo, "sync failed"}, true);
  EXPECT_EQ(refusal(submit(writer, delivery("a"))), ErrorCode::kIo);
  EXPECT_TRUE(writer.stats().storage_failed);
  journal_.fail_with(std::nullopt, false);
  EXPECT_EQ(refusal(submit(writer, delivery("b"))), ErrorCode::kIo);
  EXPECT_EQ(*journal_.last_sequence(0), 0u);
}

TEST_F(IngestWriterTest, a_stop_finishes_what_was_queued_and_refuses_the_rest) {
  journal_.close();
  IngestWriter writer(journal_, limits_, {});
  auto first = submit(writer, delivery("1"));
  journal_.await_append();
  auto second = submit(writer, delivery("2"));
  std::thread stopper([&] { writer.stop(); });
  auto refused = submit(writer, delivery("late"));
  while (!answered(refused) || refused.get().has_value()) refused = submit(writer, delivery("late"));
  journal_.open();
  stopper.join();
  EXPECT_TRUE(first.get().has_value());
  EXPECT_TRUE(second.get().has_value());
  writer.stop();
}

TEST_F(IngestWriterTest, the_projector_is_told_after_the_answers) {
  std::vector<std::string> order;
  std::promise<void> told;
  {
    IngestWriter writer(journal_, limits_, [&](std::span<const Appended> rows) {
      order.push_back("committed " + std::to_string(rows.size()));
      told.set_value();
    });
    writer.submit(delivery("a"), [&](Answer) { order.push_back("answered"); });
    told.get_future().wait();
  }
  EXPECT_THAT(order, ElementsAre("answered", "committed 1"));
}

}  // namespace
}  // namespace fairlead::engine
