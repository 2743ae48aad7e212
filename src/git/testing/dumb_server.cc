#include "git/testing/dumb_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <fstream>
#include <sstream>

#include "base/check.h"

namespace fairlead::git::testing {

DumbServer::DumbServer(std::filesystem::path folder) : folder_(std::move(folder)) {
  socket_ = http::Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(listen(socket_.get(), 16) == 0);
  socklen_t size = sizeof address;
  CHECK(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

DumbServer::~DumbServer() {
  let_go();
  shutdown(socket_.get(), SHUT_RDWR);  // ends the accept
  thread_.join();
}

std::vector<std::string> DumbServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void DumbServer::redirect_to(std::string prefix) {
  const std::lock_guard lock(mutex_);
  redirect_to_ = std::move(prefix);
}

void DumbServer::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void DumbServer::let_go() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  changed_.notify_all();
}

void DumbServer::await_request() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !requests_.empty(); });
}

void DumbServer::serve() {
  while (true) {
    const http::Descriptor client(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.get() < 0) return;
    std::string head;
    std::array<char, 4096> bytes{};
    while (head.find("\r\n\r\n") == head.npos) {
      const ssize_t size = recv(client.get(), bytes.data(), bytes.size(), 0);
      if (size <= 0) break;
      head.append(bytes.data(), static_cast<std::size_t>(size));
    }
    const auto begin = head.find(' ');
    if (begin == head.npos) continue;
    const std::string out = answer(head.substr(begin + 1, head.find(' ', begin + 1) - begin - 1));
    for (std::size_t sent = 0; sent < out.size();) {
      const ssize_t size = send(client.get(), out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
      if (size <= 0) break;
      sent += static_cast<std::size_t>(size);
    }
  }
}

std::string DumbServer::answer(const std::string& target) {
  std::unique_lock lock(mutex_);
  requests_.push_back(target);
  changed_.notify_all();
  changed_.wait(lock, [this] { return !held_; });
  const std::string path = target.substr(0, target.find('?'));
  constexpr std::string_view kMoved = "/moved";
  if (path.starts_with(kMoved)) {
    return fmt::format("HTTP/1.1 302 Found\r\nLocation: {}{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                       redirect_to_, target.substr(kMoved.size()));
  }
  std::ifstream file(folder_ / path.substr(1), std::ios::binary);
  std::ostringstream body;
  body << file.rdbuf();
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                     file ? "200 OK" : "404 Not Found", file ? body.str().size() : 0, file ? body.str() : "");
}

}  // namespace fairlead::git::testing
