// What every Journal promises (store.h), over each implementation, with the memory store as the oracle of random runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <list>
#include <map>

#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/spool/spooling_journal.h"
#include "store/sqlite/sqlite_store.h"
#include "store/testing/postgres_server.h"
#include "store/testing/random_rows.h"

namespace fairlead::store {
namespace {

using testing::ElementsAre;
using Outcome = Appended::Outcome;

/// What an implementation keeps a journal in: a folder, a database.
struct Implementation {
  std::string name;
  bool durable;
  std::function<std::string()> make_place;
  std::function<Result<std::unique_ptr<Journal>>(const std::string& place)> open;
};

class JournalContract : public testing::TestWithParam<Implementation> {
 protected:
  JournalContract() { reopen(); }

  void reopen() {
    journal_.reset();
    auto opened = GetParam().open(place_);
    ASSERT_TRUE(opened) << opened.error().message;
    journal_ = std::move(*opened);
  }

  std::vector<Outcome> append(const std::vector<Delivery>& batch) {
    const auto appended = journal_->append(batch);
    EXPECT_TRUE(appended) << appended.error().message;
    std::vector<Outcome> outcomes;
    for (const auto& one : appended.value_or(std::vector<Appended>())) outcomes.push_back(one.outcome);
    return outcomes;
  }

  /// Of all lanes together.
  std::uint64_t rows() const {
    std::uint64_t sum = 0;
    for (std::uint32_t lane = 0; lane < journal_->lanes(); ++lane) sum += journal_->last_sequence(lane).value();
    return sum;
  }

