#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/descriptor.h"
#include "http/server.h"

namespace fairlead::http {

/// One TCP endpoint, bound once for each io thread so that the kernel spreads the connections.
struct BoundEndpoint {
  Endpoint endpoint;                    ///< With the port that was given, where 0 was asked for.
  std::vector<Descriptor> descriptors;  ///< Listening, non-blocking; one per thread.
};

/// An address in use, not of this machine, or not allowed is one sentence that says what to do.
Result<BoundEndpoint> bind_tcp(const Endpoint& endpoint, unsigned threads);

/// Listens on a unix socket of mode 0600. A file that a dead server left is replaced; one that answers is not.
Result<Descriptor> bind_control_socket(const std::filesystem::path& path);

/// `127.0.0.1:80`, `[::1]:80`; `[::]:80` for all addresses.
std::string to_string(const Endpoint& endpoint);

}  // namespace fairlead::http
