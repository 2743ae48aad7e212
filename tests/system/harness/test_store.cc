#include "system/harness/test_store.h"

#include <fmt/format.h>

#include "store/testing/postgres_server.h"

namespace fairlead::system_test {

using store::PostgresServer;

TestStore::TestStore(StoreKind kind) {
  if (kind == StoreKind::kPostgres) address_ = PostgresServer::shared().new_database();
}

std::vector<std::string> TestStore::arguments() const {
  if (!on_postgres()) return {};
  return {"--store", address_};
}

std::string TestStore::sql(const std::string& statements) const {
  return PostgresServer::shared().sql(PostgresServer::database_of(address_), statements);
}

void TestStore::become_a_copy_of(const TestStore& other) const {
  const std::string name = PostgresServer::database_of(address_);
  PostgresServer::shared().sql("postgres", "DROP DATABASE " + name);
  PostgresServer::shared().sql(
      "postgres", fmt::format("CREATE DATABASE {} TEMPLATE {}", name, PostgresServer::database_of(other.address_)));
}

}  // namespace fairlead::system_test
