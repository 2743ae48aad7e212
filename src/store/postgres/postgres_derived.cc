// The derived state in PostgreSQL. Readers are snapshots on borrowed connections. Writers take turns, across all
// replicas: each holds one lock until its commit, so that what one statement of a transaction has seen still
// stands at the next (invariant I10), and rows of `edges` become visible in the order of their numbers.

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "store/postgres/connection_pool.h"
#include "store/postgres/derived_schema.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/turn.h"
#include "store/sql/derived_writer.h"

namespace fairlead::store {
namespace postgres {
namespace {

/// A crash of the server may take the newest transactions, never half of one; the projector then goes on from the older
/// position. What the journal has acknowledged does not depend on it.
const std::string kSettings = "SET synchronous_commit = off";

constexpr std::string_view kEpochs = "SELECT part, epoch FROM leases";

constexpr std::string_view kLivingReplicas =
    "SELECT count(*) FROM replicas WHERE seen_at > (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1";
constexpr std::string_view kTakeAllLeases =
    "UPDATE leases SET epoch = epoch + 1, holder = NULL WHERE holder IS NOT NULL";

/// Names, keys and places keep their numbers.
const std::string kEmpty =
    "TRUNCATE positions, settings, counters, outcomes, outcome_counts, entities, mentions, service_counts, "
    "environment_counts, edges, service_marks, day_marks, streams, shipped, missing, evidence, facts, fact_owners, "
    "summary_counts, summary_bins, summary_values, known_since";

class Reader final : public sql::View {
 public:
  explicit Reader(ConnectionPool::Loan loan) : Reader(std::make_unique<State>(std::move(loan))) {}
  ~Reader() override {
    if (begun_) static_cast<void>(state_->loan->commit());
  }

  Status begin() {
    RETURN_IF_ERROR(state_->loan->begin_read());
    begun_ = true;
    return {};
  }

 private:
  struct State {
    explicit State(ConnectionPool::Loan lent) : loan(std::move(lent)), names(*loan) {}
    ConnectionPool::Loan loan;
    sql::NameTable names;
  };
  explicit Reader(std::unique_ptr<State> state) : View(*state->loan, state->names), state_(std::move(state)) {}

  std::unique_ptr<State> state_;
  bool begun_ = false;
};

/// With the turn taken: whoever writes without leases takes those of replicas that seem dead, because a replica that
/// only stood still would rely on what it remembers. One that starts now takes its leases after this transaction.
Status take_all_leases(PostgresConnection& connection) {
  ASSIGN_OR_RETURN(const auto living, connection.integer(kLivingReplicas, Fleet::kLeaseTime.ms));
  if (living == 0) return connection.execute(kTakeAllLeases);
  return fail(ErrorCode::kConflict, "{} replicas derive on this database, and nobody else may: stop all of them first",
              *living);
}

class PostgresDerived final : public Derived {
 public:
  PostgresDerived(std::string uri, const ConnectOptions& options, std::shared_ptr<ConnectionPool> readers)
      : uri_(std::move(uri)), options_(options), readers_(std::move(readers)) {}
  ~PostgresDerived() override { readers_->close(); }

  Result<std::unique_ptr<DerivedReader>> read() override {
    ASSIGN_OR_RETURN(auto loan, readers_->lend());
    auto reader = std::make_unique<Reader>(std::move(loan));
    RETURN_IF_ERROR(reader->begin());
    return reader;
  }

  Result<std::unique_ptr<DerivedWriter>> write() override { return begin_write(std::nullopt); }
  Result<std::unique_ptr<DerivedWriter>> write_under(std::span<const Lease> leases) override {
    return begin_write(leases);
  }

 private:
  /// Without leases: alone.
  Result<std::unique_ptr<DerivedWriter>> begin_write(std::optional<std::span<const Lease>> leases) {
    {
      const std::lock_guard lock(mutex_);
      if (writing_) return fail(ErrorCode::kUnavailable, "another write transaction is open");
      writing_ = true;
    }
    if (auto opened = open_session(); !opened) {
      end_write();
      return std::unexpected(std::move(opened).error());
    }
    auto writer = std::make_unique<sql::Writer>(*session_->connection, session_->names, [this] { end_write(); });
    RETURN_IF_ERROR(writer->begin());
    RETURN_IF_ERROR(take_turn(*session_->connection));
    RETURN_IF_ERROR(leases ? check(*leases) : take_all_leases(*session_->connection));
    return writer;
  }

  /// With the turn taken: until the commit no lease changes hands.
  Status check(std::span<const Lease> leases) {
    if (leases.empty()) return {};
    std::map<std::uint32_t, std::uint64_t> epochs;
    sql::Query query(*session_->connection, kEpochs);
    while (query.next()) epochs[static_cast<std::uint32_t>(query.integer(0))] = query.number(1);
    RETURN_IF_ERROR(query.status());
    for (const Lease& lease : leases) {
      if (epochs[lease.part] == lease.epoch) continue;
      return fail(ErrorCode::kConflict, "part {} of the derived state belongs to another replica now", lease.part);
    }
    return {};
  }

  /// The writing connection, and the names that were seen on it.
  struct Session {
    explicit Session(std::unique_ptr<PostgresConnection> opened) : connection(std::move(opened)), names(*connection) {}
    std::unique_ptr<PostgresConnection> connection;
    sql::NameTable names;
  };

  Status open_session() {
    if (session_ && session_->connection->usable()) return {};
    session_.reset();
    ASSIGN_OR_RETURN(auto connection, PostgresConnection::open(uri_, options_));
    RETURN_IF_ERROR(connection->run_script(kSettings));
    session_ = std::make_unique<Session>(std::move(connection));
    return {};
  }

  void end_write() {
    const std::lock_guard lock(mutex_);
    writing_ = false;
  }

  const std::string uri_;
  const ConnectOptions options_;
  const std::shared_ptr<ConnectionPool> readers_;
  std::unique_ptr<Session> session_;  ///< The open writer's alone.
  std::mutex mutex_;                  ///< Guards everything below.
  bool writing_ = false;
};

}  // namespace
}  // namespace postgres

Result<std::unique_ptr<Derived>> open_postgres_derived(const std::string& uri, const PostgresOptions& options) {
  postgres::ConnectOptions connect;
  connect.only_by_index = true;
  auto readers =
      std::make_shared<postgres::ConnectionPool>(uri, connect, postgres::PoolLimits{options.connections_max, {5'000}});
  {
    ASSIGN_OR_RETURN(auto connection, readers->lend());
    RETURN_IF_ERROR(migrate(*connection, postgres::kDerivedComponent));
  }
  return std::make_unique<postgres::PostgresDerived>(uri, connect, std::move(readers));
}

Status empty_postgres_derived(const std::string& uri) {
  ASSIGN_OR_RETURN(const auto connection, postgres::PostgresConnection::open(uri, {}));
  RETURN_IF_ERROR(migrate(*connection, postgres::kDerivedComponent));
  RETURN_IF_ERROR(connection->begin_write());
  RETURN_IF_ERROR(postgres::take_turn(*connection));
  RETURN_IF_ERROR(postgres::take_all_leases(*connection));
  RETURN_IF_ERROR(connection->run_script(postgres::kEmpty));
  return connection->commit();
}

}  // namespace fairlead::store
