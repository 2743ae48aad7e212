#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/postgres/connection.h"

namespace fairlead::store::postgres {

struct PoolLimits {
  std::size_t connections_max = 8;
  /// How long `lend` waits for one of them to come back.
  Duration wait_max = Duration::seconds(5);
};

/// Connections to one database, made when all others are lent, kept for reuse. Thread-safe.
class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
 public:
  ConnectionPool(std::string uri, const ConnectOptions& options, PoolLimits limits)
      : uri_(std::move(uri)), options_(options), limits_(limits) {}

  /// A connection on loan; goes back when destroyed, and what it has not committed is rolled back.
  class Loan {
   public:
    Loan(std::shared_ptr<ConnectionPool> pool, std::unique_ptr<PostgresConnection> connection)
        : pool_(std::move(pool)), connection_(std::move(connection)) {}
    Loan(Loan&&) = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (connection_) pool_->give_back(std::move(connection_));
    }
    PostgresConnection& operator*() const { return *connection_; }
    PostgresConnection* operator->() const { return connection_.get(); }

   private:
    std::shared_ptr<ConnectionPool> pool_;
    std::unique_ptr<PostgresConnection> connection_;
  };

  /// kUnavailable: no connection could be made, or all are lent and none came back in time. One that the server has
  /// closed meanwhile is replaced.
  Result<Loan> lend();
  /// Closes the idle connections, and refuses from here on; those on loan close when they come back.
  void close();

 private:
  Result<std::unique_ptr<PostgresConnection>> take_place();
  void give_back(std::unique_ptr<PostgresConnection> connection);
  void free_place();

  const std::string uri_;
  const ConnectOptions options_;
  const PoolLimits limits_;

  std::mutex mutex_;  ///< Guards everything below.
  std::condition_variable returned_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t places_taken_ = 0;  ///< By connections that are idle, lent or being made.
  bool closed_ = false;
};

}  // namespace fairlead::store::postgres
