#pragma once

#include <cstdint>
#include <string_view>

#include "model/delivery.h"

namespace fairlead::store {

/// 128 bits of a keyed SHA-256 over (origin, id): nobody can construct two ids that collide, and by chance none do.
struct DeliveryHash {
  std::uint64_t slot = 0;
  std::uint64_t rest = 0;

  static DeliveryHash of(std::string_view secret, const Delivery& delivery);
  /// The digest's first 16 bytes. A view of this object.
  std::string_view bytes() const { return {reinterpret_cast<const char*>(this), sizeof *this}; }
  friend bool operator==(const DeliveryHash&, const DeliveryHash&) = default;
};

/// What tells a body from another one of the same id.
std::uint64_t body_hash(const Delivery& delivery);

}  // namespace fairlead::store
