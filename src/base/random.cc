#include "base/random.h"

#include <openssl/rand.h>

#include "base/check.h"

namespace fairlead {

std::string SystemRandom::bytes(std::size_t n) {
  std::string out(n, '\0');
  CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(n)) == 1);
  return out;
}

}  // namespace fairlead
