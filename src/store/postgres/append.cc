#include "store/postgres/append.h"

#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "base/hash.h"
#include "model/wire.h"
#include "store/delivery_hash.h"
#include "store/delivery_row.h"
#include "store/postgres/journal_schema.h"

namespace fairlead::store::postgres {
namespace {

using sql::Argument;
using sql::Blob;
using sql::Query;

constexpr std::string_view kLockLanes =
    "SELECT lane, last_sequence FROM lanes WHERE lane = ANY($1::bigint[]) ORDER BY lane FOR UPDATE";
/// A statement of its own, behind the lock: so it sees what whoever had the lock before has committed.
constexpr std::string_view kSelectKnown =
    "SELECT i.hash, i.sequence, i.body FROM unnest($1::bigint[], $2::bytea[]) AS wanted (lane, hash) "
    "JOIN delivery_ids i ON i.lane = wanted.lane AND i.hash = wanted.hash";
/// The same for ids of one lane.
constexpr std::string_view kSelectKnownOfLane =
    "SELECT hash, sequence, body FROM delivery_ids WHERE lane = ANY($1::bigint[]) AND hash = ANY($2::bytea[])";
constexpr std::string_view kInsertDeliveries =
    "INSERT INTO deliveries (lane, sequence, received_at, source, origin, id, headers, encoding, body_bytes, body, "
    "checksum) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], "
    "$7::bytea[], $8::bigint[], $9::bigint[], $10::bytea[], $11::bigint[])";
constexpr std::string_view kInsertIds =
    "INSERT INTO delivery_ids (lane, hash, sequence, body) "
    "SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[])";
constexpr std::string_view kSetLanes =
    "UPDATE lanes SET last_sequence = moved.last FROM unnest($1::bigint[], $2::bigint[]) AS moved (lane, last) "
    "WHERE lanes.lane = moved.lane AND lanes.lane = ANY($1::bigint[])";

/// Deliveries that one statement inserts.
constexpr std::size_t kRowsMax = 1'000;
constexpr std::size_t kBytesMax = 4u * 1024 * 1024;

struct Known {
  std::uint64_t sequence;
  std::uint64_t body;
};

struct HashOf {
  std::size_t operator()(const DeliveryHash& hash) const { return hash.rest; }
};
using KnownIds = std::unordered_map<DeliveryHash, Known, HashOf>;

/// What identifies a delivery of the batch.
struct Offered {
  DeliveryHash hash;
  std::uint32_t lane;
};

/// What is there under the locks of the batch's lanes.
struct Locked {
  std::map<std::uint32_t, std::uint64_t> last_sequences;
  KnownIds known;
};

/// Deliveries that the same statements are about, as places in the batch.
using Group = std::vector<std::size_t>;

/// By ascending lanes, which is the order that locks are taken in.
std::vector<Group> groups_of(std::span<const Offered> batch, Statements statements) {
  std::map<std::uint32_t, Group> by_lane;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    by_lane[statements == Statements::kForAllLanes ? 0 : batch[i].lane].push_back(i);
  }
  std::vector<Group> groups;
  for (auto& [lane, group] : by_lane) groups.push_back(std::move(group));
  return groups;
}

/// What is asked about one group.
struct Wanted {
  std::set<std::uint32_t> lanes_in_order;
  BinaryArray lanes{kBigint}, lane_of_each{kBigint}, hashes{kBytea};
  std::array<Argument, 1> lock_arguments;
  std::array<Argument, 2> known_arguments;

  Wanted(std::span<const Offered> batch, const Group& group, Statements statements) {
    for (const std::size_t i : group) {
      lanes_in_order.insert(batch[i].lane);
      lane_of_each.add(std::uint64_t{batch[i].lane});
      hashes.add(batch[i].hash.bytes());
    }
    for (const std::uint32_t lane : lanes_in_order) lanes.add(std::uint64_t{lane});
    BinaryArray& known_lanes = statements == Statements::kForAllLanes ? lane_of_each : lanes;
    lock_arguments = {Argument(Blob{lanes.bytes()})};
    known_arguments = {Argument(Blob{known_lanes.bytes()}), Argument(Blob{hashes.bytes()})};
  }
  Wanted(const Wanted&) = delete;
  Wanted& operator=(const Wanted&) = delete;
};

Result<Locked> lock(PostgresConnection& connection, std::span<const Offered> batch, std::span<const Group> groups,
                    Statements statements) {
  const std::string_view select_known = statements == Statements::kForAllLanes ? kSelectKnown : kSelectKnownOfLane;
  Locked locked;
  std::deque<Wanted> wanted;
  std::vector<Question> questions;
  std::size_t lanes = 0;
  for (const Group& group : groups) {
    const Wanted& one = wanted.emplace_back(batch, group, statements);
    questions.push_back({kLockLanes, one.lock_arguments});
    questions.push_back({select_known, one.known_arguments});
    lanes += one.lanes_in_order.size();
  }
  ASSIGN_OR_RETURN(const auto answers, connection.ask(questions));

  for (std::size_t i = 0; i < answers.size(); i += 2) {
    for (Query query(*answers[i]); query.next();) {
      locked.last_sequences[static_cast<std::uint32_t>(query.integer(0))] = query.number(1);
    }
    for (Query query(*answers[i + 1]); query.next();) {
      DeliveryHash hash;
      if (query.bytes(0).size() != sizeof hash) continue;
      std::memcpy(&hash, query.bytes(0).data(), sizeof hash);
      locked.known.emplace(hash, Known{query.number(1), query.number(2)});
    }
  }
  if (locked.last_sequences.size() == lanes) return locked;
  return fail(ErrorCode::kCorrupt, "a lane of the journal on {} is missing; restore the database from a backup",
              connection.server());
}

/// New deliveries, gathered into statements of a bounded size.
class NewRows {
 public:
  explicit NewRows(PostgresConnection& connection) : connection_(connection) {}

