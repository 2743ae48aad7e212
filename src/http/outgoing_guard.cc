#include "http/outgoing_guard.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace fairlead::http {
namespace {

struct Network {
  std::uint32_t address;
  int bits;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

/// The IANA registry of special-purpose IPv4 addresses, with multicast and what is reserved.
constexpr std::array kSpecialV4 = {
    Network{v4(0, 0, 0, 0), 8},      Network{v4(10, 0, 0, 0), 8},     Network{v4(100, 64, 0, 0), 10},
    Network{v4(127, 0, 0, 0), 8},    Network{v4(169, 254, 0, 0), 16}, Network{v4(172, 16, 0, 0), 12},
    Network{v4(192, 0, 0, 0), 24},   Network{v4(192, 0, 2, 0), 24},   Network{v4(192, 88, 99, 0), 24},
    Network{v4(192, 168, 0, 0), 16}, Network{v4(198, 18, 0, 0), 15},  Network{v4(198, 51, 100, 0), 24},
    Network{v4(203, 0, 113, 0), 24}, Network{v4(224, 0, 0, 0), 4},    Network{v4(240, 0, 0, 0), 4}};

bool special_v4(std::uint32_t address) {
  return std::ranges::any_of(
      kSpecialV4, [&](const Network& network) { return (address ^ network.address) >> (32 - network.bits) == 0; });
}

/// Only 2000::/3 is given to hosts in the internet, and of that some parts are not, or carry an IPv4 address.
bool special_v6(const std::array<std::uint8_t, 16>& b) {
  if ((b[0] & 0xe0) != 0x20) return true;
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] < 0x02) return true;                   // 2001::/23, Teredo among them
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) return true;  // documentation
  if (b[0] == 0x20 && b[1] == 0x02) return true;                                  // 6to4
  return b[0] == 0x3f && b[1] == 0xff && (b[2] & 0xf0) == 0;                      // documentation
}

TargetAddress of_sockaddr(const sockaddr* address) {
  TargetAddress out;
  out.v4 = address->sa_family == AF_INET;
  if (out.v4) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    std::memcpy(out.bytes.data(), &in.sin_addr, 4);
  } else {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    std::memcpy(out.bytes.data(), &in.sin6_addr, 16);
  }
  return out;
}

}  // namespace

std::string TargetAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data(), out.data(), out.size());
  return out.data();
}

Result<TargetAddress> TargetAddress::parse(std::string_view text) {
  const std::string copy(text);
  TargetAddress out;
  if (inet_pton(AF_INET, copy.c_str(), out.bytes.data()) == 1) return out;
  out.v4 = false;
  if (inet_pton(AF_INET6, copy.c_str(), out.bytes.data()) == 1) return out;
  return fail(ErrorCode::kInvalid, "'{}' is no address", text);
}

bool is_public(const TargetAddress& address) {
  const auto& b = address.bytes;
  return address.v4 ? !special_v4(v4(b[0], b[1], b[2], b[3])) : !special_v6(b);
}

Result<std::vector<TargetAddress>> SystemResolver::resolve(const std::string& host) const {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return fail(ErrorCode::kUnavailable, "the host {} is not known here ({})", host, gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  std::vector<TargetAddress> out;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family == AF_INET || one->ai_family == AF_INET6) out.push_back(of_sockaddr(one->ai_addr));
  }
  return out;
}

Result<TargetAddress> guarded_address(const Resolver& resolver, const std::string& host,
                                      const std::vector<std::string>& hosts_allowed) {
  ASSIGN_OR_RETURN(const std::vector<TargetAddress> addresses, resolver.resolve(host));
  if (addresses.empty()) return fail(ErrorCode::kUnavailable, "the host {} has no address", host);
  const bool allowed = std::ranges::find(hosts_allowed, host) != hosts_allowed.end();
  for (const TargetAddress& address : addresses) {
    if (allowed || is_public(address)) continue;
    return fail(ErrorCode::kForbidden,
                "the host {} is inside of this network ({}): it is not asked unless the configuration allows it", host,
                address.text());
  }
  return addresses.front();
}

}  // namespace fairlead::http
