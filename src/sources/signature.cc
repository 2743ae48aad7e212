#include "sources/signature.h"

#include "base/hash.h"

namespace fairlead::sources {

bool hmac_sha256_matches(std::string_view signature, std::string_view prefix, std::string_view body,
                         std::span<const std::string> secrets) {
  const bool well_formed = signature.starts_with(prefix);
  const std::string given = from_hex(well_formed ? signature.substr(prefix.size()) : std::string_view{});
  bool matches = false;
  for (const std::string& secret : secrets) {
    // Every secret is hashed and compared, whatever came before: the time depends on the number of secrets only.
    const Sha256 expected = hmac_sha256(secret, body);
    const bool same = equal_constant_time(given, bytes_of(expected));
    matches = (same && !secret.empty()) || matches;
  }
  return matches;
}

}  // namespace fairlead::sources
