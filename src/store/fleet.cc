#include "store/fleet.h"

#include "base/hash.h"

namespace fairlead::store {

std::uint32_t part_of(const ServiceName& service) {
  return static_cast<std::uint32_t>(checksum64(service.text) % Fleet::kParts);
}

}  // namespace fairlead::store
