#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/descriptor.h"
#include "http/message.h"
#include "http/text.h"

namespace fairlead::http::testing {

/// What came back on the wire.
struct Answer {
  int status = 0;
  Fields headers;  ///< Names in lower case.
  std::string body;
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

/// A client that sends bytes as they are. It waits for the socket and never for a time; after kPatienceMs without a
/// byte it gives up, which only a failing test meets.
class RawClient {
 public:
  static constexpr int kPatienceMs = 20'000;

  static RawClient tcp(std::uint16_t port, const char* from = "127.0.0.1") {
    RawClient client = unconnected();
    client.connect_tcp(port, from);
    return client;
  }
  static RawClient unconnected() { return RawClient(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
  void connect_tcp(std::uint16_t port, const char* from = "127.0.0.1") {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, from, &address.sin_addr);
    if (bind(descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) socket_.reset();
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    address.sin_port = htons(port);
    connect_to(address);
  }
  static RawClient local(const std::string& path) {
    RawClient client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    client.connect_to(address);
    return client;
  }

  bool connected() const { return socket_.get() >= 0; }
  int descriptor() const { return socket_.get(); }

  /// Sends all; false when the server closed before. Answers that arrive meanwhile are kept.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN && errno != EWOULDBLOCK) {
        return false;
      } else {
        pollfd ready{socket_.get(), POLLIN | POLLOUT, 0};
        if (poll(&ready, 1, kPatienceMs) <= 0) return false;
        if ((ready.revents & POLLIN) != 0 && !receive()) return false;
      }
    }
    return true;
  }
  void finish_sending() { shutdown(socket_.get(), SHUT_WR); }
  /// Closes so that the server sees a reset.
  void reset() {
    const linger hard{1, 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    socket_.reset();
  }
  void close() { socket_.reset(); }

  /// The next answer; nothing when the connection ended before it was whole. 1xx answers are skipped and counted.
  std::optional<Answer> answer(bool to_head_request = false) {
    for (;;) {
      auto answer = head();
      if (!answer) return std::nullopt;
      if (answer->status < 200) {
        ++interim_answers;
        continue;
      }
      if (to_head_request || answer->status == 204 || answer->status == 304) return answer;
      if (answer->header("transfer-encoding") == "chunked") {
        while (auto piece = chunk()) {
          if (piece->empty()) return answer;
          answer->body += *piece;
        }
        return std::nullopt;
      }
      std::size_t length = 0;
      const std::string_view text = answer->header("content-length");
      if (text.empty()) {
        while (receive()) {
        }
        length = buffer_.size();
      } else {
        std::from_chars(text.data(), text.data() + text.size(), length);
      }
      auto body = take(length);
      if (!body) return std::nullopt;
      answer->body = std::move(*body);
      return answer;
    }
  }

  /// The head of an answer alone, for streams.
  std::optional<Answer> head() {
    auto bytes = take_through("\r\n\r\n");
    if (!bytes) return std::nullopt;
    std::string_view rest = *bytes;
    Answer answer;
    std::string_view line = cut(rest, '\n');
    if (line.size() < 12) return std::nullopt;
    std::from_chars(line.data() + 9, line.data() + 12, answer.status);
    while (!rest.empty()) {
      line = cut(rest, '\n');
      if (line.size() <= 1) break;
      const std::string_view name = cut(line, ':');
      answer.headers.emplace_back(to_lower(name), trim(line.substr(0, line.size() - 1)));
    }
    return answer;
  }
  /// The next chunk of a chunked body; empty at its end.
  std::optional<std::string> chunk() {
    const auto line = take_through("\r\n");
    if (!line) return std::nullopt;
    std::size_t size = 0;
    std::from_chars(line->data(), line->data() + line->size(), size, 16);
    auto bytes = take(size + 2);
    if (bytes) bytes->resize(size);
    return bytes;
  }

  /// How many bytes came next; 0 at the end of the connection.
  std::size_t take_some() {
    if (buffer_.empty() && !receive()) return 0;
    return std::exchange(buffer_, {}).size();
  }

  /// Whether the server closed and said nothing more. Waits for it.
  bool closed() { return buffer_.empty() && !receive() && !timed_out_; }
  bool timed_out() const { return timed_out_; }

  int interim_answers = 0;

 private:
  explicit RawClient(int descriptor) : socket_(descriptor) {}

  template <class Address>
  void connect_to(const Address& address) {
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) socket_.reset();
  }

  bool receive() {
    pollfd ready{socket_.get(), POLLIN, 0};
    if (poll(&ready, 1, kPatienceMs) <= 0) {
      timed_out_ = true;
      return false;
    }
    char bytes[64 * 1024];
    const ssize_t received = recv(socket_.get(), bytes, sizeof bytes, 0);
    if (received <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(received));
    return true;
  }
  std::optional<std::string> take(std::size_t size) {
    while (buffer_.size() < size) {
      if (!receive()) return std::nullopt;
    }
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }
  std::optional<std::string> take_through(std::string_view end) {
    for (;;) {
      const std::size_t at = buffer_.find(end);
      if (at != std::string::npos) return take(at + end.size());
      if (!receive()) return std::nullopt;
    }
  }

  Descriptor socket_;
  std::string buffer_;
  bool timed_out_ = false;
};

}  // namespace fairlead::http::testing
