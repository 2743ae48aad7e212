#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/keys.h"
#include "model/names.h"

namespace fairlead::store::sql {

/// Bytes, as opposed to text.
struct Blob {
  std::string_view bytes;
};

/// What is bound to one $n: an integer, text, bytes or NULL. Text and bytes are views: what they point at must live
/// through the call that takes the argument.
class Argument {
 public:
  enum class Kind : std::uint8_t { kNull, kInteger, kText, kBytes };

  Argument() = default;
  explicit Argument(std::nullptr_t) {}
  explicit Argument(std::int64_t value) : kind_(Kind::kInteger), integer_(value) {}
  explicit Argument(std::uint64_t value) : Argument(static_cast<std::int64_t>(value)) {}
  explicit Argument(std::int32_t value) : Argument(static_cast<std::int64_t>(value)) {}
  explicit Argument(std::uint32_t value) : Argument(static_cast<std::int64_t>(value)) {}
  explicit Argument(bool value) : Argument(static_cast<std::int64_t>(value)) {}
  explicit Argument(Instant at) : Argument(at.ms) {}
  explicit Argument(std::string_view text) : kind_(Kind::kText), bytes_(text) {}
  explicit Argument(const std::string& text) : Argument(std::string_view(text)) {}
  explicit Argument(const char* text) : Argument(std::string_view(text)) {}
  explicit Argument(Blob blob) : kind_(Kind::kBytes), bytes_(blob.bytes) {}
  explicit Argument(const EntityKey& key) : Argument(Blob{key.view()}) {}
  template <class Tag>
  explicit Argument(const Name<Tag>& name) : Argument(std::string_view(name.text)) {}
  template <class T>
  explicit Argument(const std::optional<T>& value) : Argument(value ? Argument(*value) : Argument()) {}
  /// For values with a stored form of their own.
  template <class T>
  requires requires(const T& value) { Argument(value.argument()); }
  explicit Argument(const T& value) : Argument(value.argument()) {}

  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; }
  std::string_view bytes() const { return bytes_; }

 private:
  Kind kind_ = Kind::kNull;
  std::int64_t integer_ = 0;
  std::string_view bytes_;
};

}  // namespace fairlead::store::sql
