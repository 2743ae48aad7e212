#include "store/backup/deliveries_hash.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "store/backup/testing/journal_worlds.h"
#include "store/memory/memory_store.h"

namespace fairlead::store {
namespace {

std::vector<JournalRow> some_rows() {
  const auto journal = make_memory_journal();
  fill_with_everything(*journal, 1, 50);
  return journal->read(0, 0, SIZE_MAX, SIZE_MAX).value();
}

std::string hash_of(std::span<const JournalRow> rows) {
  DeliveriesHash hash;
  EXPECT_TRUE(hash.deliveries(rows));
  EXPECT_EQ(hash.count(), rows.size());
  return hash.hex();
}

TEST(DeliveriesHash, order_and_positions_do_not_count) {
  std::vector<JournalRow> rows = some_rows();
  const std::string hash = hash_of(rows);
  std::ranges::reverse(rows);
  for (JournalRow& row : rows) row.position = {7, row.position.sequence + 5};
  EXPECT_EQ(hash_of(rows), hash);
}

TEST(DeliveriesHash, everything_else_of_a_delivery_counts) {
  const std::vector<JournalRow> rows = some_rows();
  const std::string hash = hash_of(rows);
  const auto differs = [&](const std::function<void(Delivery&)>& change) {
    std::vector<JournalRow> changed = rows;
    change(changed[20].delivery);
    return hash_of(changed) != hash;
  };
  EXPECT_TRUE(differs([](Delivery& one) { one.source = SourceName("other"); }));
  EXPECT_TRUE(differs([](Delivery& one) { one.origin = Origin("other"); }));
  EXPECT_TRUE(differs([](Delivery& one) { one.id += "x"; }));
  EXPECT_TRUE(differs([](Delivery& one) { ++one.received_at.ms; }));
  EXPECT_TRUE(differs([](Delivery& one) { one.headers.emplace_back("a", "b"); }));
  EXPECT_TRUE(differs([](Delivery& one) { one.body += "x"; }));
  EXPECT_FALSE(differs([](Delivery&) {}));
}

TEST(DeliveriesHash, one_lost_and_another_doubled_is_noticed) {
  std::vector<JournalRow> rows = some_rows();
  const std::string hash = hash_of(rows);
  rows[3] = rows[4];
  EXPECT_NE(hash_of(rows), hash);
  rows.push_back(rows[5]);
  rows.push_back(rows[5]);
  EXPECT_NE(hash_of(rows), hash_of(std::span(rows).first(50)));
}

}  // namespace
}  // namespace fairlead::store
