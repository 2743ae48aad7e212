// A signature, a secret and a body, one per line: no signature but the right one is taken.

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/hash.h"
#include "sources/signature.h"

namespace {

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace fairlead;
  std::string_view body(reinterpret_cast<const char*>(data), size);
  const std::string_view signature = take_line(body);
  const std::array<std::string, 2> secrets = {"another", std::string(take_line(body))};
  const auto right = [&](const std::string& secret) { return "sha256=" + to_hex(bytes_of(hmac_sha256(secret, body))); };
  CHECK(sources::hmac_sha256_matches(right(secrets[1]), "sha256=", body, secrets) == !secrets[1].empty());
  const auto same = [&](const std::string& expected) {  // hex digits count in both cases, the prefix does not
    return signature.starts_with("sha256=") && std::ranges::equal(signature, expected, {}, lower, lower);
  };
  const bool expected = same(right(secrets[0])) || (same(right(secrets[1])) && !secrets[1].empty());
  CHECK(sources::hmac_sha256_matches(signature, "sha256=", body, secrets) == expected);
  return 0;
}
