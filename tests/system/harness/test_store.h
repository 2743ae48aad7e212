#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fairlead::system_test {

enum class StoreKind { kSqlite, kPostgres };

/// Where the servers and commands of one test keep everything: in files of their data folder, or in a new database of
/// the PostgreSQL server that this program starts.
class TestStore {
 public:
  explicit TestStore(StoreKind kind);

  bool on_postgres() const { return !address_.empty(); }
  /// What a command needs besides its data folder: nothing, or `--store postgres://…`.
  std::vector<std::string> arguments() const;
  /// Of its journal: what is stored in one is projected in order.
  std::size_t lanes() const { return on_postgres() ? 16 : 1; }

  // On PostgreSQL alone:
  const std::string& address() const { return address_; }
  /// As a superuser; the first column of the first row, if any.
  std::string sql(const std::string& statements) const;
  /// Gives up what this holds for all that the other one does. Nobody may be connected with either.
  void become_a_copy_of(const TestStore& other) const;

 private:
  std::string address_;  ///< Empty where it is files.
};

}  // namespace fairlead::system_test
