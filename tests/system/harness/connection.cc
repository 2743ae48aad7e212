#include "system/harness/connection.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace fairlead::system_test {

namespace {

void await(int socket, short events, Milliseconds timeout) {
  pollfd ready{socket, events, 0};
  const int n = poll(&ready, 1, static_cast<int>(timeout.count()));
  if (n == 0) throw ConnectionLost("the server was silent too long");
  if (n < 0) throw ConnectionLost(std::strerror(errno));
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

HttpResponse parse_head(std::string_view head) {
  HttpResponse response;
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) {
    throw std::runtime_error(fmt::format("no HTTP answer: {}", head.substr(0, 80)));
  }
  response.status = std::stoi(std::string(head.substr(9, 3)));
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos; line = head.find("\r\n", line + 2)) {
    const std::string_view rest = head.substr(line + 2);
    const std::string_view field = rest.substr(0, rest.find("\r\n"));
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) continue;
    const auto value = std::min(field.find_first_not_of(' ', colon + 1), field.size());
    response.headers[lower(field.substr(0, colon))] = std::string(field.substr(value));
  }
  return response;
}

}  // namespace

Connection::Connection(std::uint16_t port, Milliseconds timeout) : timeout_(timeout) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) throw std::runtime_error(std::strerror(errno));
  const int yes = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close(socket_);
    throw ConnectionLost(std::strerror(error));
  }
}

Connection::~Connection() {
  if (socket_ >= 0) close(socket_);
}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), timeout_(other.timeout_), buffer_(std::move(other.buffer_)) {}

bool Connection::try_send(std::string_view bytes) {
  while (!bytes.empty()) {
    await(socket_, POLLOUT, timeout_);
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void Connection::send(std::string_view bytes) {
  if (!try_send(bytes)) throw ConnectionLost(std::strerror(errno));
}

void Connection::fill() {
  std::array<char, 65536> chunk;
  await(socket_, POLLIN, timeout_);
  const ssize_t n = recv(socket_, chunk.data(), chunk.size(), 0);
  if (n == 0) throw ConnectionLost("closed by the server");
  if (n < 0) throw ConnectionLost(std::strerror(errno));
  buffer_.append(chunk.data(), static_cast<std::size_t>(n));
}

std::string Connection::receive_until(std::string_view text) {
  std::size_t from = 0;
  for (;;) {
    const auto found = buffer_.find(text, from);
    if (found != std::string::npos) {
      std::string result = buffer_.substr(0, found + text.size());
      buffer_.erase(0, found + text.size());
      return result;
    }
    from = buffer_.size() - std::min(buffer_.size(), text.size());
    fill();
  }
}

HttpResponse Connection::receive(bool head_only) {
  HttpResponse response = parse_head(receive_until("\r\n\r\n"));
  if (response.status == 100) return receive(head_only);
  if (head_only || response.status == 204 || response.status == 304) return response;
  if (response.header("transfer-encoding") == "chunked") {
    for (;;) {
      const std::size_t size = std::stoul(receive_until("\r\n"), nullptr, 16);
      while (buffer_.size() < size + 2) fill();
      response.body += buffer_.substr(0, size);
      buffer_.erase(0, size + 2);
      if (size == 0) return response;
    }
  }
  const std::string length = response.header("content-length");
  if (length.empty()) throw std::runtime_error("an answer without a length");
  const std::size_t size = std::stoul(length);
  while (buffer_.size() < size) fill();
  response.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return response;
}

bool Connection::closed_by_peer(Milliseconds timeout) {
  pollfd ready{socket_, POLLIN, 0};
  if (poll(&ready, 1, static_cast<int>(timeout.count())) <= 0) return false;
  char byte;
  return recv(socket_, &byte, 1, MSG_PEEK) <= 0;
}

HttpResponse Connection::request(std::string_view method, std::string_view target,
                                 const std::vector<std::string>& headers, std::string_view body) {
  send(request_text(method, target, headers, body));
  return receive(method == "HEAD");
}

std::string request_text(std::string_view method, std::string_view target, const std::vector<std::string>& headers,
                         std::string_view body) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", method, target);
  for (const std::string& header : headers) text += header + "\r\n";
  if (!body.empty() || method == "POST") text += fmt::format("Content-Length: {}\r\n", body.size());
  text += "\r\n";
  text += body;
  return text;
}

}  // namespace fairlead::system_test
