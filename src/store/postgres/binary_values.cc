#include "store/postgres/binary_values.h"

#include <limits>

namespace fairlead::store::postgres {
namespace {

/// Dimensions, whether there are NULLs, the element's type, the length, the first index.
constexpr std::size_t kArrayHeaderBytes = 5 * sizeof(std::uint32_t);

std::uint64_t unsigned_of(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

void put_number(char* at, std::uint32_t number) {
  for (int i = 3; i >= 0; --i, number >>= 8) at[i] = static_cast<char>(number & 0xff);
}

/// Digits in base 10,000: their number, the weight of the first, the sign, the scale, then the digits.
std::optional<std::int64_t> whole_numeric(std::string_view bytes) {
  constexpr std::uint64_t kBase = 10'000;
  constexpr std::uint64_t kNegative = 0x4000;
  constexpr std::size_t kHeaderBytes = 8;
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  const auto field = [&](std::size_t index) { return unsigned_of(bytes.substr(2 * index, 2)); };
  const std::size_t digits = field(0);
  const auto weight = static_cast<std::int16_t>(field(1));
  const std::uint64_t sign = field(2);
  if (bytes.size() != kHeaderBytes + 2 * digits || (sign != 0 && sign != kNegative)) return std::nullopt;
  if (digits == 0) return 0;
  // Digits behind the point make no whole number; trailing zeros before it are not sent.
  if (weight < 0 || digits > static_cast<std::size_t>(weight) + 1) return std::nullopt;
  std::int64_t value = 0;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(weight); ++i) {
    const auto digit = static_cast<std::int64_t>(i < digits ? field(4 + i) : 0);
    if (__builtin_mul_overflow(value, kBase, &value)) return std::nullopt;
    // Below zero all the way, so that the least number fits.
    if (__builtin_sub_overflow(value, digit, &value)) return std::nullopt;
  }
  if (sign == kNegative) return value;
  if (value == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return -value;
}

}  // namespace

BinaryInteger binary_integer(std::int64_t value) {
  BinaryInteger bytes;
  auto rest = static_cast<std::uint64_t>(value);
  for (std::size_t i = bytes.size(); i-- > 0; rest >>= 8) bytes[i] = static_cast<char>(rest & 0xff);
  return bytes;
}

std::optional<std::int64_t> integer_of(std::string_view bytes, TypeNumber type) {
  if (type == kNumeric) return whole_numeric(bytes);
  switch (bytes.size()) {
    case 1:
      return static_cast<std::uint8_t>(bytes[0]);
    case 2:
      return static_cast<std::int16_t>(unsigned_of(bytes));
    case 4:
      return static_cast<std::int32_t>(unsigned_of(bytes));
    case 8:
      return static_cast<std::int64_t>(unsigned_of(bytes));
    default:
      return std::nullopt;
  }
}

BinaryArray::BinaryArray(TypeNumber type) : type_(type) {
  clear();
}

void BinaryArray::clear() {
  bytes_.assign(kArrayHeaderBytes, '\0');
  size_ = 0;
  has_nulls_ = false;
}

void BinaryArray::append_number(std::uint32_t number) {
  bytes_.append(sizeof number, '\0');
  put_number(bytes_.data() + bytes_.size() - sizeof number, number);
}

void BinaryArray::add(std::int64_t value) {
  const BinaryInteger bytes = binary_integer(value);
  add(std::string_view(bytes.data(), bytes.size()));
}

void BinaryArray::add(std::string_view bytes) {
  append_number(static_cast<std::uint32_t>(bytes.size()));
  bytes_ += bytes;
  ++size_;
}

void BinaryArray::add_null() {
  append_number(std::numeric_limits<std::uint32_t>::max());
  has_nulls_ = true;
  ++size_;
}

std::string_view BinaryArray::bytes() {
  char* header = bytes_.data();
  put_number(header, 1);
  put_number(header + 4, has_nulls_ ? 1 : 0);
  put_number(header + 8, type_);
  put_number(header + 12, size_);
  put_number(header + 16, 1);
  return bytes_;
}

}  // namespace fairlead::store::postgres
