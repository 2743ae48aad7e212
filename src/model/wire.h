#pragma once

// The primitives of stored rows (docs/formats.md): variable-length integers and length-prefixed text. Private to the
// codec.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace fairlead::wire {

/// Appends to a string.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  /// Seven bits per byte, the lowest first; the top bit says that more follow.
  void number(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  /// Small magnitudes of either sign stay short: 0, -1, 1, -2 become 0, 1, 2, 3.
  void integer(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void time(Instant at) { integer(at.ms); }
  void text(std::string_view value) {
    number(value.size());
    out_.append(value);
  }
  void raw(std::string_view bytes) { out_.append(bytes); }

 private:
  std::string& out_;
};

/// Reads what a Writer wrote, from bytes that may be damaged: a failed read returns a zero value, sets `failed()` and
/// leaves nothing more to read, so that callers check once at the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t remaining() const { return rest_.size(); }

  std::uint8_t byte() {
    if (rest_.empty()) return fail_with<std::uint8_t>();
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < rest_.size() && i < 10; ++i) {
      const auto byte = static_cast<std::uint8_t>(rest_[i]);
      if (i == 9 && byte > 1) break;  // more than 64 bits
      value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
      if (byte < 0x80) {
        rest_.remove_prefix(i + 1);
        return value;
      }
    }
    return fail_with<std::uint64_t>();
  }

  std::int64_t integer() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }

  Instant time() { return {integer()}; }

  /// How many items follow. Each takes at least one byte, so a count can never make a reader reserve more than it has.
  std::size_t count() {
    const std::uint64_t value = number();
    return value <= rest_.size() ? static_cast<std::size_t>(value) : fail_with<std::size_t>();
  }

  std::string_view text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) return fail_with<std::string_view>();
    return take(static_cast<std::size_t>(size));
  }

  std::string_view everything() { return take(rest_.size()); }

  void fail() {
    failed_ = true;
    rest_ = {};
  }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  template <class T>
  T fail_with() {
    fail();
    return T{};
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace fairlead::wire