  const std::string place_ = GetParam().make_place();
  std::unique_ptr<Journal> journal_;
};

Delivery delivery(std::string id, std::string body, std::string origin = "events") {
  Delivery made;
  made.source = SourceName("events");
  made.origin = Origin(origin);
  made.id = std::move(id);
  made.received_at = {1'700'000'000'000};
  made.headers = {{"content-type", "application/json"}};
  made.body = std::move(body);
  return made;
}

bool same(const Delivery& a, const Delivery& b) {
  return a.source == b.source && a.origin == b.origin && a.id == b.id && a.received_at == b.received_at &&
         a.headers == b.headers && a.body == b.body;
}

TEST_P(JournalContract, redelivery_is_stored_once) {
  EXPECT_THAT(append({delivery("1", "a")}), ElementsAre(Outcome::kStored));
  EXPECT_THAT(append({delivery("1", "a")}), ElementsAre(Outcome::kDuplicate));
  EXPECT_EQ(rows(), 1u);
}

TEST_P(JournalContract, duplicates_and_conflicts_within_one_batch_are_seen) {
  EXPECT_THAT(append({delivery("1", "a"), delivery("1", "a"), delivery("1", "b"), delivery("2", "a")}),
              ElementsAre(Outcome::kStored, Outcome::kDuplicate, Outcome::kConflict, Outcome::kStored));
  EXPECT_EQ(rows(), 2u);
}

TEST_P(JournalContract, the_same_id_with_another_body_is_a_conflict_and_names_the_first) {
  const auto first = journal_->append(std::vector{delivery("0", "x"), delivery("1", "a")});
  ASSERT_TRUE(first);
  const auto appended = journal_->append(std::vector{delivery("1", "b")});
  ASSERT_TRUE(appended);
  EXPECT_EQ(appended->at(0).outcome, Outcome::kConflict);
  EXPECT_EQ(appended->at(0).position, first->at(1).position);
  EXPECT_EQ((*journal_->row(appended->at(0).position))->delivery.body, "a");
}

TEST_P(JournalContract, the_same_id_of_another_origin_is_another_delivery) {
  EXPECT_THAT(append({delivery("1", "a", "x"), delivery("1", "a", "y")}),
              ElementsAre(Outcome::kStored, Outcome::kStored));
  // No way of joining origin and id makes two pairs look alike.
  EXPECT_THAT(append({delivery("b", "a", "a"), delivery("", "a", "ab"), delivery("ab", "a", "")}),
              ElementsAre(Outcome::kStored, Outcome::kStored, Outcome::kStored));
}

TEST_P(JournalContract, rows_come_back_as_they_went_in) {
  std::vector<Delivery> batch = {delivery("1", ""),
                                 delivery("2", std::string(100'000, 'x')),
                                 delivery("3", std::string("a\0b\xff", 4)),
                                 delivery("4", std::string(1023, 'y')),
                                 delivery("5", std::string(1024, 'z')),
                                 delivery(std::string("n\0l", 3), "n")};
  batch[3].headers = {{"a", ""}, {"", "b"}, {"a", "again"}};
  batch[4].headers = {};
  const auto appended = journal_->append(batch);
  ASSERT_TRUE(appended) << appended.error().message;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const JournalPosition position = appended->at(i).position;
    const auto row = journal_->row(position);
    ASSERT_TRUE(row && *row) << i;
    EXPECT_EQ((*row)->position, position);
    EXPECT_TRUE(same((*row)->delivery, batch[i])) << i;
    const auto rows = journal_->read(position.lane, position.sequence - 1, 1, SIZE_MAX);
    ASSERT_TRUE(rows) << rows.error().message;
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->front().position, position);
    EXPECT_TRUE(same(rows->front().delivery, batch[i])) << i;
  }
}

TEST_P(JournalContract, sequences_of_a_lane_are_contiguous_in_the_order_of_arrival) {
  std::map<std::uint32_t, std::uint64_t> lasts;
  for (int batch = 0; batch < 5; ++batch) {
    std::vector<Delivery> deliveries;
    for (int i = 0; i < 40; ++i) deliveries.push_back(delivery(std::to_string(100 * batch + i), "x"));
    const auto appended = journal_->append(deliveries);
    ASSERT_TRUE(appended);
    for (const Appended& one : *appended) ASSERT_EQ(one.position.sequence, ++lasts[one.position.lane]);
  }
  EXPECT_EQ(lasts.size(), journal_->lanes()) << "200 deliveries reach every lane";
  for (const auto& [lane, last] : lasts) EXPECT_EQ(journal_->last_sequence(lane).value(), last);
}

TEST_P(JournalContract, reading_stops_at_its_limits_but_gives_at_least_one_row) {
  std::vector<Delivery> batch;
  for (int i = 0; i < 200; ++i) batch.push_back(delivery(std::to_string(i), std::string(i % 7, 'a')));
  append(batch);
  for (std::uint32_t lane = 0; lane < journal_->lanes(); ++lane) {
    const auto all = journal_->read(lane, 0, SIZE_MAX, SIZE_MAX).value();
    ASSERT_EQ(all.size(), journal_->last_sequence(lane).value());
    const auto count = [&](std::uint64_t after, std::size_t rows_max, std::size_t bytes_max) {
      return journal_->read(lane, after, rows_max, bytes_max).value().size();
    };
    for (std::size_t after = 0, bytes = 0; after < 3; ++after, bytes = 0) {
      for (std::size_t wanted = 1; after + wanted <= all.size() && wanted < 9; ++wanted) {
        bytes += all[after + wanted - 1].delivery.body.size();
        EXPECT_EQ(count(after, wanted, SIZE_MAX), wanted);
        EXPECT_EQ(count(after, wanted, bytes), wanted) << "just as many bytes as there are";
        if (wanted > 1 && !all[after + wanted - 1].delivery.body.empty()) {
          EXPECT_EQ(count(after, wanted, bytes - 1), wanted - 1) << "one byte less";
        }
      }
      EXPECT_GE(count(after, 3, 0), 1u);
      EXPECT_EQ(count(after, 0, 100), 0u);
    }
    EXPECT_EQ(count(all.size(), 3, 100), 0u);
    EXPECT_EQ(count(all.size() + 6, 3, 100), 0u);
    EXPECT_EQ(count(INT64_MAX, 3, 100), 0u);
  }
  EXPECT_TRUE(journal_->read(journal_->lanes(), 0, 9, 99).value().empty());
}

TEST_P(JournalContract, a_row_that_is_not_there_is_nothing) {
  const auto [lane, sequence] = journal_->append(std::vector{delivery("1", "a")}).value().front().position;
  EXPECT_FALSE(journal_->row({lane, 0}).value());
  EXPECT_TRUE(journal_->row({lane, sequence}).value());
  EXPECT_FALSE(journal_->row({lane, sequence + 1}).value());
  EXPECT_FALSE(journal_->row({lane, INT64_MAX}).value());
  EXPECT_FALSE(journal_->row({journal_->lanes(), 1}).value());
  EXPECT_EQ(journal_->last_sequence(journal_->lanes()).value(), 0u);
}

TEST_P(JournalContract, an_empty_batch_changes_nothing) {
  EXPECT_TRUE(append({}).empty());
  EXPECT_EQ(rows(), 0u);
}

TEST_P(JournalContract, tokens_are_replaced_by_id_and_listed_in_order) {
  ASSERT_TRUE(journal_->put_token({"b", std::string("h\0h", 3), Role::kViewer, "first", {5}, {}}));
  ASSERT_TRUE(journal_->put_token({"a", "hash", Role::kAdmin, "second", {6}, {}}));
  ASSERT_TRUE(journal_->put_token({"b", "new", Role::kIngest, "third", {7}, Instant{8}}));
  const auto tokens = journal_->tokens().value();
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0].id, "a");
  EXPECT_EQ(tokens[0].role, Role::kAdmin);
  EXPECT_FALSE(tokens[0].revoked_at);
  EXPECT_EQ(tokens[1].secret_hash, "new");
  EXPECT_EQ(tokens[1].revoked_at, Instant{8});
  EXPECT_EQ(journal_->token("b").value()->name, "third");
  EXPECT_FALSE(journal_->token("c").value());
}

