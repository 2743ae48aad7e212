#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fairlead::git {

/// What the configuration allows beyond the usual.
struct RemoteRules {
  std::vector<std::string> schemes = {"https"};
  std::vector<std::string> hosts_allowed;  ///< Hosts that may be inside of this network.
};

/// An address of a repository whose every part was looked at. `text` is built anew from the parts.
struct RemoteUrl {
  std::string scheme;
  std::string host;  ///< Lower case; an IPv6 address without its brackets.
  std::uint16_t port = 443;
  std::string path;  ///< With its leading slash.
  std::string text() const;
};

inline constexpr std::size_t kRemoteUrlBytesMax = 2'048;

/// Whether a user's text means an address, not a path: it has a scheme, or a transport of git's (`ext::…`).
bool looks_like_url(std::string_view text);

/// kInvalid: no such address, or one with control characters, blanks, a user, a query or a fragment; kForbidden: a
/// scheme that the rules do not allow.
Result<RemoteUrl> parse_remote_url(std::string_view text, const RemoteRules& rules);

}  // namespace fairlead::git
