#include "http/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace fairlead::http {
namespace {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

struct TcpAddress {
  SocketAddress address{};
  socklen_t size = 0;
  bool all_addresses = false;
};

Result<TcpAddress> resolve(const Endpoint& endpoint) {
  TcpAddress out;
  const std::string text = endpoint.address.empty() ? "::" : endpoint.address;
  out.all_addresses = endpoint.address.empty();
  if (inet_pton(AF_INET, text.c_str(), &out.address.v4.sin_addr) == 1) {
    out.address.v4.sin_family = AF_INET;
    out.address.v4.sin_port = htons(endpoint.port);
    out.size = sizeof(sockaddr_in);
    return out;
  }
  if (inet_pton(AF_INET6, text.c_str(), &out.address.v6.sin6_addr) == 1) {
    out.address.v6.sin6_family = AF_INET6;
    out.address.v6.sin6_port = htons(endpoint.port);
    out.size = sizeof(sockaddr_in6);
    return out;
  }
  return fail(ErrorCode::kInvalid, "cannot listen on '{}': it is no IP address; write for example 127.0.0.1:8080",
              endpoint.address);
}

void enable(int descriptor, int level, int option, int value = 1) {
  setsockopt(descriptor, level, option, &value, sizeof value);
}

std::unexpected<Error> bind_error(const Endpoint& endpoint, int error) {
  const std::string where = to_string(endpoint);
  switch (error) {
    case EADDRINUSE:
      return fail(ErrorCode::kConflict,
                  "cannot listen on {}: the address is in use by another program; stop it, or choose another port with "
                  "--listen (port 0 takes a free one)",
                  where);
    case EADDRNOTAVAIL:
      return fail(ErrorCode::kInvalid,
                  "cannot listen on {}: this machine does not have that address; choose one of its own with --listen",
                  where);
    case EACCES:
      return fail(ErrorCode::kForbidden,
                  "cannot listen on {}: ports below 1024 need a privilege; choose a higher port with --listen", where);
    default:
      return fail(ErrorCode::kIo, "cannot listen on {}: {}", where, std::strerror(error));
  }
}

std::uint16_t bound_port(int descriptor) {
  SocketAddress address{};
  socklen_t size = sizeof address;
  getsockname(descriptor, &address.any, &size);
  return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/// The first socket of an endpoint binds without SO_REUSEPORT, so that a second server, which could otherwise share the
/// port unnoticed, is found out; the option comes on right after, for the sockets of the other threads.
Result<Descriptor> bind_one(const Endpoint& endpoint, bool first) {
  ASSIGN_OR_RETURN(TcpAddress address, resolve(endpoint));
  Descriptor socket_descriptor(socket(address.address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket_descriptor.get() < 0) return bind_error(endpoint, errno);
  const int descriptor = socket_descriptor.get();
  enable(descriptor, SOL_SOCKET, SO_REUSEADDR);
  if (address.address.any.sa_family == AF_INET6)
    enable(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, address.all_addresses ? 0 : 1);
  if (!first) enable(descriptor, SOL_SOCKET, SO_REUSEPORT);
  if (bind(descriptor, &address.address.any, address.size) != 0) return bind_error(endpoint, errno);
  if (first) enable(descriptor, SOL_SOCKET, SO_REUSEPORT);
  return socket_descriptor;
}

bool somebody_listens(const SocketAddress& address, socklen_t size) {
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(probe.get(), &address.any, size) == 0;
}

}  // namespace

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.address.empty()) return fmt::format("[::]:{}", endpoint.port);
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", endpoint.address, v6 ? "]" : "", endpoint.port);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(ErrorCode::kInvalid,
                "'{}' is no address to listen on: {}; write for example 127.0.0.1:8080, [::1]:8080 or :8080", text,
                why);
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("it has no port");
  std::string_view address = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (address.starts_with('[') != address.ends_with(']')) return wrong("the brackets do not match");
  const bool bracketed = address.starts_with('[');
  if (bracketed) address = address.substr(1, address.size() - 2);
  if (!bracketed && address.find(':') != std::string_view::npos) return wrong("an IPv6 address needs brackets");
  if (address == "localhost") address = "127.0.0.1";
  if (address == "*") address = "";

  Endpoint endpoint{.address = std::string(address), .port = 0};
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), endpoint.port);
  if (port_text.empty() || error != std::errc() || end != port_text.data() + port_text.size()) {
    return wrong("the port must be a number from 0 to 65535");
  }
  if (bracketed && address.empty()) return wrong("the brackets are empty");
  if (const auto resolved = resolve(endpoint); !resolved) return wrong("the part before the port is no IP address");
  return endpoint;
}

Result<BoundEndpoint> bind_tcp(const Endpoint& asked, unsigned threads) {
  Endpoint endpoint = asked;
  auto first = bind_one(endpoint, true);
  if (!first && endpoint.address.empty()) {  // a machine without IPv6
    endpoint.address = "0.0.0.0";
    first = bind_one(endpoint, true);
  }
  if (!first) return std::unexpected(first.error());
  endpoint.port = bound_port(first->get());
  BoundEndpoint bound{.endpoint = endpoint, .descriptors = {}};
  bound.descriptors.push_back(std::move(*first));
  while (bound.descriptors.size() < threads) {
    ASSIGN_OR_RETURN(Descriptor next, bind_one(endpoint, false));
    bound.descriptors.push_back(std::move(next));
  }
  for (const Descriptor& descriptor : bound.descriptors) {
    if (listen(descriptor.get(), SOMAXCONN) != 0) return bind_error(endpoint, errno);
  }
  return bound;
}

Result<Descriptor> bind_control_socket(const std::filesystem::path& path) {
  SocketAddress address{};
  address.local.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.local.sun_path) {
    return fail(ErrorCode::kInvalid,
                "cannot listen on {}: the path of a unix socket has at most {} characters; use a "
                "shorter data folder",
                name, sizeof address.local.sun_path - 1);
  }
  std::memcpy(address.local.sun_path, name.c_str(), name.size() + 1);
  const auto refused = [&](int error) {
    return fail(ErrorCode::kIo, "cannot listen on {}: {}", name, std::strerror(error));
  };

  struct stat status {};
  if (lstat(name.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return fail(ErrorCode::kConflict, "cannot listen on {}: a file that is no socket has this name; remove it", name);
    }
    if (somebody_listens(address, sizeof address.local)) {
      return fail(ErrorCode::kConflict, "cannot listen on {}: another server answers there; stop it first", name);
    }
    if (unlink(name.c_str()) != 0) return refused(errno);
  }

  Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (descriptor.get() < 0) return refused(errno);
  // On Linux the file takes the socket's own mode, so that there is no moment in which others could connect.
  if (fchmod(descriptor.get(), 0600) != 0) return refused(errno);
  if (bind(descriptor.get(), &address.any, sizeof address.local) != 0) return refused(errno);
  if (chmod(name.c_str(), 0600) != 0 || listen(descriptor.get(), SOMAXCONN) != 0) return refused(errno);
  return descriptor;
}

}  // namespace fairlead::http
