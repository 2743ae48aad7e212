#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/sql/connection.h"

namespace fairlead::store::sql {

/// The numbers of names, and of summary places, as one connection has seen them. Both only grow, so what was seen once
/// stays true; a transaction that is rolled back must `forget`.
class NameTable {
 public:
  explicit NameTable(Connection& connection) : connection_(connection) {}

  /// Nothing for a name that is stored nowhere (or after a failure, which the connection remembers).
  std::optional<std::int64_t> find(std::string_view text);
  /// Makes a number where there is none.
  std::int64_t number_of(std::string_view text);
  /// Of a number that a stored row names.
  const std::string& text_of(std::int64_t number);
  void forget();
  /// Of the connection: lookups report no failures of their own.
  Status status() const { return connection_.status(); }

 private:
  void remember(std::int64_t number, std::string text);

  Connection& connection_;
  std::unordered_map<std::int64_t, std::string> texts_;
  std::unordered_map<std::string_view, std::int64_t> numbers_;  ///< Keys are views into `texts_`.
};

}  // namespace fairlead::store::sql