TEST_P(JournalContract, users_are_replaced_by_name_and_listed_in_order) {
  ASSERT_TRUE(journal_->put_user({"zoe", "hash", Role::kViewer, {5}}));
  ASSERT_TRUE(journal_->put_user({"ann", "hash2", Role::kAdmin, {6}}));
  ASSERT_TRUE(journal_->put_user({"zoe", "hash3", Role::kOperator, {7}}));
  const auto users = journal_->users().value();
  ASSERT_EQ(users.size(), 2u);
  EXPECT_EQ(users[0].name, "ann");
  EXPECT_EQ(users[1].password_hash, "hash3");
  EXPECT_EQ(journal_->user("zoe").value()->role, Role::kOperator);
  EXPECT_FALSE(journal_->user("bob").value());
}

TEST_P(JournalContract, a_removed_user_is_gone_and_the_others_stay) {
  ASSERT_TRUE(journal_->put_user({"zoe", "hash", Role::kViewer, {5}}));
  ASSERT_TRUE(journal_->put_user({"ann", "hash2", Role::kAdmin, {6}}));
  ASSERT_TRUE(journal_->remove_user("zoe"));
  EXPECT_FALSE(journal_->user("zoe").value());
  ASSERT_EQ(journal_->users().value().size(), 1u);
  EXPECT_EQ(journal_->users().value()[0].name, "ann");
  EXPECT_TRUE(journal_->remove_user("zoe")) << "nobody to remove is no failure";
  ASSERT_TRUE(journal_->put_user({"zoe", "new", Role::kOperator, {7}}));
  EXPECT_EQ(journal_->user("zoe").value()->password_hash, "new");
}

TEST_P(JournalContract, the_audit_log_is_read_newest_first) {
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(journal_->append_audit({{i}, "local", "token.create", std::to_string(i)}));
  }
  const auto rows = journal_->audit(2).value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].subject, "3");
  EXPECT_EQ(rows[1].at, Instant{2});
  EXPECT_EQ(journal_->audit(SIZE_MAX).value().size(), 3u);
}

TEST_P(JournalContract, verify_counts_the_rows_and_reports_the_end) {
  append({delivery("1", "a"), delivery("2", std::string(5000, 'b'))});
  std::uint64_t done = 0, total = 0;
  const auto rows = journal_->verify([&](std::uint64_t d, std::uint64_t t) { done = d, total = t; });
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(*rows, 2u);
  EXPECT_EQ(done, 2u);
  EXPECT_EQ(total, 2u);
}

class DurableJournalContract : public JournalContract {};

TEST_P(DurableJournalContract, opening_again_finds_everything) {
  append({delivery("1", "a"), delivery("2", "b")});
  ASSERT_TRUE(journal_->put_token({"t", "h", Role::kViewer, "n", {1}, {}}));
  reopen();
  EXPECT_EQ(rows(), 2u);
  const auto appended = journal_->append(std::vector{delivery("2", "b"), delivery("2", "c"), delivery("3", "c")});
  ASSERT_TRUE(appended);
  EXPECT_EQ(appended->at(0).outcome, Outcome::kDuplicate);
  EXPECT_EQ(appended->at(1).outcome, Outcome::kConflict);
  EXPECT_EQ(appended->at(2).outcome, Outcome::kStored);
  EXPECT_EQ((*journal_->row(appended->at(2).position))->delivery.body, "c");
  EXPECT_TRUE(journal_->token("t").value());
  EXPECT_EQ(journal_->verify({}).value(), 3u);
}

/// Positions of the tested journal by those of the oracle, which has one lane. Within a lane the order is the oracle's,
/// and nothing is left out.
class Positions {
 public:
  void expect(const JournalPosition& oracle, const JournalPosition& tested) {
    const auto [known, is_new] = tested_.try_emplace(oracle, tested);
    ASSERT_EQ(known->second, tested);
    if (!is_new) return;
    ASSERT_EQ(tested.sequence, lanes_[tested.lane].size() + 1);
    lanes_[tested.lane].push_back(oracle);
  }
  /// The oracle's positions of the rows of a lane, in order.
  const std::vector<JournalPosition>& of(std::uint32_t lane) { return lanes_[lane]; }

 private:
  std::map<JournalPosition, JournalPosition> tested_;
  std::map<std::uint32_t, std::vector<JournalPosition>> lanes_;
};

