#include "store/postgres/connection_pool.h"

#include <chrono>

namespace fairlead::store::postgres {

Result<ConnectionPool::Loan> ConnectionPool::lend() {
  while (true) {
    ASSIGN_OR_RETURN(auto idle, take_place());
    if (!idle) break;
    if (idle->usable()) return Loan(shared_from_this(), std::move(idle));
    idle.reset();
    free_place();
  }
  auto connection = PostgresConnection::open(uri_, options_);
  if (connection) return Loan(shared_from_this(), std::move(*connection));
  free_place();
  return std::unexpected(std::move(connection.error()));
}

/// The place of an idle connection with it, or else one for a new connection.
Result<std::unique_ptr<PostgresConnection>> ConnectionPool::take_place() {
  std::unique_lock lock(mutex_);
  const auto possible = [&] { return closed_ || !idle_.empty() || places_taken_ < limits_.connections_max; };
  if (!returned_.wait_for(lock, std::chrono::milliseconds(limits_.wait_max.ms), possible)) {
    return fail(ErrorCode::kUnavailable,
                "all {} connections to PostgreSQL are in use and none came back within {} s; look at its load",
                limits_.connections_max, limits_.wait_max.as_seconds());
  }
  if (closed_) return fail(ErrorCode::kUnavailable, "the store is closing");
  if (idle_.empty()) {
    ++places_taken_;
    return nullptr;
  }
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void ConnectionPool::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  places_taken_ -= idle_.size();
  idle_.clear();
  returned_.notify_all();
}

void ConnectionPool::give_back(std::unique_ptr<PostgresConnection> connection) {
  if (connection->in_transaction()) connection->rollback();
  connection->clear_status();
  const std::lock_guard lock(mutex_);
  if (closed_) {
    --places_taken_;
    return;
  }
  idle_.push_back(std::move(connection));
  returned_.notify_one();
}

void ConnectionPool::free_place() {
  const std::lock_guard lock(mutex_);
  --places_taken_;
  returned_.notify_one();
}

}  // namespace fairlead::store::postgres
