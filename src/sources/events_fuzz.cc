// Any bytes posted as events: what is accepted reads back whole, what is rejected is never observed. The first byte
// chooses the form.

#include <cstdio>

#include "base/check.h"
#include "sources/testing/verdicts.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string difference = fairlead::sources::verdicts_differ(body, data[0] % 2 == 1);
  if (!difference.empty()) std::fprintf(stderr, "%s\n", difference.c_str());
  CHECK(difference.empty());
  return 0;
}
