// Several replicas on one database: nothing is lost, nothing is there twice, and no reader ever passes a row over.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "store/postgres/connection.h"
#include "store/postgres/postgres_store.h"
#include "store/testing/postgres_server.h"
#include "store/testing/random_rows.h"

namespace fairlead::store {
namespace {

using Outcome = Appended::Outcome;

std::unique_ptr<Journal> open(const std::string& address) {
  auto journal = open_postgres_journal(address);
  EXPECT_TRUE(journal) << journal.error().message;
  return journal ? std::move(*journal) : nullptr;
}

Delivery delivery(std::uint64_t number) {
  Delivery made;
  made.source = SourceName("events");
  made.origin = Origin("events");
  made.id = std::to_string(number);
  made.body = "body of " + made.id;
  return made;
}

/// What one thread learned: where each delivery that it offered is, and how many it stored.
struct Learned {
  std::map<std::string, JournalPosition> places;
  std::size_t stored = 0;
  std::string failure;
};

/// Offers batches of deliveries that other threads offer, too.
void offer(Journal& journal, std::uint64_t seed, std::uint64_t ids, Learned& learned) {
  RandomRows random(seed);
  for (int round = 0; round < 60; ++round) {
    std::vector<Delivery> batch;
    for (std::uint64_t i = random.below(30); i > 0; --i) batch.push_back(delivery(random.below(ids)));
    const auto appended = journal.append(batch);
    if (!appended) {
      learned.failure = appended.error().message;
      return;
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Appended& one = (*appended)[i];
      if (one.outcome == Outcome::kConflict) learned.failure = "a conflict";
      if (one.outcome == Outcome::kStored) ++learned.stored;
      const auto [known, is_new] = learned.places.emplace(batch[i].id, one.position);
      if (known->second != one.position) learned.failure = "moved: " + batch[i].id;
    }
  }
}

/// Follows every lane from its beginning until `done`, as a projector does.
std::uint64_t follow(Journal& journal, const std::atomic<bool>& done) {
  std::vector<std::uint64_t> positions(journal.lanes());
  std::uint64_t rows = 0;
  while (true) {
    const bool last_round = done;
    for (std::uint32_t lane = 0; lane < journal.lanes(); ++lane) {
      const auto found = journal.read(lane, positions[lane], 7, SIZE_MAX);
      EXPECT_TRUE(found) << found.error().message;
      if (!found) return rows;
      positions[lane] += found->size();
      rows += found->size();
    }
    if (!last_round) continue;
    std::uint64_t left = 0;
    for (std::uint32_t lane = 0; lane < journal.lanes(); ++lane) {
      left += journal.last_sequence(lane).value() - positions[lane];
    }
    if (left == 0) return rows;
  }
}

TEST(ConcurrentAppends, of_two_replicas_store_everything_once_and_in_order) {
  const std::uint64_t seed = first_seed();
  SCOPED_TRACE("FAIRLEAD_SEED=" + std::to_string(seed));
  const std::string address = PostgresServer::shared().new_database();
  const std::array replicas = {open(address), open(address)};
  constexpr std::size_t kThreads = 8;
  constexpr std::uint64_t kIds = 3'000;
  std::array<Learned, kThreads> learned;
  std::atomic<bool> done = false;
  std::uint64_t followed = 0;
  {
    std::jthread follower([&] { followed = follow(*replicas[1], done); });
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] { offer(*replicas[i % 2], seed + i, kIds, learned[i]); });
      }
    }
    done = true;
  }

  std::map<std::string, JournalPosition> places;
  std::size_t stored = 0;
  for (const Learned& one : learned) {
    ASSERT_EQ(one.failure, "");
    stored += one.stored;
    for (const auto& [id, place] : one.places) {
      ASSERT_EQ(places.emplace(id, place).first->second, place) << "two replicas disagree about " << id;
    }
  }
  EXPECT_EQ(stored, places.size()) << "each was stored by exactly one";
  EXPECT_EQ(followed, places.size()) << "whoever follows the lanes meets every row";
  for (const auto& [id, place] : places) ASSERT_EQ((*replicas[0]->row(place))->delivery.id, id);
  EXPECT_EQ(replicas[0]->verify({}).value(), places.size());
}

TEST(ConcurrentAppends, a_delivery_has_the_same_lane_in_every_database) {
  const auto journal = open(PostgresServer::shared().new_database());
  const auto appended = journal->append(std::vector{delivery(1), delivery(2), delivery(3), delivery(4)}).value();
  std::vector<std::uint32_t> lanes;
  for (const Appended& one : appended) lanes.push_back(one.position.lane);
  EXPECT_THAT(lanes, testing::ElementsAre(12, 11, 10, 11)) << "stored positions depend on it: it never changes";
}

TEST(ConcurrentAppends, rows_of_the_audit_log_get_numbers_of_their_own) {
  const std::string address = PostgresServer::shared().new_database();
  const std::array replicas = {open(address), open(address)};
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int n = 0; n < 20; ++n) {
          const Status done = replicas[i % 2]->append_audit({{n}, "local", "test", std::to_string(i)});
          ASSERT_TRUE(done) << done.error().message;
        }
      });
    }
  }
  EXPECT_EQ(replicas[0]->audit(SIZE_MAX).value().size(), 80u);
}

TEST(ConcurrentAppends, of_replicas_that_start_at_once_one_makes_the_tables) {
  const std::string address = PostgresServer::shared().new_database();
  std::array<std::unique_ptr<Journal>, 6> replicas;
  {
    std::vector<std::jthread> threads;
    for (auto& replica : replicas) threads.emplace_back([&] { replica = open(address); });
  }
  for (const auto& replica : replicas) {
    ASSERT_TRUE(replica);
    EXPECT_EQ(replica->append(std::vector{delivery(1)}).value().front().outcome,
              replica == replicas.front() ? Outcome::kStored : Outcome::kDuplicate)
        << "all hash ids with the same secret";
  }
}

}  // namespace
}  // namespace fairlead::store
