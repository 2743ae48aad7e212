#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "bench/references.h"
#include "tests/system/harness/process.h"

namespace fairlead::bench {

namespace {

using system_test::Milliseconds;

class Socket {
 public:
  Socket() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// nginx cannot choose a port by itself.
std::uint16_t free_port() {
  const Socket socket;
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(socket.fd(), any, length) != 0 || getsockname(socket.fd(), any, &length) != 0) {
    throw std::system_error(errno, std::generic_category(), "a free port");
  }
  return ntohs(address.sin_port);
}

bool answers(std::uint16_t port) {
  const Socket socket;
  const sockaddr_in address = loopback(port);
  return connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

}  // namespace

struct Nginx::Impl {
  std::uint16_t port = free_port();
  std::unique_ptr<system_test::Process> process;
};

Nginx::Nginx(const std::filesystem::path& folder) : impl_(std::make_unique<Impl>()) {
  const std::filesystem::path root = folder / "nginx";
  std::filesystem::permissions(folder, std::filesystem::perms(0755));  // its worker may be another user
  std::filesystem::create_directories(root);
  std::ofstream(root / "answer") << R"({"accepted":1,"duplicates":0,"rejected":[]})";
  std::ofstream(root / "nginx.conf") << fmt::format(
      "daemon off; master_process off; pid {0}/pid; error_log {0}/errors;\n"
      "events {{ worker_connections 512; }}\n"
      "http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {0}/body;\n"
      "  server {{ listen 127.0.0.1:{1}; root {0}; }} }}\n",
      root.string(), impl_->port);
  impl_->process = std::make_unique<system_test::Process>(
      std::vector<std::string>{"nginx", "-e", (root / "errors").string(), "-c", (root / "nginx.conf").string()});
  while (!answers(impl_->port)) {
    if (impl_->process->wait(Milliseconds(20))) {
      throw std::runtime_error(fmt::format("nginx: {}", impl_->process->err()));
    }
  }
}

Nginx::~Nginx() = default;

LoadResult Nginx::load(LoadOptions options) const {
  options.port = impl_->port;
  return generate_load(
      options, [](std::string& out, std::uint64_t) { out += "GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n"; });
}

}  // namespace fairlead::bench
