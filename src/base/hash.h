#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);

/// Incremental SHA-256, for hashes over streams (exports, dumps).
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void update(std::string_view bytes);
  Sha256 finish();

 private:
  void* context_;
};

/// XXH3, 64 bits: checksums of stored rows. Not for anything an attacker may choose.
std::uint64_t checksum64(std::string_view bytes);

/// Compares in a time that depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

std::string to_hex(std::string_view bytes);
/// Accepts both cases; empty when the text is no even-length hex.
std::string from_hex(std::string_view text);
std::string to_base64url(std::string_view bytes);  ///< Without padding.

template <std::size_t N>
std::string_view bytes_of(const std::array<std::uint8_t, N>& array) {
  return {reinterpret_cast<const char*>(array.data()), N};
}

}  // namespace fairlead
