#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };
std::string_view to_string(Method method);

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A whole request within limits. Header names are lower case. Free of any library's types, so that only the server's
/// own files pay for Beast.
struct Request {
  Method method = Method::kGet;
  std::string target;  ///< As received, for logs only after escaping.
  std::string path;    ///< Percent-decoded, base path removed, no dot segments.
  Fields query;        ///< Percent-decoded, in order.
  Fields headers;
  std::string body;      ///< After content decoding.
  std::string raw_body;  ///< Set only where content decoding changed the body: the bytes on the wire, which hooks sign.
  std::string remote_address;                ///< The client's; behind a trusted proxy the one that the proxy names.
  bool secure = false;                       ///< TLS here or, by a trusted proxy's word, there.
  bool local_control = false;                ///< Came over the control socket: role admin.
  std::string id;                            ///< Request id, in the answer and in the log.
  std::vector<std::string> path_parameters;  ///< By the order of `{…}` in the route.

  std::optional<std::string_view> header(std::string_view lower_case_name) const;
  std::optional<std::string_view> parameter(std::string_view name) const;  ///< The first of the query.
  std::string_view wire_body() const { return raw_body.empty() ? std::string_view(body) : std::string_view(raw_body); }
};

/// Bytes to a client that stays connected (SSE). Thread-safe.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Queues bytes; false when the client is gone or its bounded queue is full (then it is disconnected).
  virtual bool write(std::string bytes) = 0;
  /// The same for long answers, from a thread that may block (never a connection's): waits until the queue has room.
  /// False when the client is gone, takes nothing for longer than the write timeout, or the server stops.
  virtual bool write_wait(std::string bytes) { return write(std::move(bytes)); }
  virtual void close() = 0;
};

struct Response {
  int status = 200;
  Fields headers;  ///< Beside Content-Length, Date, request id and the security headers, which the server adds.
  std::string body;
  /// Set for a stream: called once on the connection's thread after the head went out. The handler keeps the Stream and
  /// drops it after `on_close` was called.
  std::function<void(std::shared_ptr<Stream>)> on_stream;
  /// A stream that comes to its end by itself (an export): a stopping server waits for it as for any request, and cuts
  /// it visibly where that takes too long. Other streams are ended by the stop.
  bool stream_finishes = false;
  /// Called exactly once for every answer that has `on_stream`, after the last use of the connection; also where
  /// `on_stream` was never called, because the client was gone before or asked by HEAD. Must not block.
  std::function<void()> on_close;

  static Response json(int status, std::string body);
  static Response text(int status, std::string body, std::string_view content_type = "text/plain; charset=utf-8");
  static Response no_content();
};

inline constexpr std::string_view kProblemType = "application/problem+json";

/// RFC 9457 problem+json; the request id is added on the way out.
Response problem(int status, std::string_view title, std::string_view detail);

/// Answers one request, from any thread, exactly once. Dropping it unanswered answers 500.
class Responder {
 public:
  using Send = std::function<void(Response)>;
  explicit Responder(Send send);
  Responder(Responder&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}
  Responder& operator=(Responder&&) noexcept;
  ~Responder();
  void operator()(Response response);

 private:
  Send send_;
};

}  // namespace fairlead::http
