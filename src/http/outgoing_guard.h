#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fairlead::http {

/// An address of either family, an IPv4 address in its first four bytes.
struct TargetAddress {
  bool v4 = true;
  std::array<std::uint8_t, 16> bytes{};

  std::string text() const;
  /// Only the usual forms: four decimal numbers, or RFC 4291. `127.1`, `2130706433` and `0x7f.0.0.1` are none.
  static Result<TargetAddress> parse(std::string_view text);
  friend bool operator==(const TargetAddress&, const TargetAddress&) = default;
};

/// Whether the address is out in the internet: not this machine, not a private, link-local, metadata, shared, reserved
/// or multicast network, and no form that carries such an address within another one (IPv4-mapped, 6to4, NAT64).
bool is_public(const TargetAddress& address);

/// Names to addresses. Tests bring their own.
class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual Result<std::vector<TargetAddress>> resolve(const std::string& host) const = 0;
};

class SystemResolver final : public Resolver {
 public:
  Result<std::vector<TargetAddress>> resolve(const std::string& host) const override;
};

/// The address to connect to, so that a request which somebody else's text asks for reaches nothing that only we can
/// reach. Resolves once: whoever connects must use this address and not ask again, else a second answer could be
/// another one. One address that is not public refuses the host as a whole, unless `hosts_allowed` names it.
/// kForbidden: refused; kUnavailable: no such host.
Result<TargetAddress> guarded_address(const Resolver& resolver, const std::string& host,
                                      const std::vector<std::string>& hosts_allowed);

}  // namespace fairlead::http
