#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/facts.h"
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

  /// Nothing for a place that is stored nowhere, as for names.
  std::optional<std::int64_t> find_place(const SummaryPlace& place);
  std::int64_t number_of_place(const SummaryPlace& place);
  /// Of a number that a stored row names.
  SummaryPlace place_of(std::int64_t number);

  void forget();
  /// Of the connection: lookups report no failures of their own.
  Status status() const { return connection_.status(); }

 private:
  void remember(std::int64_t number, std::string text);
  void remember_place(std::int64_t number, const SummaryPlace& place);

  Connection& connection_;
  std::unordered_map<std::int64_t, std::string> texts_;
  std::unordered_map<std::string_view, std::int64_t> numbers_;  ///< Keys are views into `texts_`.
  std::map<SummaryPlace, std::int64_t> places_;
  std::unordered_map<std::int64_t, SummaryPlace> place_texts_;
};

}  // namespace fairlead::store::sql
