#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <xxhash.h>

#include <memory>

#include "base/check.h"

namespace fairlead {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// Looked up once: an implicit lookup per hash would cost more than hashing a key does.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(method != nullptr);
  return method;
}

EVP_MD_CTX* begin(EVP_MD_CTX* context) {
  CHECK(context != nullptr && EVP_DigestInit_ex(context, sha256_method(), nullptr) == 1);
  return context;
}

void add(EVP_MD_CTX* context, std::string_view bytes) {
  CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

Sha256 end(EVP_MD_CTX* context) {
  Sha256 digest{};
  CHECK(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  return digest;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Sha256 sha256(std::string_view bytes) {
  // One context per thread, begun anew each time, saves an allocation per key.
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  add(begin(context.get()), bytes);
  return end(context.get());
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256 digest{};
  CHECK(HMAC(sha256_method(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(), nullptr) != nullptr);
  return digest;
}

Sha256Stream::Sha256Stream() : context_(begin(EVP_MD_CTX_new())) {}

Sha256Stream::~Sha256Stream() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void Sha256Stream::update(std::string_view bytes) {
  add(static_cast<EVP_MD_CTX*>(context_), bytes);
}

Sha256 Sha256Stream::finish() {
  return end(static_cast<EVP_MD_CTX*>(context_));
}

std::uint64_t checksum64(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

std::string from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return {};
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return {};
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

std::string to_base64url(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    bit_count += 8;
    while (bit_count >= 6) {
      bit_count -= 6;
      out.push_back(kDigits[(bits >> bit_count) & 63]);
    }
  }
  if (bit_count > 0) out.push_back(kDigits[(bits << (6 - bit_count)) & 63]);
  return out;
}

}  // namespace fairlead
