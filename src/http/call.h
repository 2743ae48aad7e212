#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/connection_count.h"
#include "http/content_coding.h"
#include "http/exchange.h"
#include "http/parser.h"
#include "http/pool.h"
#include "http/proxies.h"
#include "http/router.h"
#include "http/server.h"

/// The part of serving that needs no socket: from a head's bytes to a handler that runs.
namespace fairlead::http {

/// What all connections share. Constant after the start, except where a member locks itself.
struct Service {
  Router router;
  Authorizer authorizer;
  Observer observer;
  std::function<void(const std::string&)> on_failure;
  const Clock* clock = nullptr;
  TrustedProxies proxies;
  std::string base_path;  ///< Without a slash at its end.
  int header_timeout_ms = 0;
  int idle_timeout_ms = 0;
  int write_timeout_ms = 0;
  std::size_t stream_queue_bytes_max = 0;
  std::unique_ptr<ConnectionCount> connections;
  std::unique_ptr<Pool> pool;
};

/// The other end of a connection.
struct Peer {
  std::string address;
  Guest guest = Guest::kClient;
  bool secure = false;
};

/// One request between its head and its handler.
struct Call {
  Request request;
  const Route* route = nullptr;
  std::string id;
  bool http11 = true;
  bool keep_alive = true;
  bool expects_continue = false;
  bool is_head = false;
  bool gzip_accepted = false;
  BodyFraming framing = BodyFraming::kNone;
  std::uint64_t content_length = 0;
  std::size_t body_bytes_max = 0;
  ContentCoding coding = ContentCoding::kIdentity;
  /// The answer, where there is one before the handler; then the handler is not called.
  std::optional<Response> early;

  /// Answers without the handler and closes afterwards, because what follows on the connection cannot be understood or
  /// is not wanted.
  void refuse(const Refusal& refusal);
};

/// Parses, finds the route, asks the authorizer and checks what the head says about the body.
Call open_call(const Service& service, const Peer& peer, std::string_view head, std::string id);

/// The call for bytes that are no request.
Call refused_call(const Peer& peer, const Refusal& refusal, std::string id);

/// Runs the handler, here or on the pool as its route says, or sends the early answer.
std::shared_ptr<Exchange> dispatch(const Service& service, Call& call, std::shared_ptr<Mailbox> mailbox);

/// What the observer is told of a request after the handler took it: all but headers, query and body.
Request summary_of(const Call& call);

}  // namespace fairlead::http
