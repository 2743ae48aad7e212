#pragma once

// What the driver must know of a statement's text to gather single inserts into one.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres/binary_values.h"

namespace fairlead::store::postgres {

/// `INSERT INTO table (columns) VALUES ($1, …, $n) rest`, with each $ once, in order, and nothing to be returned.
struct InsertText {
  std::string_view table;
  std::string_view columns;  ///< As written, without the parentheses.
  std::size_t width = 0;
  /// `ON CONFLICT …`, or nothing.
  std::string_view rest;
  /// Which of the columns tell whether two rows are one, where the rest changes a row that is there: PostgreSQL refuses
  /// to change one twice in a statement.
  std::vector<std::size_t> key;
};

/// Nothing where the text is not of that form.
std::optional<InsertText> insert_text(std::string_view sql);

/// The same for many rows, whose columns come as arrays: $1 holds the first of all rows. Nothing where a parameter is
/// neither BIGINT nor BYTEA.
std::optional<std::string> insert_of_many(const InsertText& insert, const std::vector<TypeNumber>& parameters);

/// Whether `word` stands in `sql` as a whole word.
bool mentions(std::string_view sql, std::string_view word);

}  // namespace fairlead::store::postgres