  Status add(const Delivery& delivery, const DeliveryHash& hash, std::uint64_t body, JournalPosition position) {
    const StoredDelivery row = packer_.pack(delivery, position);
    const std::array<std::int64_t, 6> numbers = {
        row.lane, static_cast<std::int64_t>(row.sequence), row.received_at, row.encoding, row.body_bytes, row.checksum};
    constexpr std::array<std::size_t, 6> kNumbersAt = {0, 1, 2, 7, 8, 10};
    for (std::size_t i = 0; i < numbers.size(); ++i) deliveries_[kNumbersAt[i]].add(numbers[i]);
    const std::array texts = {row.source, row.origin, row.id, row.headers, row.body};
    constexpr std::array<std::size_t, 5> kTextsAt = {3, 4, 5, 6, 9};
    for (std::size_t i = 0; i < texts.size(); ++i) {
      deliveries_[kTextsAt[i]].add(texts[i]);
      bytes_ += texts[i].size();
    }
    ids_[0].add(row.lane);
    ids_[1].add(hash.bytes());
    ids_[2].add(row.sequence);
    ids_[3].add(body);
    if (ids_[0].size() < kRowsMax && bytes_ < kBytesMax) return {};
    return flush();
  }

  Status flush() {
    if (ids_[0].size() == 0) return {};
    RETURN_IF_ERROR(run(kInsertDeliveries, deliveries_));
    bytes_ = 0;
    return run(kInsertIds, ids_);
  }

  /// Of the lanes that have grown.
  Status set_lanes(const std::map<std::uint32_t, std::uint64_t>& last_sequences) {
    if (last_sequences.empty()) return {};
    std::array columns = {BinaryArray(kBigint), BinaryArray(kBigint)};
    for (const auto& [lane, last] : last_sequences) {
      columns[0].add(std::uint64_t{lane});
      columns[1].add(last);
    }
    return run(kSetLanes, columns);
  }

 private:
  template <std::size_t N>
  Status run(std::string_view sql, std::array<BinaryArray, N>& columns) {
    std::array<Argument, N> arguments;
    for (std::size_t i = 0; i < N; ++i) arguments[i] = Argument(Blob{columns[i].bytes()});
    Status done = connection_.run(sql, arguments);
    for (BinaryArray& column : columns) column.clear();
    return done;
  }

  PostgresConnection& connection_;
  DeliveryPacker packer_;
  std::array<BinaryArray, 11> deliveries_ = {BinaryArray(kBigint), BinaryArray(kBigint), BinaryArray(kBigint),
                                             BinaryArray(kBytea),  BinaryArray(kBytea),  BinaryArray(kBytea),
                                             BinaryArray(kBytea),  BinaryArray(kBigint), BinaryArray(kBigint),
                                             BinaryArray(kBytea),  BinaryArray(kBigint)};
  std::array<BinaryArray, 4> ids_ = {BinaryArray(kBigint), BinaryArray(kBytea), BinaryArray(kBigint),
                                     BinaryArray(kBigint)};
  std::size_t bytes_ = 0;
};

/// In the transaction that is open.
Result<std::vector<Appended>> append_all(PostgresConnection& connection, std::span<const Offered> offered,
                                         std::span<const Delivery> batch, Statements statements) {
  const std::vector<Group> groups = groups_of(offered, statements);
  ASSIGN_OR_RETURN(Locked locked, lock(connection, offered, groups, statements));
  std::vector<Appended> outcomes(batch.size());
  NewRows rows(connection);
  for (const Group& group : groups) {
    std::map<std::uint32_t, std::uint64_t> grown;
    for (const std::size_t i : group) {
      const auto& [hash, lane] = offered[i];
      const std::uint64_t body = body_hash(batch[i]);
      const auto [known, is_new] = locked.known.try_emplace(hash, Known{0, body});
      if (!is_new) {
        const bool same = known->second.body == body;
        outcomes[i] = {same ? Appended::Outcome::kDuplicate : Appended::Outcome::kConflict,
                       {lane, known->second.sequence}};
        continue;
      }
      const JournalPosition position{lane, ++locked.last_sequences[lane]};
      known->second.sequence = grown[lane] = position.sequence;
      RETURN_IF_ERROR(rows.add(batch[i], hash, body, position));
      outcomes[i] = {Appended::Outcome::kStored, position};
    }
    RETURN_IF_ERROR(rows.flush());
    RETURN_IF_ERROR(rows.set_lanes(grown));
  }
  return outcomes;
}

}  // namespace

std::uint32_t lane_of(const Delivery& delivery) {
  thread_local std::string bytes;
  bytes.clear();
  wire::Writer writer(bytes);
  writer.text(delivery.origin.text);
  writer.text(delivery.id);
  return static_cast<std::uint32_t>(checksum64(bytes) % kLanes);
}

Result<std::vector<Appended>> append(PostgresConnection& connection, std::string_view id_secret,
                                     std::span<const Delivery> batch, Statements statements) {
  if (batch.empty()) return std::vector<Appended>();
  std::vector<Offered> offered;
  offered.reserve(batch.size());
  for (const Delivery& delivery : batch) {
    offered.push_back({DeliveryHash::of(id_secret, delivery), lane_of(delivery)});
  }
  RETURN_IF_ERROR(connection.begin_write());
  auto outcomes = append_all(connection, offered, batch, statements);
  if (!outcomes) {
    connection.rollback();
    return outcomes;
  }
  // Barrier: after the commit the rows are on stable storage, and a repetition is recognised.
  RETURN_IF_ERROR(connection.commit());
  return outcomes;
}

}  // namespace fairlead::store::postgres
