#include "http/proxies.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

#include "http/http_limits.h"
#include "http/text.h"

namespace fairlead::http {
namespace {

constexpr int kMappedBits = 96;
constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/// `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1`, `[2001:db8::1]:567`: what proxies write into X-Forwarded-For.
std::string_view without_port(std::string_view hop) {
  if (hop.starts_with('[')) return hop.substr(1, hop.find(']') - 1);
  const bool one_colon = std::ranges::count(hop, ':') == 1;
  return one_colon ? hop.substr(0, hop.find(':')) : hop;
}

std::string_view last_of_list(std::string_view list) {
  const std::size_t comma = list.rfind(',');
  return trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string zero_ended(text);
  IpAddress address;
  std::ranges::copy(kMappedPrefix, address.bytes_.begin());
  if (inet_pton(AF_INET, zero_ended.c_str(), address.bytes_.data() + kMappedPrefix.size()) == 1) return address;
  if (inet_pton(AF_INET6, zero_ended.c_str(), address.bytes_.data()) == 1) return address;
  return fail(ErrorCode::kInvalid, "'{}' is no IP address", text);
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  const bool v4 = std::ranges::equal(kMappedPrefix, std::span(bytes_).first(kMappedPrefix.size()));
  const char* text = v4 ? inet_ntop(AF_INET, bytes_.data() + kMappedPrefix.size(), buffer, sizeof buffer)
                        : inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof buffer);
  return text;
}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& list) {
  TrustedProxies proxies;
  for (const std::string& entry : list) {
    std::string_view bits_text = entry;
    const std::string_view address_text = cut(bits_text, '/');
    const auto address = IpAddress::parse(address_text);
    if (!address) {
      return fail(ErrorCode::kInvalid, "trusted_proxies: '{}' is neither an address nor a network such as 10.0.0.0/8",
                  entry);
    }
    const bool v4 = address_text.find(':') == std::string_view::npos;
    const int bits_max = v4 ? 32 : 128;
    int bits = bits_max;
    if (address_text.size() != entry.size()) {
      const auto [end, error] = std::from_chars(bits_text.data(), bits_text.data() + bits_text.size(), bits);
      const bool whole = error == std::errc() && end == bits_text.data() + bits_text.size();
      if (!whole || bits < 0 || bits > bits_max) {
        return fail(ErrorCode::kInvalid, "trusted_proxies: the prefix of '{}' must be a number from 0 to {}", entry,
                    bits_max);
      }
    }
    proxies.networks_.push_back({*address, v4 ? kMappedBits + bits : bits});
  }
  return proxies;
}

bool TrustedProxies::contains(std::string_view address_text) const {
  if (networks_.empty()) return false;
  const auto address = IpAddress::parse(address_text);
  if (!address) return false;
  return std::ranges::any_of(networks_, [&](const Network& network) {
    const auto& wanted = network.address.bytes_;
    const auto whole_bytes = static_cast<std::size_t>(network.prefix_bits / 8);
    if (std::memcmp(wanted.data(), address->bytes_.data(), whole_bytes) != 0) return false;
    const int bits = network.prefix_bits % 8;
    return bits == 0 || ((wanted[whole_bytes] ^ address->bytes_[whole_bytes]) >> (8 - bits)) == 0;
  });
}

std::string TrustedProxies::client_address(std::string_view peer, const Fields& headers) const {
  std::string client(peer);
  int hops = 0;
  for (auto field = headers.rbegin(); field != headers.rend(); ++field) {
    if (field->first != "x-forwarded-for") continue;
    std::string_view list = field->second;
    for (;;) {
      const std::string_view hop = last_of_list(list);
      const auto address = IpAddress::parse(without_port(hop));
      if (!address || ++hops > limits::kForwardedHopsMax) return client;
      client = address->text();
      if (!contains(client)) return client;
      const std::size_t comma = list.rfind(',');
      if (comma == std::string_view::npos) break;
      list = list.substr(0, comma);
    }
  }
  return client;
}

bool forwarded_over_tls(const Fields& headers) {
  for (auto field = headers.rbegin(); field != headers.rend(); ++field) {
    if (field->first == "x-forwarded-proto") return equals_ignoring_case(last_of_list(field->second), "https");
  }
  return false;
}

}  // namespace fairlead::http
