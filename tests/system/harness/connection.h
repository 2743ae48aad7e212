#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "system/harness/process.h"

namespace fairlead::system_test {

/// The peer closed, refused or was silent too long. What a client sees when a server dies.
struct ConnectionLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< Lower-case names; of repeated ones the last.
  std::string body;

  std::string header(const std::string& lower_case_name) const {
    const auto found = headers.find(lower_case_name);
    return found == headers.end() ? "" : found->second;
  }
};

/// One TCP connection to 127.0.0.1, blocking, every wait bounded. Bytes go out exactly as given, so that a test can
/// send what no HTTP library would.
class Connection {
 public:
  explicit Connection(std::uint16_t port, Milliseconds timeout = Milliseconds(30'000));
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;

  void send(std::string_view bytes);
  /// Sends as much as the peer takes; false if it closed before the end. For bodies that are refused half-way.
  bool try_send(std::string_view bytes);
  /// One whole response with Content-Length or chunks. `head_only`: the answer to HEAD, or the head of a stream.
  HttpResponse receive(bool head_only = false);
  /// Reads until `text` was seen and returns everything up to its end. For event streams.
  std::string receive_until(std::string_view text);
  /// Waits for the peer to close; false if it still sends or stays after `timeout`.
  bool closed_by_peer(Milliseconds timeout);

  HttpResponse request(std::string_view method, std::string_view target, const std::vector<std::string>& headers = {},
                       std::string_view body = {});

 private:
  void fill();

  int socket_ = -1;
  Milliseconds timeout_;
  std::string buffer_;  // received, not yet consumed
};

/// The bytes of a request with Host and, for a body, Content-Length.
std::string request_text(std::string_view method, std::string_view target, const std::vector<std::string>& headers,
                         std::string_view body);

}  // namespace fairlead::system_test
