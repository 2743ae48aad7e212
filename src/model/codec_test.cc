#include "model/codec.h"

#include <gtest/gtest.h>

#include <random>

#include "base/hash.h"
#include "model/testing/random_entity.h"

namespace fairlead {
namespace {

using testing::Dice;
using testing::random_entity;

template <class T>
class EveryStoredEntity : public ::testing::Test {};

using EntityTypes = ::testing::Types<Deployment, Change, Commit, Incident, Run, Task, Alert, Canary>;
TYPED_TEST_SUITE(EveryStoredEntity, EntityTypes);

TYPED_TEST(EveryStoredEntity, reads_back_as_it_was) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Dice dice(seed);
    const Entity entity = random_entity<TypeParam>(dice);
    const std::string row = encode(entity);
    const auto decoded = decode_entity(row);
    ASSERT_TRUE(decoded) << "seed " << seed << ": " << decoded.error().message;
    ASSERT_EQ(to_json(*decoded, true), to_json(entity, true)) << "seed " << seed;
    ASSERT_EQ(encode(*decoded), row) << "seed " << seed;
  }
}

TYPED_TEST(EveryStoredEntity, cut_off_rows_are_errors_or_whole_shorter_rows) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Dice dice(seed);
    const std::string row = encode(random_entity<TypeParam>(dice));
    for (std::size_t size = 0; size < row.size(); ++size) {
      const auto decoded = decode_entity(std::string_view(row).substr(0, size));
      if (!decoded) {
        EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
      } else {
        // Cut between two fields: what is left is a row of its own.
        ASSERT_LE(encode(*decoded).size(), size) << "seed " << seed << ", size " << size;
      }
    }
  }
}

TYPED_TEST(EveryStoredEntity, damaged_rows_never_do_worse_than_fail) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Dice dice(seed);
    std::string row = encode(random_entity<TypeParam>(dice));
    for (int damage = 0; damage < 10; ++damage) {
      row[static_cast<std::size_t>(dice.roll(static_cast<std::int64_t>(row.size())))] =
          static_cast<char>(dice.roll(256));
      const auto decoded = decode_entity(row);
      if (decoded) {
        ASSERT_FALSE(to_json(*decoded, true).empty());
        // Whatever was understood is an entity that can be stored again.
        ASSERT_TRUE(decode_entity(encode(*decoded))) << "seed " << seed;
      }
    }
  }
}

Deployment small_deployment() {
  Deployment deployment;
  deployment.identity = {Origin{"events"}, "d-1"};
  const Stamp stamp{2, {1'767'607'200'000}};
  deployment.service = {stamp, ServiceName{"api"}};
  deployment.commits = {stamp, {{RepositoryName{"github.com/acme/api"}, CommitSha{"1f3"}}}};
  deployment.status = {stamp, {RunStatus::kSuccess, Instant{1'767'607'200'000}}};
  deployment.kind = {{2, {1'767'607'200'001}}, DeploymentKind::kHotfix};
  return deployment;
}

// Rows that were stored stay readable: these are the bytes of docs/formats.md and never change.
TEST(StoredRow, has_the_documented_bytes) {
  EXPECT_EQ(to_hex(encode(Entity{small_deployment()})),
            "0103"  // format 1, a deployment
            "066576656e7473"
            "03642d31"        // origin `events`, id `d-1`
            "0480a4cbd9f166"  // the row's stamp: rank 2, 2026-01-05T10:00:00Z
            "0105"
            "00"
            "03617069"  // service: the row's stamp, `api`
            "051a"
            "00"
            "01"
            "136769746875622e636f6d2f61636d652f617069"
            "03316633"  // commits: one
            "0609"
            "00"
            "03"
            "01"
            "80a4cbd9f166"  // status: success, at
            "0a09"
            "01"
            "0482a4cbd9f166"
            "02"  // kind: a stamp of its own, hotfix
  );
}

TEST(StoredRow, an_unknown_field_is_passed_over) {
  std::string row = encode(Entity{small_deployment()});
  row += std::string("\x63\x04", 2) + "\xde\xad\xbe\xef";  // tag 99, four bytes
  const auto decoded = decode_entity(row);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(to_json(*decoded, true), to_json(Entity{small_deployment()}, true));
}

