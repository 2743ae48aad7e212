#include "store/delivery_hash.h"

#include <cstring>
#include <string>

#include "base/hash.h"

namespace fairlead::store {

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

std::uint64_t body_hash(const Delivery& delivery) {
  return checksum64(delivery.body);
}

}  // namespace fairlead::store
