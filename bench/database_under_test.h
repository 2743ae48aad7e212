#pragma once

#include <cstdint>
#include <string>

#include "store/testing/postgres_server.h"

namespace fairlead::bench {

/// A database that a Fairlead works on: its sizes, and how it is filled faster than through the front door.
class DatabaseUnderTest {
 public:
  explicit DatabaseUnderTest(store::PostgresServer& server)
      : server_(server), address_(server.new_database()), name_(store::PostgresServer::database_of(address_)) {}

  const std::string& address() const { return address_; }

  /// Makes of each service `times - 1` further ones, named SERVICE-1, SERVICE-2, …, that have all that reports and sums
  /// read of services: names, places, facts, sums of their own, and since when something is known of them. Then marks
  /// every day that has facts, so that Fairlead sums all services together anew. No Fairlead may run meanwhile.
  void multiply_services(std::uint64_t times);

  /// Days that are still to be summed.
  std::uint64_t marked_days();
  std::uint64_t rows(const std::string& table);

  std::uint64_t bytes();
  /// Written to the write-ahead log of the whole server since it was made.
  std::uint64_t log_bytes();
  /// Prints the bytes of each group of tables with their indexes, divided by `count` of `what`.
  void print_table_bytes(std::uint64_t count, const std::string& what);

 private:
  std::string sql(const std::string& statements);
  std::uint64_t number(const std::string& query);

  store::PostgresServer& server_;
  const std::string address_;
  const std::string name_;
};

}  // namespace fairlead::bench
