// The journal in PostgreSQL: sixteen lanes, any number of replicas. Every call borrows a connection; what replicas must
// agree upon is agreed upon in the database (append.h), never in memory.

#include "store/postgres/append.h"
#include "store/postgres/connection_pool.h"
#include "store/postgres/journal_check.h"
#include "store/postgres/journal_rows.h"
#include "store/postgres/journal_schema.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/session_rows.h"
#include "store/session_store.h"
#include "store/sql/account_rows.h"

namespace fairlead::store {
namespace postgres {
namespace {

/// Of calls that look up or append rows by key; reading everything lifts it.
constexpr Duration kStatementTimeMax = Duration::seconds(30);

/// Serialises what draws numbers or secrets and is no append. Beside the lock of migrations.
constexpr std::int64_t kAccountsLock = 0x666169726C656165;
constexpr std::string_view kTakeLock = "SELECT pg_advisory_xact_lock($1)";

constexpr std::string_view kLastSequences = "SELECT lane, last_sequence FROM lanes ORDER BY lane";
constexpr std::string_view kLastSequence = "SELECT last_sequence FROM lanes WHERE lane = $1";

class PostgresJournal final : public Journal, public SessionStore {
 public:
  explicit PostgresJournal(std::shared_ptr<ConnectionPool> pool) : pool_(std::move(pool)) {}
  ~PostgresJournal() override { pool_->close(); }

  Status load();

  std::uint32_t lanes() const override { return kLanes; }
  Result<std::vector<Appended>> append(std::span<const Delivery> batch) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return postgres::append(*connection, id_secret_, batch, statements_);
  }

  Result<std::vector<JournalRow>> read(std::uint32_t lane, std::uint64_t after_sequence, std::size_t rows_max,
                                       std::size_t bytes_max) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return read_rows(*connection, lane, after_sequence, rows_max, bytes_max);
  }
  Result<std::optional<JournalRow>> row(JournalPosition position) override;
  Result<std::uint64_t> last_sequence(std::uint32_t lane) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    ASSIGN_OR_RETURN(const auto last, connection->integer(kLastSequence, lane));
    return static_cast<std::uint64_t>(last.value_or(0));
  }

  Result<std::vector<std::uint64_t>> last_sequences() override;

  Status put_token(const TokenRow& token) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return sql::put_token(*connection, token);
  }
  Result<std::optional<TokenRow>> token(std::string_view id) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return sql::find_token(*connection, id);
  }
  Result<std::vector<TokenRow>> tokens() override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return sql::all_tokens(*connection);
  }
  Status put_user(const UserRow& user) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return under_lock(*connection, [&]() -> Status {
      RETURN_IF_ERROR(sql::put_user(*connection, user));
      return delete_sessions_of(*connection, user.name);
    });
  }
  Result<std::optional<UserRow>> user(std::string_view name) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return sql::find_user(*connection, name);
  }
  Result<std::vector<UserRow>> users() override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return sql::all_users(*connection);
  }
  Status remove_user(std::string_view name) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return under_lock(*connection, [&]() -> Status {
      RETURN_IF_ERROR(sql::remove_user(*connection, name));
      return delete_sessions_of(*connection, name);
    });
  }

  SessionStore* sessions() override { return this; }
  Status open_session(const SessionRow& row, const SessionBounds& bounds) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return under_lock(*connection, [&] { return insert_session(*connection, row, bounds); });
  }
  Result<std::optional<SessionRow>> session(std::string_view key) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return find_session(*connection, key);
  }
  Result<std::vector<SessionRow>> all_sessions() override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return read_sessions(*connection);
  }
  Status note_uses(std::span<const SessionUse> uses) override {
    if (uses.empty()) return {};
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return under_lock(*connection, [&] { return write_uses(*connection, uses); });
  }
  Status end_session(std::string_view key) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return delete_session(*connection, key);
  }

  Status append_audit(const AuditRow& row) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return under_lock(*connection, [&] { return sql::append_audit(*connection, row); });
  }
  Result<std::vector<AuditRow>> audit(std::size_t rows_max) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return sql::latest_audit(*connection, rows_max);
  }

  Result<std::uint64_t> verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) override {
    ASSIGN_OR_RETURN(auto connection, pool_->lend());
    return check_journal(*connection, id_secret_, progress);
  }

 private:
  template <class Write>
  static Status under_lock(PostgresConnection& connection, const Write& write);

  const std::shared_ptr<ConnectionPool> pool_;
  std::string id_secret_;                             ///< Constant after load().
  Statements statements_ = Statements::kForAllLanes;  ///< Likewise.
};

/// Runs `write` in a transaction that no other replica's overlaps.
template <class Write>
Status PostgresJournal::under_lock(PostgresConnection& connection, const Write& write) {
  RETURN_IF_ERROR(connection.begin_write());
  Status done = connection.execute(kTakeLock, kAccountsLock);
  if (done) done = write();
  if (done) return connection.commit();
  connection.rollback();
  return done;
}

Status PostgresJournal::load() {
  ASSIGN_OR_RETURN(auto connection, pool_->lend());
  RETURN_IF_ERROR(migrate(*connection, kJournalComponent));
  ASSIGN_OR_RETURN(const bool citus, has_citus(*connection));
  if (citus) statements_ = Statements::kLaneByLane;
  return under_lock(*connection, [&]() -> Status {
    ASSIGN_OR_RETURN(id_secret_, sql::ensure_id_secret(*connection));
    return {};
  });
}

Result<std::vector<std::uint64_t>> PostgresJournal::last_sequences() {
  ASSIGN_OR_RETURN(auto connection, pool_->lend());
  std::vector<std::uint64_t> lasts(kLanes);
  sql::Query query(*connection, kLastSequences);
  while (query.next()) {
    if (query.number(0) < kLanes) lasts[query.number(0)] = query.number(1);
  }
  RETURN_IF_ERROR(query.status());
  return lasts;
}

Result<std::optional<JournalRow>> PostgresJournal::row(JournalPosition position) {
  if (position.sequence == 0) return std::nullopt;
  ASSIGN_OR_RETURN(auto connection, pool_->lend());
  return find_row(*connection, position);
}

}  // namespace
}  // namespace postgres

Result<std::unique_ptr<Journal>> open_postgres_journal(const std::string& uri, const PostgresOptions& options) {
  postgres::ConnectOptions connect;
  connect.statement_time_max = postgres::kStatementTimeMax;
  connect.only_by_index = true;
  auto pool =
      std::make_shared<postgres::ConnectionPool>(uri, connect, postgres::PoolLimits{options.connections_max, {5'000}});
  auto journal = std::make_unique<postgres::PostgresJournal>(std::move(pool));
  RETURN_IF_ERROR(journal->load());
  return journal;
}

}  // namespace fairlead::store
