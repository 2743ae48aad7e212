#include "app/control_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <optional>

#include "app/data_folder.h"
#include "http/descriptor.h"

namespace fairlead::app {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;
constexpr std::size_t kAnswerBytesMax = 64u * 1024 * 1024;  // lists and problems; streams are not kept

/// A connected socket as bytes, with a line reader on top.
class Connection {
 public:
  static Result<Connection> open(const std::filesystem::path& folder) {
    ASSIGN_OR_RETURN(const ControlSocket control, ControlSocket::in(folder));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    control.path().native().copy(address.sun_path, sizeof address.sun_path - 1);
    http::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.get() < 0 || connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return fail(ErrorCode::kUnavailable,
                  "the server that uses {} does not answer at its control socket ({}): it may be starting or stopping, "
                  "or be another user's",
                  folder.string(), std::strerror(errno));
    }
    return Connection(std::move(socket));
  }

  Status send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return lost();
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
  }

  /// Up to the next line break, without it.
  Result<std::string> line() {
    std::size_t searched = 0;
    while (true) {
      const auto end = buffer_.find('\n', searched);
      if (end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        return line;
      }
      searched = buffer_.size();
      if (searched > kHeadBytesMax) return lost();
      ASSIGN_OR_RETURN(const bool more, fill());
      if (!more) return lost();
    }
  }

  /// Gives `size` bytes to the sink.
  Status take(std::uint64_t size, const ControlClient::Sink& sink) {
    while (size > 0) {
      if (buffer_.empty()) {
        ASSIGN_OR_RETURN(const bool more, fill());
        if (!more) return lost();
      }
      const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(size, buffer_.size()));
      RETURN_IF_ERROR(sink(std::string_view(buffer_).substr(0, piece)));
      buffer_.erase(0, piece);
      size -= piece;
    }
    return {};
  }

  Status take_to_end(const ControlClient::Sink& sink) {
    while (true) {
      RETURN_IF_ERROR(sink(buffer_));
      buffer_.clear();
      ASSIGN_OR_RETURN(const bool more, fill());
      if (!more) return {};
    }
  }

 private:
  explicit Connection(http::Descriptor socket) : socket_(std::move(socket)) {}

  static std::unexpected<Error> lost() {
    return fail(ErrorCode::kUnavailable, "the server ended the conversation early: look at its log and try again");
  }

  /// False at the end of the stream.
  Result<bool> fill() {
    char bytes[64 * 1024];
    ssize_t received = 0;
    do {
      received = recv(socket_.get(), bytes, sizeof bytes, 0);
    } while (received < 0 && errno == EINTR);
    if (received < 0) return lost();
    buffer_.append(bytes, static_cast<std::size_t>(received));
    return received > 0;
  }

  http::Descriptor socket_;
  std::string buffer_;  // received, not yet taken
};

struct Head {
  int status = 0;
  bool chunked = false;
  bool lags = false;
  std::optional<std::uint64_t> length;
};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return number;
}

Result<Head> read_head(Connection& connection) {
  Head head;
  ASSIGN_OR_RETURN(const std::string status_line, connection.line());
  const auto status =
      parse_number<int>(std::string_view(status_line).substr(std::min<std::size_t>(9, status_line.size())), 10);
  if (!status_line.starts_with("HTTP/1.") || !status) {
    return fail(ErrorCode::kUnavailable, "what answers at the control socket is no Fairlead");
  }
  head.status = *status;
  while (true) {
    ASSIGN_OR_RETURN(const std::string line, connection.line());
    if (line.empty()) return head;
    const auto colon = std::min(line.find(':'), line.size());
    const std::string_view name = std::string_view(line).substr(0, colon);
    std::string_view value = std::string_view(line).substr(std::min(colon + 1, line.size()));
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (equal_ignoring_case(name, "content-length")) head.length = parse_number<std::uint64_t>(value, 10);
    if (equal_ignoring_case(name, "fairlead-lag")) head.lags = true;
    if (equal_ignoring_case(name, "transfer-encoding")) head.chunked = equal_ignoring_case(value, "chunked");
  }
}

Status read_chunks(Connection& connection, const ControlClient::Sink& sink) {
  while (true) {
    ASSIGN_OR_RETURN(const std::string size_line, connection.line());
    const auto size = parse_number<std::uint64_t>(size_line, 16);
    if (!size) return fail(ErrorCode::kUnavailable, "the server's answer cannot be read");
    if (*size == 0) return {};
    RETURN_IF_ERROR(connection.take(*size, sink));
    RETURN_IF_ERROR(connection.line());
  }
}

Status read_body(Connection& connection, const Head& head, const ControlClient::Sink& sink) {
  if (head.status == 204) return {};
  if (head.chunked) return read_chunks(connection, sink);
  if (head.length) return connection.take(*head.length, sink);
  return connection.take_to_end(sink);
}

ErrorCode code_of(int status) {
  switch (status) {
    case 400:
    case 422:
      return ErrorCode::kInvalid;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    default:
      return ErrorCode::kUnavailable;
  }
}

/// The detail of problem+json, else its title, else the status alone.
std::string problem_text(int status, const std::string& body) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  if (!error && value.is_object()) {
    for (const char* const name : {"detail", "title"}) {
      const auto* member = value.get_object().if_contains(name);
      if (member && member->is_string() && !member->get_string().empty()) return std::string(member->get_string());
    }
  }
  return fmt::format("the server answered {}", status);
}

}  // namespace

Result<bool> ControlClient::exchange(std::string_view method, std::string_view target, std::string_view body,
                                     std::string_view content_type, const Sink& sink) const {
  ASSIGN_OR_RETURN(Connection connection, Connection::open(data_folder_));
  std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", method, target);
  if (!body.empty()) {
    fmt::format_to(std::back_inserter(request), "Content-Type: {}\r\nContent-Length: {}\r\n", content_type,
                   body.size());
  }
  request.append("\r\n").append(body);
  RETURN_IF_ERROR(connection.send(request));
  ASSIGN_OR_RETURN(const Head head, read_head(connection));
  if (head.status >= 200 && head.status < 300) {
    RETURN_IF_ERROR(read_body(connection, head, sink));
    return head.lags;
  }
  std::string problem;
  RETURN_IF_ERROR(read_body(connection, head, [&](std::string_view piece) -> Status {
    if (problem.size() < kHeadBytesMax) problem.append(piece);
    return {};
  }));
  return std::unexpected(Error{code_of(head.status), problem_text(head.status, problem)});
}

Result<std::string> ControlClient::call(std::string_view method, std::string_view target, std::string_view body,
                                        std::string_view content_type) const {
  std::string answer;
  RETURN_IF_ERROR(exchange(method, target, body, content_type, [&](std::string_view piece) -> Status {
    if (answer.size() < kAnswerBytesMax) answer.append(piece);
    return {};
  }));
  return answer;
}

Status ControlClient::stream(std::string_view method, std::string_view target, const Sink& sink) const {
  RETURN_IF_ERROR(exchange(method, target, {}, {}, sink));
  return {};
}

Status ControlClient::await_projection() const {
  while (true) {  // each request waits up to two seconds by itself
    ASSIGN_OR_RETURN(const bool lags,
                     exchange("GET", "/api/v1/deployments?limit=1", {}, {}, [](std::string_view) { return Status(); }));
    if (!lags) return {};
  }
}

}  // namespace fairlead::app