void expect_same_rows(Journal& tested, Journal& oracle, Positions& positions, RandomRows& random) {
  const auto lane = static_cast<std::uint32_t>(random.below(tested.lanes()));
  const std::uint64_t after = random.below(40 / tested.lanes() + 1);
  const auto rows_max = random.below(20), bytes_max = random.below(20'000);
  const auto rows = tested.read(lane, after, rows_max, bytes_max);
  ASSERT_TRUE(rows) << rows.error().message;
  const auto& all = positions.of(lane);
  std::size_t bytes = 0, count = 0;
  for (std::size_t at = after; at < all.size() && count < rows_max; ++at, ++count) {
    const auto expected = oracle.row(all[at]).value();
    bytes += expected->delivery.body.size();
    if (count > 0 && bytes > bytes_max) break;
    ASSERT_LT(count, rows->size());
    ASSERT_TRUE(same((*rows)[count].delivery, expected->delivery));
    ASSERT_EQ((*rows)[count].position, (JournalPosition{lane, at + 1}));
  }
  ASSERT_EQ(rows->size(), count);
}

/// The same random calls on this implementation and on the oracle, with every answer compared.
TEST_P(JournalContract, random_calls_answer_as_the_oracle_does) {
  for (std::uint64_t seed = first_seed(), end = seed + seeds(20); seed < end; ++seed) {
    SCOPED_TRACE("FAIRLEAD_SEED=" + std::to_string(seed));
    RandomRows random(seed);
    const std::string place = GetParam().make_place();
    auto tested = GetParam().open(place);
    ASSERT_TRUE(tested);
    const auto oracle = make_memory_journal();
    Positions positions;
    const auto ids = random.below(400) + 1;
    for (int step = 0; step < 60; ++step) {
      const auto batch = random.many<Delivery>(30, [&] { return random.delivery(ids, 3000); });
      const auto expected = oracle->append(batch).value();
      const auto found = (*tested)->append(batch);
      if (random.chance(2)) (*tested)->settle();
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ(found->size(), expected.size());
      for (std::size_t i = 0; i < batch.size(); ++i) {
        ASSERT_EQ((*found)[i].outcome, expected[i].outcome);
        ASSERT_NO_FATAL_FAILURE(positions.expect(expected[i].position, (*found)[i].position));
      }
      if (GetParam().durable && random.chance(5)) {
        tested->reset();
        tested = GetParam().open(place);
        ASSERT_TRUE(tested);
      }
      ASSERT_NO_FATAL_FAILURE(expect_same_rows(**tested, *oracle, positions, random));
    }
    std::uint64_t rows = 0;
    for (std::uint32_t lane = 0; lane < (*tested)->lanes(); ++lane) rows += (*tested)->last_sequence(lane).value();
    ASSERT_EQ(rows, oracle->last_sequence(0).value());
    ASSERT_EQ((*tested)->verify({}).value(), oracle->verify({}).value());
  }
}

/// Folders that vanish with the program.
std::string make_folder() {
  static std::list<TemporaryFolder> folders;
  return folders.emplace_back().path();
}

const Implementation kMemory{"memory", false, [] { return std::string(); },
                             [](const auto&) -> Result<std::unique_ptr<Journal>> { return make_memory_journal(); }};
const Implementation kSqlite{"sqlite", true, make_folder,
                             [](const auto& folder) { return open_sqlite_journal(folder); }};
const Implementation kSmallRuns{"sqlite_small_id_runs", true, make_folder, [](const auto& folder) {
                                  return open_sqlite_journal(folder, {{}, 50, true});
                                }};
const Implementation kPostgres{"postgres", true, [] { return PostgresServer::shared().new_database(); },
                               [](const auto& uri) { return open_postgres_journal(uri); }};
/// A spool before a journal that is always there changes nothing.
const Implementation kSpoolBeforeSqlite{
    "spool_before_sqlite", true, make_folder, [](const std::string& folder) -> Result<std::unique_ptr<Journal>> {
      ASSIGN_OR_RETURN(auto inner, open_sqlite_journal(folder));
      return open_spooling_journal(std::filesystem::path(folder) / "spool", std::move(inner));
    }};
constexpr auto kNameOf = [](const auto& suite) { return suite.param.name; };

INSTANTIATE_TEST_SUITE_P(Stores, JournalContract,
                         testing::Values(kMemory, kSqlite, kSmallRuns, kPostgres, kSpoolBeforeSqlite), kNameOf);
INSTANTIATE_TEST_SUITE_P(Stores, DurableJournalContract,
                         testing::Values(kSqlite, kSmallRuns, kPostgres, kSpoolBeforeSqlite), kNameOf);

}  // namespace
}  // namespace fairlead::store
