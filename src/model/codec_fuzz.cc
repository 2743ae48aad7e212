// Stored rows come from a disk that may be damaged: any bytes either fail or give an entity that stores and reads back
// as itself.

#include "base/check.h"
#include "model/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace fairlead;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto entity = decode_entity(bytes)) {
    const std::string row = encode(*entity);
    const auto again = decode_entity(row);
    CHECK(again.has_value());
    CHECK(encode(*again) == row);
    CHECK(to_json(*again, true) == to_json(*entity, true));
  }
  return 0;
}
