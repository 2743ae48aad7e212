#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace fairlead::http {

/// An IPv4 or IPv6 address; a v4 address mapped into v6 is the v4 address.
class IpAddress {
 public:
  static Result<IpAddress> parse(std::string_view text);
  std::string text() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  friend class TrustedProxies;
  std::array<std::uint8_t, 16> bytes_{};  ///< v4 as ::ffff:a.b.c.d
};

/// The proxies whose word counts: which client they speak for, and whether that client used TLS.
class TrustedProxies {
 public:
  /// Each is an address or `address/prefix`.
  static Result<TrustedProxies> parse(const std::vector<std::string>& list);

  bool contains(std::string_view address) const;
  bool empty() const { return networks_.empty(); }

  /// The client of a request that the trusted `peer` sent: in X-Forwarded-For, from the right, the first address that
  /// is no trusted proxy, because everything left of it is only the client's claim. Where an entry cannot be read, the
  /// last one that could.
  std::string client_address(std::string_view peer, const Fields& headers) const;

 private:
  struct Network {
    IpAddress address;
    int prefix_bits;  ///< Of 128.
  };
  std::vector<Network> networks_;
};

/// The nearest proxy's X-Forwarded-Proto is https.
bool forwarded_over_tls(const Fields& headers);

}  // namespace fairlead::http
