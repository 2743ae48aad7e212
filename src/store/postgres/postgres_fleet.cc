// Replicas on one PostgreSQL database. A thread keeps the leases; the bell's thread hears of changes.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/hash.h"
#include "base/random.h"
#include "store/fleet.h"
#include "store/postgres/bell.h"
#include "store/postgres/connection.h"
#include "store/postgres/derived_schema.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/turn.h"

namespace fairlead::store {
namespace postgres {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kIdBytes = 16;
constexpr std::chrono::milliseconds kRenewEvery{1'000};
/// A replica that was not heard of for so long is forgotten; until then it is listed as gone by its time.
constexpr Duration kForgetAfter = Duration::seconds(60);
/// Kept for those who come back; as many as their ring holds (limits::kLiveRingEvents) are enough.
constexpr std::uint64_t kNewsKept = 8'192;

#define FAIRLEAD_NOW "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
constexpr std::string_view kSeen =
    "INSERT INTO replicas (id, name, version, started_at, seen_at, derives) "
    "VALUES ($1, $2, $3, " FAIRLEAD_NOW ", " FAIRLEAD_NOW
    ", $4) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, derives = excluded.derives";
constexpr std::string_view kForget = "DELETE FROM replicas WHERE seen_at < " FAIRLEAD_NOW " - $1";
constexpr std::string_view kLeave = "DELETE FROM replicas WHERE id = $1";
constexpr std::string_view kDeriving =
    "SELECT count(*) FROM replicas WHERE derives = 1 AND seen_at > " FAIRLEAD_NOW " - $1";
constexpr std::string_view kExtend =
    "UPDATE leases SET expires_at = " FAIRLEAD_NOW " + $2 WHERE holder = $1 RETURNING part, epoch";
constexpr std::string_view kFree =
    "SELECT part FROM leases WHERE holder IS NULL OR expires_at <= " FAIRLEAD_NOW " ORDER BY part";
constexpr std::string_view kTake =
    "UPDATE leases SET holder = $1, epoch = epoch + 1, expires_at = " FAIRLEAD_NOW
    " + $2 WHERE part = $3 AND (holder IS NULL OR expires_at <= " FAIRLEAD_NOW ") RETURNING epoch";
constexpr std::string_view kGiveBack = "UPDATE leases SET holder = NULL WHERE part = $1 AND holder = $2";
constexpr std::string_view kGiveAllBack = "UPDATE leases SET holder = NULL WHERE holder = $1";

constexpr std::string_view kReplicas =
    "SELECT id, name, version, started_at, seen_at FROM replicas WHERE seen_at > " FAIRLEAD_NOW " - $1 ORDER BY id";
constexpr std::string_view kHolders =
    "SELECT part, holder FROM leases WHERE holder IS NOT NULL AND expires_at > " FAIRLEAD_NOW " ORDER BY part";
#undef FAIRLEAD_NOW

constexpr std::string_view kLastNews = "SELECT last FROM news_end WHERE id = 1";
constexpr std::string_view kLockNews = "SELECT last FROM news_end WHERE id = 1 FOR UPDATE";
constexpr std::string_view kSetLastNews = "UPDATE news_end SET last = $1 WHERE id = 1";
constexpr std::string_view kInsertNews = "INSERT INTO news (id, kind, json) VALUES ($1, $2, $3)";
constexpr std::string_view kTrimNews = "DELETE FROM news WHERE id <= $1";
constexpr std::string_view kNewsAfter = "SELECT id, kind, json FROM news WHERE id > $1 ORDER BY id LIMIT $2";

/// A connection that is made anew when it was lost.
class Session {
 public:
  explicit Session(std::string uri) : uri_(std::move(uri)) {}

  Result<PostgresConnection*> open() {
    if (!connection_ || !connection_->usable()) {
      connection_.reset();
      ConnectOptions options;
      options.statement_time_max = Duration::seconds(30);
      ASSIGN_OR_RETURN(connection_, PostgresConnection::open(uri_, options));
    }
    if (connection_->in_transaction()) connection_->rollback();
    connection_->clear_status();
    return connection_.get();
  }

 private:
  const std::string uri_;
  std::unique_ptr<PostgresConnection> connection_;
};

class PostgresFleet final : public Fleet {
 public:
  PostgresFleet(const std::string& uri, std::string name, std::string version)
      : uri_(uri),
        id_(SystemRandom().bytes(kIdBytes)),
        name_(std::move(name)),
        version_(std::move(version)),
        keeper_session_(uri),
        session_(uri) {}
  ~PostgresFleet() override { stop(); }

  Status migrate_schema() {
    ASSIGN_OR_RETURN(PostgresConnection* const connection, session_.open());
    return migrate(*connection, kDerivedComponent);
  }

  void start(std::function<void()> changed) override {
    changed_ = std::move(changed);
    bell_ = std::make_unique<Bell>(uri_, changed_);
    keeper_ = std::thread([this] { keep(); });
  }
  void stop() override;

  void derive(bool willing) override { willing_ = willing; }
  std::vector<Lease> leases() const override {
    const std::lock_guard lock(mutex_);
    return leases_;
  }
  void ring() override {
    if (bell_) bell_->ring();
  }
  Status publish(std::vector<News> news) override;
  Result<std::vector<News>> news_after(std::uint64_t id, std::size_t limit) override;
  Result<std::uint64_t> last_news() override;
  Result<std::vector<Replica>> replicas() override;

 private:
  void keep();
  Result<std::vector<Lease>> renew();
  Status rebalance(PostgresConnection& connection, std::vector<Lease>& held);
  void hold(std::vector<Lease> held);

  const std::string uri_;
  const std::string id_;
  const std::string name_;
  const std::string version_;
  std::atomic<bool> willing_ = true;
  std::function<void()> changed_;  ///< Constant after start().
  std::unique_ptr<Bell> bell_;     ///< Likewise, until stop().

  Session keeper_session_;  ///< The keeper's alone.

  std::mutex session_mutex_;  ///< Guards session_.
  Session session_;

  mutable std::mutex mutex_;  ///< Guards all below but keeper_.
  std::condition_variable stop_;
  std::vector<Lease> leases_;
  bool stopping_ = false;

  std::thread keeper_;
};

void PostgresFleet::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  stop_.notify_all();
  if (keeper_.joinable()) keeper_.join();
  bell_.reset();
}

void PostgresFleet::keep() {
  auto renewed_at = SteadyClock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    auto held = renew();
    const auto now = SteadyClock::now();
    if (held) {
      renewed_at = now;
      hold(std::move(*held));
    } else if (now - renewed_at >= std::chrono::milliseconds(kLeaseTime.ms)) {
      hold({});  // By now they may be somebody else's.
    }
    lock.lock();
    stop_.wait_for(lock, kRenewEvery, [this] { return stopping_; });
  }
  lock.unlock();
  // Where this fails the leases run out by themselves.
  if (auto connection = keeper_session_.open()) {
    static_cast<void>((*connection)->execute(kGiveAllBack, sql::Blob{id_}));
    static_cast<void>((*connection)->execute(kLeave, sql::Blob{id_}));
  }
  hold({});
  ring();
}

void PostgresFleet::hold(std::vector<Lease> held) {
  std::ranges::sort(held);
  {
    const std::lock_guard lock(mutex_);
    if (leases_ == held) return;
    leases_ = std::move(held);
  }
  if (changed_) changed_();
}

/// Says that this replica lives, and takes or gives back leases until it holds its share.
Result<std::vector<Lease>> PostgresFleet::renew() {
  ASSIGN_OR_RETURN(PostgresConnection* const connection, keeper_session_.open());
  const bool willing = willing_;
  RETURN_IF_ERROR(connection->execute(kSeen, sql::Blob{id_}, name_, version_, std::int64_t{willing}));
  RETURN_IF_ERROR(connection->execute(kForget, kForgetAfter.ms));
  std::vector<Lease> held;
  if (!willing) {
    RETURN_IF_ERROR(connection->execute(kGiveAllBack, sql::Blob{id_}));
    return held;
  }
  sql::Query extended(*connection, kExtend, sql::Blob{id_}, kLeaseTime.ms);
  while (extended.next()) held.push_back({static_cast<std::uint32_t>(extended.integer(0)), extended.number(1)});
  RETURN_IF_ERROR(extended.status());
  RETURN_IF_ERROR(rebalance(*connection, held));
  return held;
}

Status PostgresFleet::rebalance(PostgresConnection& connection, std::vector<Lease>& held) {
  ASSIGN_OR_RETURN(const auto deriving, connection.integer(kDeriving, kLeaseTime.ms));
  const std::size_t replicas = static_cast<std::size_t>(std::max<std::int64_t>(1, deriving.value_or(1)));
  const std::size_t share = (kParts + replicas - 1) / replicas;
  while (held.size() > share) {
    RETURN_IF_ERROR(connection.execute(kGiveBack, held.back().part, sql::Blob{id_}));
    held.pop_back();
  }
  if (held.size() >= share) return {};
  std::vector<std::uint32_t> free;
  sql::Query query(connection, kFree);
  while (query.next()) free.push_back(static_cast<std::uint32_t>(query.integer(0)));
  RETURN_IF_ERROR(query.status());
  if (free.empty()) return {};

  // Whoever writes under a lease has the turn until he has committed; with the turn taken, nobody is in the middle.
  RETURN_IF_ERROR(connection.begin_write());
  RETURN_IF_ERROR(take_turn(connection));
  std::vector<Lease> taken;
  for (const std::uint32_t part : free) {
    if (held.size() + taken.size() >= share) break;
    ASSIGN_OR_RETURN(const auto epoch, connection.integer(kTake, sql::Blob{id_}, kLeaseTime.ms, part));
    if (epoch) taken.push_back({part, static_cast<std::uint64_t>(*epoch)});
  }
  RETURN_IF_ERROR(connection.commit());
  held.insert(held.end(), taken.begin(), taken.end());
  return {};
}

Status PostgresFleet::publish(std::vector<News> news) {
  if (news.empty()) return {};
  {
    const std::lock_guard lock(session_mutex_);
    ASSIGN_OR_RETURN(PostgresConnection* const connection, session_.open());
    RETURN_IF_ERROR(connection->begin_write());
    ASSIGN_OR_RETURN(const auto last, connection->integer(kLockNews));
    auto id = static_cast<std::uint64_t>(last.value_or(0));
    for (const News& one : news) RETURN_IF_ERROR(connection->execute(kInsertNews, ++id, one.kind, one.json));
    RETURN_IF_ERROR(connection->execute(kSetLastNews, id));
    if (id > kNewsKept) RETURN_IF_ERROR(connection->execute(kTrimNews, id - kNewsKept));
    RETURN_IF_ERROR(connection->commit());
  }
  ring();
  return {};
}

Result<std::vector<News>> PostgresFleet::news_after(std::uint64_t id, std::size_t limit) {
  const std::lock_guard lock(session_mutex_);
  ASSIGN_OR_RETURN(PostgresConnection* const connection, session_.open());
  std::vector<News> news;
  sql::Query query(*connection, kNewsAfter, id, static_cast<std::uint64_t>(limit));
  while (query.next()) news.push_back({query.number(0), std::string(query.text(1)), std::string(query.text(2))});
  RETURN_IF_ERROR(query.status());
  return news;
}

Result<std::uint64_t> PostgresFleet::last_news() {
  const std::lock_guard lock(session_mutex_);
  ASSIGN_OR_RETURN(PostgresConnection* const connection, session_.open());
  ASSIGN_OR_RETURN(const auto last, connection->integer(kLastNews));
  return static_cast<std::uint64_t>(last.value_or(0));
}

Result<std::vector<Replica>> PostgresFleet::replicas() {
  const std::lock_guard lock(session_mutex_);
  ASSIGN_OR_RETURN(PostgresConnection* const connection, session_.open());
  std::map<std::string, std::vector<std::uint32_t>> parts;
  sql::Query holders(*connection, kHolders);
  while (holders.next()) {
    parts[std::string(holders.bytes(1))].push_back(static_cast<std::uint32_t>(holders.integer(0)));
  }
  RETURN_IF_ERROR(holders.status());
  std::vector<Replica> replicas;
  sql::Query query(*connection, kReplicas, kLeaseTime.ms);
  while (query.next()) {
    const std::string id(query.bytes(0));
    replicas.push_back({to_hex(id), std::string(query.text(1)), std::string(query.text(2)), query.instant(3),
                        query.instant(4), parts[id], id == id_});
  }
  RETURN_IF_ERROR(query.status());
  return replicas;
}

}  // namespace
}  // namespace postgres

Result<std::unique_ptr<Fleet>> open_postgres_fleet(const std::string& uri, const std::string& name,
                                                   const std::string& version) {
  auto fleet = std::make_unique<postgres::PostgresFleet>(uri, name, version);
  RETURN_IF_ERROR(fleet->migrate_schema());
  return fleet;
}

}  // namespace fairlead::store
