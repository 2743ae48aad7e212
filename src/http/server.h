#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/router.h"

namespace fairlead::http {

struct Endpoint {
  std::string address;  ///< `127.0.0.1`, `::1`, …
  std::uint16_t port = 0;
};
/// `127.0.0.1:8080`, `[::1]:0`, `:8080` (all addresses).
Result<Endpoint> parse_endpoint(std::string_view text);

struct ServerOptions {
  std::vector<Endpoint> listen{};
  std::filesystem::path control_socket{};   ///< Empty: none. Mode 0600.
  std::filesystem::path tls_certificate{};  ///< PEM chain; both or none.
  std::filesystem::path tls_key{};
  std::vector<std::string> trusted_proxies{};  ///< Addresses or CIDR; X-Forwarded-For/-Proto count only from these.
  std::string base_path{};                     ///< `/fairlead`; empty: root.
  unsigned io_threads = 0;                     ///< 0: one per core.
  unsigned pool_threads = 0;                   ///< 0: two.
  int stop_timeout_ms = 9'000;                 ///< Graceful stop: then connections are cut.
  std::size_t connections_max = 0;             ///< 0: limits::kConnectionsMax.
  std::size_t connections_per_address_max = 0;
  int header_timeout_ms = 0;  ///< 0: limits::kHeaderTimeoutMs; tests shorten it. Also the grace of a slow body.
  int idle_timeout_ms = 0;    ///< 0: limits::kIdleTimeoutMs; between two requests.
  int write_timeout_ms = 0;   ///< 0: limits::kWriteStallTimeoutMs; a client that takes nothing of its answer.
  std::size_t stream_queue_bytes_max = 0;  ///< 0: limits::kStreamQueueBytesMax; for each streaming client.
  /// Told in one line when a handler threw (the client gets 500); may be empty. Called from any thread.
  std::function<void(const std::string&)> on_failure{};
};

/// HTTP/1.1 over TCP, TLS and a unix socket, with the limits of base/limits.h. One thread per core, each with its own
/// io_context and SO_REUSEPORT listener.
class Server {
 public:
  /// Binds and starts. A port in use, a wrong certificate: one clear sentence.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Router router, Authorizer authorizer,
                                               Observer observer, const Clock& clock);
  ~Server();

  /// As bound: `http://127.0.0.1:41234`, in the order of `listen`.
  const std::vector<std::string>& urls() const;
  std::size_t connections() const;

  /// Stops accepting, lets running requests finish, ends streams, returns after at most stop_timeout_ms (and a moment
  /// to cut what is left then). Idempotent. Not to be called by a handler. The destructor stops too, and waits for
  /// handlers that still run on the pool.
  void stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::http
