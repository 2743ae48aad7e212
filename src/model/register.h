#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/time.h"

namespace fairlead {

/// When and with what authority a value was said. `rank` is the status rank for Run, Task, Deployment and Canary
/// (terminal 2 > running 1 > queued 0), 0 for everything that can reopen. `at` is the source's own time.
struct Stamp {
  std::int32_t rank = 0;
  Instant at;
  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

/// One field of an entity: the greatest (rank, at, value) ever said wins, so joining is commutative, associative and
/// idempotent, and the order in which deliveries arrive cannot matter (invariant I3).
template <class T>
struct Register {
  Stamp stamp;
  std::optional<T> value;

  Register() = default;
  Register(Stamp s, T v) : stamp(s), value(std::move(v)) {}

  bool known() const { return value.has_value(); }
  explicit operator bool() const { return known(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
  T value_or(T fallback) const { return value ? *value : std::move(fallback); }

  /// Returns whether this changed.
  bool join(const Register& other) {
    if (!other.value) return false;
    if (value) {
      if (other.stamp < stamp) return false;
      if (other.stamp == stamp && !(*value < *other.value)) return false;
    }
    *this = other;
    return true;
  }

  friend bool operator==(const Register&, const Register&) = default;
};

}  // namespace fairlead
