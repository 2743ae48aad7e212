#include "store/postgres/binary_values.h"

#include <gtest/gtest.h>

#include <limits>

#include "store/postgres/insert_text.h"
#include "store/postgres/select_text.h"

namespace fairlead::store::postgres {
namespace {

std::string_view view(const BinaryInteger& bytes) {
  return {bytes.data(), bytes.size()};
}

TEST(BinaryValues, integers_of_every_width_come_back) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{1} << 40,
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(integer_of(view(binary_integer(value)), kBigint), value);
  }
  using namespace std::string_view_literals;
  EXPECT_EQ(integer_of("\xff\xff\xff\xfe"sv, 23), -2);
  EXPECT_EQ(integer_of("\x01\x00"sv, 21), 256);
  EXPECT_EQ(integer_of("\xff\xff"sv, 21), -1);
  EXPECT_EQ(integer_of("\x01"sv, kBoolean), 1);
  EXPECT_EQ(integer_of("abc", kBytea), std::nullopt);
  EXPECT_EQ(integer_of("", kBytea), std::nullopt);
}

TEST(BinaryValues, sums_are_read_as_long_as_they_are_whole_and_fit) {
  using namespace std::string_view_literals;
  EXPECT_EQ(integer_of("\0\0\0\0\0\0\0\0"sv, kNumeric), 0);
  EXPECT_EQ(integer_of("\0\1\0\0\x40\0\0\0\0\x07"sv, kNumeric), -7);
  EXPECT_EQ(integer_of("\0\1\0\1\0\0\0\0\0\x02"sv, kNumeric), 20'000) << "trailing zeros are not sent";
  EXPECT_EQ(integer_of("\0\2\0\0\0\0\0\1\0\x02\x03\xe8"sv, kNumeric), std::nullopt) << "2.1";
  EXPECT_EQ(integer_of("\0\0\0\0\xc0\0\0\0"sv, kNumeric), std::nullopt) << "NaN";
  EXPECT_EQ(integer_of("\0\1\0\x09\0\0\0\0\0\x01"sv, kNumeric), std::nullopt) << "10^36";
  EXPECT_EQ(integer_of("\0\1"sv, kNumeric), std::nullopt);
}

TEST(InsertText, is_understood_where_rows_can_be_gathered) {
  const auto plain = insert_text("INSERT INTO t (a, b)\n  VALUES ($1, $2)");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->table, "t");
  EXPECT_EQ(plain->width, 2u);
  EXPECT_TRUE(plain->key.empty());
  EXPECT_EQ(insert_of_many(*plain, {kBigint, kBytea}),
            "INSERT INTO t (a, b) SELECT * FROM unnest($1::bigint[], $2::bytea[]) ");
  EXPECT_FALSE(insert_of_many(*plain, {kBigint, 25})) << "a type that is none of ours";

  const auto update =
      insert_text("INSERT INTO t (a, b, c) VALUES ($1, $2, $3) ON CONFLICT (c, a) DO UPDATE SET b = excluded.b");
  ASSERT_TRUE(update);
  EXPECT_EQ(update->key, (std::vector<std::size_t>{2, 0}));
  EXPECT_EQ(update->rest, "ON CONFLICT (c, a) DO UPDATE SET b = excluded.b");
  EXPECT_TRUE(insert_text("INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING"));
  EXPECT_TRUE(insert_text("INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO NOTHING"));
}

TEST(InsertText, anything_else_goes_row_by_row) {
  for (const std::string_view sql :
       {"SELECT 1", "UPDATE t SET a = $1", "INSERT INTO t VALUES ($1)", "INSERT INTO t (a) VALUES (1)",
        "INSERT INTO t (a, b) VALUES ($2, $1)", "INSERT INTO t (a, b) VALUES ($1, $1)",
        "INSERT INTO t (a) VALUES ($1), ($2)", "INSERT INTO t (a) VALUES ($1) RETURNING a",
        "INSERT INTO t (a, b) VALUES ($1, $2 + 1)", "INSERT INTO t (a) VALUES ($1) ON CONFLICT (b) DO UPDATE SET a = 1",
        "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = $1",
        "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = (SELECT max(a) FROM t)",
        "INSERT INTO t (a) SELECT $1", "INSERT INTO t (a) VALUES ($1", "INSERT INTO t (a, ) VALUES ($1)", "INSERT"}) {
    EXPECT_FALSE(insert_text(sql)) << sql;
  }
}

TEST(SelectText, is_asked_for_many_sets_of_parameters_at_once) {
  EXPECT_EQ(
      select_for_many("SELECT a FROM t WHERE b = $1 AND c > $2 ORDER BY a LIMIT 1", {kBytea, kBigint}),
      "SELECT given.place, found.* FROM unnest($1::bytea[], $2::bigint[]) WITH ORDINALITY AS given (p1, p2, place) "
      "CROSS JOIN LATERAL (SELECT a FROM t WHERE b = given.p1 AND c > given.p2 ORDER BY a LIMIT 1) AS found");
  EXPECT_FALSE(select_for_many("INSERT INTO t (a) VALUES ($1) RETURNING a", {kBigint}));
  EXPECT_FALSE(select_for_many("SELECT a FROM t WHERE a = $1 FOR UPDATE", {kBigint}));
  EXPECT_FALSE(select_for_many("SELECT a FROM t WHERE a = $1", {25}));
  EXPECT_FALSE(select_for_many("SELECT 1", {}));
}

TEST(InsertText, tables_are_found_as_whole_words) {
  EXPECT_TRUE(mentions("DELETE FROM t WHERE a = 1", "t"));
  EXPECT_TRUE(mentions("DELETE FROM t", "t"));
  EXPECT_TRUE(mentions("DELETE FROM entities WHERE EXISTS (SELECT 1 FROM keys)", "keys"));
  EXPECT_FALSE(mentions("DELETE FROM the_table", "t"));
  EXPECT_FALSE(mentions("DELETE FROM monkeys", "keys"));
  EXPECT_FALSE(mentions("DELETE FROM keys_of", "keys"));
}

}  // namespace
}  // namespace fairlead::store::postgres