TEST(StoredRow, most_registers_share_the_stamp_of_the_row) {
  fairlead::Run run;
  run.identity = {Origin{"github.com"}, "4711"};
  const Stamp stamp{1, {1'767'607'200'000}};
  run.branch = {stamp, "main"};
  const std::size_t with_one = encode(Entity{run}).size();
  run.actor = {stamp, "kim"};
  EXPECT_EQ(encode(Entity{run}).size() - with_one, 2 + 1 + 1 + 3u);  // tag, length, stamp form, text
}

TEST(StoredRow, what_is_no_row_is_an_error) {
  const std::string good = encode(Entity{small_deployment()});
  const auto with_byte = [&](std::size_t at, char byte) {
    std::string row = good;
    row[at] = byte;
    return row;
  };
  const std::string hostile[] = {
      "",
      with_byte(0, 0),                                                      // format
      with_byte(0, 2),                                                      //
      with_byte(1, 0),                                                      // kind
      with_byte(1, 9),                                                      // a kind without rows
      with_byte(1, '\xff'),                                                 //
      std::string("\x01\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 12),  // a length of more than 64 bits
      std::string("\x01\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12),  // a length beyond the row
      good + good.substr(good.size() - 5),                                  // a field twice
      good + std::string("\x05\x03\x00\xff\x7f", 5),                        // tags that go backwards
      good + std::string("\x0f\x03\x00\x01\x01", 5),                        // a bool and one byte more
      good + std::string("\x0f\x02\x00\x02", 4),                            // a bool of 2
      good + std::string("\x0f\x02\x07\x01", 4),                            // an unknown form of stamp
      good + std::string("\x0d\x02\x00\x04", 4),                            // an unknown enum value
      good + std::string("\x0f\x01\x00", 3),                                // a field without a value
      good + std::string("\x0f\x00", 2),                                    // an empty field
      good + std::string("\x0f", 1),                                        // a tag without a length
      good + std::string("\x00\x00", 2),                                    // tag 0
  };
  for (const std::string& row : hostile) {
    const auto decoded = decode_entity(row);
    ASSERT_FALSE(decoded) << to_hex(row);
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
  }
}

TEST(StoredRow, a_huge_count_reserves_nothing) {
  Deployment deployment;
  deployment.identity = {Origin{"events"}, "d-1"};
  std::string row = encode(Entity{deployment});
  row += std::string("\x05\x07\x00\xff\xff\xff\xff\xff\x07", 9);  // commits: 2^38 of them in no bytes
  EXPECT_FALSE(decode_entity(row));
}

TEST(EntityJson, is_sorted_and_canonical) {
  EXPECT_EQ(
      to_json(Entity{small_deployment()}, false),
      R"({"commits":[{"repository":"github.com/acme/api","sha":"1f3"}],"id":"d-1","key":"a02c019e783cfb7e80bd14894ae405d6",)"
      R"("kind":"hotfix","origin":"events","service":"api","status":"success",)"
      R"("status_at":"2026-01-05T10:00:00Z","type":"deployment"})");
}

TEST(EntityJson, stamps_come_only_when_asked_for) {
  EXPECT_EQ(to_json(Entity{small_deployment()}, false).find("stamps"), std::string::npos);
  EXPECT_NE(to_json(Entity{small_deployment()}, true)
                .find(R"("stamps":{"commits":[2,"2026-01-05T10:00:00Z"],"kind":[2,"2026-01-05T10:00:00.001Z"],)"),
            std::string::npos);
}

TEST(EntityJson, a_known_absence_is_null_and_an_unknown_one_is_left_out) {
  Incident incident;
  incident.identity = {Origin{"events"}, "i-1"};
  incident.resolved_at = {{0, {1}}, std::nullopt};
  const std::string json = to_json(Entity{incident}, false);
  EXPECT_NE(json.find(R"("resolved_at":null)"), std::string::npos) << json;
  EXPECT_EQ(json.find("acknowledged_at"), std::string::npos) << json;
}

}  // namespace
}  // namespace fairlead
