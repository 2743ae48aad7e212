#pragma once

// PostgreSQL's binary forms of the few types that Fairlead uses: BIGINT, BYTEA and arrays of them
// (backend/utils/adt: int8send, byteasend, array_send, numeric_send). Numbers stand with the highest byte first.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::store::postgres {

/// A type's number in the server's catalogue. These never change.
using TypeNumber = unsigned int;
inline constexpr TypeNumber kBoolean = 16;
inline constexpr TypeNumber kBytea = 17;
inline constexpr TypeNumber kBigint = 20;
inline constexpr TypeNumber kNumeric = 1700;

using BinaryInteger = std::array<char, 8>;
BinaryInteger binary_integer(std::int64_t value);

/// A whole number of any width: SMALLINT, INTEGER, BIGINT, BOOLEAN, or the NUMERIC that sum() makes. Nothing where
/// `bytes` is no such number.
std::optional<std::int64_t> integer_of(std::string_view bytes, TypeNumber type);

/// An array with one dimension, for `unnest($1::bigint[])`: bound as bytes.
class BinaryArray {
 public:
  explicit BinaryArray(TypeNumber type);

  void add(std::int64_t value);
  void add(std::uint64_t value) { add(static_cast<std::int64_t>(value)); }
  void add(std::string_view bytes);
  void add_null();

  std::size_t size() const { return size_; }
  void clear();
  /// Lives until the next change.
  std::string_view bytes();

 private:
  void append_number(std::uint32_t number);

  const TypeNumber type_;
  std::string bytes_;
  std::uint32_t size_ = 0;
  bool has_nulls_ = false;
};

}  // namespace fairlead::store::postgres
