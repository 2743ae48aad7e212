#pragma once

// Which deliveries are there already: (origin, id) → where, and a hash of the body. Kept for ever, also when retention
// removes the rows themselves, so an entry holds hashes only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/delivery.h"
#include "store/sqlite/database.h"

namespace fairlead::store::sqlite {

/// 128 bits of a keyed SHA-256 over (origin, id): nobody can construct two ids that collide, and by chance none do.
struct DeliveryHash {
  std::uint64_t slot = 0;
  std::uint64_t rest = 0;

  static DeliveryHash of(std::string_view secret, const Delivery& delivery);
};

class DeliveryIds {
 public:
  struct Known {
    std::uint64_t sequence = 0;
    std::uint64_t body = 0;
  };

  explicit DeliveryIds(Database& database) : database_(database) {}

  Result<std::optional<Known>> find(const DeliveryHash& hash);
  Status add(const DeliveryHash& hash, const Known& known);

 private:
  Database& database_;
};

/// What tells a body from another one of the same id.
std::uint64_t body_hash(const Delivery& delivery);

}  // namespace fairlead::store::sqlite
