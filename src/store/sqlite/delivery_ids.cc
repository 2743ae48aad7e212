#include "store/sqlite/delivery_ids.h"

#include <cstring>

#include "base/hash.h"
#include "store/sqlite/journal_sql.h"

namespace fairlead::store::sqlite {

DeliveryHash DeliveryHash::of(std::string_view secret, const Delivery& delivery) {
  thread_local std::string bytes;
  bytes.assign(secret);
  bytes += std::to_string(delivery.origin.text.size());
  bytes += ':';
  bytes += delivery.origin.text;
  bytes += delivery.id;
  const Sha256 digest = sha256(bytes);
  DeliveryHash hash;
  std::memcpy(&hash.slot, digest.data(), sizeof hash.slot);
  std::memcpy(&hash.rest, digest.data() + sizeof hash.slot, sizeof hash.rest);
  return hash;
}

Result<std::optional<DeliveryIds::Known>> DeliveryIds::find(const DeliveryHash& hash) {
  for (std::uint64_t slot = hash.slot;; ++slot) {
    Query query(database_, journal_sql::kSelectId, slot);
    if (!query.next()) {
      RETURN_IF_ERROR(query.status());
      return std::nullopt;
    }
    if (query.number(0) == hash.rest) return Known{query.number(1), query.number(2)};
  }
}

Status DeliveryIds::add(const DeliveryHash& hash, const Known& known) {
  std::uint64_t slot = hash.slot;
  for (;; ++slot) {
    Query query(database_, journal_sql::kSelectId, slot);
    if (query.next()) continue;
    RETURN_IF_ERROR(query.status());
    break;
  }
  return database_.execute(journal_sql::kInsertId, slot, hash.rest, known.sequence, known.body);
}

std::uint64_t body_hash(const Delivery& delivery) {
  return checksum64(delivery.body);
}

}  // namespace fairlead::store::sqlite
