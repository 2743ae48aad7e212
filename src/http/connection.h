#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <limits>
#include <memory>

#include "http/io_thread.h"

namespace fairlead::http {

using PlainSocket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, IoExecutor>;

/// What an IoThread knows of a connection. Lives as long as something runs on it.
class Connection {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  virtual ~Connection() = default;
  virtual void start() = 0;
  virtual void expire() = 0;  ///< The deadline passed.
  virtual void stop() = 0;    ///< Finish what runs, then close.
  virtual void cut() = 0;     ///< Close now.

  std::int64_t deadline_ms = kNever;  ///< By IoThread::now_ms.
  std::size_t index = 0;              ///< IoThread's: where it stands in its list.
};

std::shared_ptr<Connection> make_connection(IoThread& thread, Peer peer, PlainSocket socket);
std::shared_ptr<Connection> make_tls_connection(IoThread& thread, Peer peer, PlainSocket socket,
                                                boost::asio::ssl::context& context);

}  // namespace fairlead::http
