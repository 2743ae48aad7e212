#pragma once

// What a connection runs over. Both kinds have the same members, so that one template serves both.

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <utility>

#include "http/connection.h"

namespace fairlead::http {

template <class T>
using Task = boost::asio::awaitable<T, IoExecutor>;
inline constexpr boost::asio::use_awaitable_t<IoExecutor> kAwait;
/// The gathered output and, behind it, a large body.
using Unsent = std::array<boost::asio::const_buffer, 2>;

/// A socket as it is.
class PlainTransport {
 public:
  static constexpr bool kHalfCloses = true;
  explicit PlainTransport(PlainSocket socket) : socket_(std::move(socket)) {}
  PlainSocket& stream() { return socket_; }
  PlainSocket& lowest() { return socket_; }

  Task<bool> handshake() { co_return true; }
  Task<void> say_goodbye() { co_return; }

  /// Writes what fits into the socket's buffer.
  std::size_t write_at_once(const Unsent& unsent, boost::system::error_code& error) {
    return socket_.write_some(unsent, error);
  }

 private:
  PlainSocket socket_;
};

/// The same under TLS.
class TlsTransport {
 public:
  static constexpr bool kHalfCloses = false;
  TlsTransport(PlainSocket socket, boost::asio::ssl::context& context) : stream_(std::move(socket), context) {}
  boost::asio::ssl::stream<PlainSocket>& stream() { return stream_; }
  PlainSocket& lowest() { return stream_.next_layer(); }

  Task<bool> handshake() {
    boost::system::error_code error;
    co_await stream_.async_handshake(boost::asio::ssl::stream_base::server, boost::asio::redirect_error(kAwait, error));
    co_return !error;
  }
  Task<void> say_goodbye() {
    boost::system::error_code ignored;
    co_await stream_.async_shutdown(boost::asio::redirect_error(kAwait, ignored));
  }

  /// Nothing: a record may need the peer's answer first.
  std::size_t write_at_once(const Unsent&, boost::system::error_code&) { return 0; }

 private:
  boost::asio::ssl::stream<PlainSocket> stream_;
};

}  // namespace fairlead::http
