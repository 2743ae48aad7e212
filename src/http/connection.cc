// A connection is one coroutine that reads a request, has it answered and writes the answer, over and over; plain and
// TLS sockets share it as a template. It runs on one thread only, so it needs no locks. Whatever it waits for, its
// deadline says how long: the thread's IoThread::check_deadlines calls expire(), which cancels the wait. An event
// stream leaves the coroutine behind and goes on with two plain callbacks, because ten thousand of them are to cost
// little.
#include "http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <exception>

#include "base/limits.h"
#include "http/head.h"
#include "http/http_limits.h"
#include "http/input_buffer.h"
#include "http/response_writer.h"
#include "http/stream_queue.h"
#include "http/transport.h"

namespace fairlead::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kReadBodyBytesMax = 256 * 1024;

template <class Transport>
class ConnectionOver final : public Connection,
                             public StreamQueue::Owner,
                             public std::enable_shared_from_this<ConnectionOver<Transport>> {
 public:
  template <class... Arguments>
  ConnectionOver(IoThread& thread, Peer peer, Arguments&&... transport)
      : thread_(thread),
        service_(thread.service()),
        peer_(std::move(peer)),
        transport_(std::forward<Arguments>(transport)...) {
    thread_.add(*this);
  }

  ~ConnectionOver() override {
    thread_.remove(*this);
    end_stream();
    service_.connections->remove(peer_.guest, peer_.address);
  }

  void start() override {
    asio::co_spawn(thread_.executor(), run(this->shared_from_this()), [](const std::exception_ptr&) {
      // Out of memory, at the worst: the connection went with its coroutine, the others go on.
    });
  }

  void expire() override {
    deadline_ms = kNever;
    if (stream_) return end_stream();
    expired_ = true;
    error_code ignored;
    lowest().cancel(ignored);
  }

  void stop() override {
    if (stream_) {
      if (!stream_finishes_) stream_->close();
    } else if (idle_) {
      close();
    }
  }

  void cut() override {
    cut_ = true;
    close();
    if (stream_) return end_stream();
    if (const auto exchange = exchange_) exchange->give_up();  // may destroy this
  }

  void on_stream_change() override { pump_stream(); }

 private:
  // ---- the life of a connection ----

  static Task<void> run(std::shared_ptr<ConnectionOver> self) {
    self->set_deadline(self->service_.header_timeout_ms);
    bool goes_on = co_await self->transport_.handshake();
    while (goes_on && !self->expired_) goes_on = co_await self->serve_next();
    if (!self->stream_) co_await self->finish();
  }

  /// One request, from its first byte to the last of its answer. False when the connection is to end or is a stream
  /// now.
  Task<bool> serve_next() {
    HeadScanner scanner;
    HeadScanner::Found found = scanner.scan(input_.unread());
    if (!input_.empty()) set_deadline(service_.header_timeout_ms);
    while (found.state == HeadScanner::State::kNeedMore) {
      const bool first_byte = input_.empty();
      if (!co_await receive_head()) {
        if (!expired_ || input_.empty()) co_return false;
        found = {
            .state = HeadScanner::State::kRefused, .begin = 0, .end = 0, .refusal = {408, "The header took too long."}};
        break;
      }
      if (first_byte) set_deadline(service_.header_timeout_ms);
      found = scanner.scan(input_.unread());
    }
    const SteadyTime started = std::chrono::steady_clock::now();
    Call call = open(found);
    if (call.framing != BodyFraming::kNone && !co_await read_body(call)) co_return false;
    deadline_ms = kNever;

    const Request observed = service_.observer ? summary_of(call) : Request();
    exchange_ = dispatch(service_, call, thread_.mailbox());
    if (!exchange_->answered()) {
      if (!output_.empty() && !co_await flush({})) co_return false;
      if (!exchange_->answered()) co_await answer_of(*exchange_);
    }
    std::optional<Response> response = exchange_->take();
    exchange_.reset();
    if (!response) co_return false;  // cut
    if (cut_) {
      abandon(*response);
      co_return false;
    }
    add_request_id(*response, call.id);
    if (response->on_stream && !call.is_head) {
      co_await start_stream(call, *response);
      observe(call, observed, response->status, started);
      co_return false;
    }
    const bool goes_on = co_await send(call, *response);
    observe(call, observed, response->status, started);
    abandon(*response);  // a stream that was asked for by HEAD
    co_return goes_on;
  }

  Call open(const HeadScanner::Found& found) {
    if (found.state == HeadScanner::State::kRefused) {
      linger_ = true;
      return refused_call(peer_, found.refusal, thread_.next_request_id());
    }
    Call call = open_call(service_, peer_, input_.unread().substr(found.begin, found.end - found.begin),
                          thread_.next_request_id());
    input_.consume(found.end);
    if (call.early && !call.keep_alive) linger_ = true;
    return call;
  }

  /// Suspends until the exchange is answered or given up.
  Task<void> answer_of(Exchange& exchange) {
    return asio::async_initiate<const asio::use_awaitable_t<IoExecutor>&, void()>(
        [&exchange](auto&& handler) {
          exchange.call_when_answered([handler = std::move(handler)]() mutable { std::move(handler)(); });
        },
        kAwait);
  }

  Task<bool> send(const Call& call, const Response& response) {
    const bool keep_alive = call.keep_alive && !thread_.stopping();
    append_head(output_, response,
                {.date = thread_.date(),
                 .request_id = call.id,
                 .length = response.on_stream ? BodyLength::kToClose : BodyLength::kKnown,
                 .http11 = call.http11,
                 .keep_alive = keep_alive});
    std::string_view body;
    if (!call.is_head && response.status != 204 && response.status != 304) body = response.body;
    if (body.size() <= limits::kCopyBodyBytesMax) {
      output_ += body;
      body = {};
    }
    // The next request is here already: its answer may go out with this one.
    const bool gather = keep_alive && body.empty() && !input_.empty() && output_.size() < limits::kGatherBytesMax;
    if (!gather && !co_await flush(body)) co_return false;
    co_return keep_alive;
  }

  void observe(const Call& call, const Request& observed, int status, SteadyTime started) const {
    if (!service_.observer) return;
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    service_.observer(call.route, observed, status, taken.count());
  }

  /// Says goodbye so that the last answer arrives: closing while unread bytes wait would reset the connection.
  Task<void> finish() {
    if (cut_ || !lowest().is_open()) co_return;
    if (linger_) {
      error_code ignored;
      if (Transport::kHalfCloses) lowest().shutdown(PlainSocket::shutdown_send, ignored);
      co_await discard_input();
    }
    set_deadline(limits::kLingerTimeoutMs);
    co_await transport_.say_goodbye();
    close();
  }

  Task<void> discard_input() {
    expired_ = false;
    set_deadline(limits::kLingerTimeoutMs);
    std::size_t discarded = 0;
    while (!expired_ && discarded <= limits::kLingerBytesMax) {
      input_.consume(input_.unread().size());
      if (!co_await receive()) break;
      discarded += input_.unread().size();
    }
  }

  // ---- bytes in ----

  /// Reads what there is. Writes the gathered answers first: the client may wait for them before it goes on.
  Task<bool> receive() {
    if (!output_.empty() && !co_await flush({})) co_return false;
    const std::span<char> space = input_.space();
    error_code error;
    const std::size_t bytes = co_await transport_.stream().async_read_some(asio::buffer(space.data(), space.size()),
                                                                           asio::redirect_error(kAwait, error));
    input_.commit(bytes);
    co_return !error && !expired_ && !cut_;
  }

  Task<bool> receive_head() {
    if (!input_.empty()) co_return co_await receive();
    if (!output_.empty() && !co_await flush({})) co_return false;
    if (thread_.stopping()) co_return false;
    input_.shrink(false);
    set_deadline(served_any_ ? service_.idle_timeout_ms : service_.header_timeout_ms);
    served_any_ = true;
    idle_ = true;
    const bool received = co_await receive();
    idle_ = false;
    co_return received;
  }

  /// Reads the body into the call. False when the client is gone; a body that is refused sets the early answer.
  Task<bool> read_body(Call& call) {
    if (call.early) {
      const bool small = call.framing == BodyFraming::kLength && call.content_length <= limits::kDiscardBytesMax;
      if (!call.keep_alive || !small || call.expects_continue) {
        call.keep_alive = false;
        linger_ = true;
        co_return true;
      }
    } else if (call.expects_continue && input_.empty()) {
      output_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    body_started_ms_ = thread_.now_ms();
    const bool whole = call.framing == BodyFraming::kLength ? co_await read_counted(call) : co_await read_chunks(call);
    if (whole) {
      if (call.early) call.request.body = {};  // it was read only to get to the next request
      co_return true;
    }
    if (!expired_) co_return false;
    refuse(call, {408, "The body came too slowly."});
    co_return true;
  }

  Task<bool> read_counted(Call& call) {
    std::string& body = call.request.body;
    const std::size_t wanted = call.content_length;
    const std::string_view here = input_.unread().substr(0, wanted);
    body.assign(here);
    input_.consume(here.size());
    if (body.size() < wanted && !output_.empty() && !co_await flush({})) co_return false;
    while (body.size() < wanted) {
      // Room grows with what arrived, not with what was announced.
      const std::size_t have = body.size();
      if (body.capacity() == have) body.reserve(std::min(wanted, std::max(2 * have, limits::kBodyBytesInitial)));
      const std::size_t room = std::min({wanted, body.capacity(), have + kReadBodyBytesMax}) - have;
      body.resize(have + room);
      set_body_deadline(have);
      error_code error;
      const std::size_t bytes = co_await transport_.stream().async_read_some(asio::buffer(body.data() + have, room),
                                                                             asio::redirect_error(kAwait, error));
      body.resize(have + bytes);
      if (error || expired_ || cut_) co_return false;
    }
    co_return true;
  }

  Task<bool> read_chunks(Call& call) {
    ChunkedBody chunks(call.body_bytes_max);
    for (;;) {
      std::size_t used = 0;
      const ChunkedBody::State state = chunks.feed(input_.unread(), call.request.body, used);
      input_.consume(used);
      if (state == ChunkedBody::State::kComplete) co_return true;
      if (state == ChunkedBody::State::kRefused) {
        refuse(call, chunks.refusal());
        co_return true;
      }
      set_body_deadline(call.request.body.size());
      if (!co_await receive()) co_return false;
    }
  }

  void refuse(Call& call, const Refusal& refusal) {
    call.refuse(refusal);
    call.request.body = {};
    linger_ = true;
  }

  // ---- bytes out ----

  /// Writes the gathered output and `body` behind it.
  Task<bool> flush(std::string_view body) {
    Unsent unsent{asio::buffer(output_), asio::buffer(body.data(), body.size())};
    error_code error;
    advance(unsent, transport_.write_at_once(unsent, error));
    bool failed = error && error != asio::error::would_block;
    const std::int64_t deadline_before = deadline_ms;
    set_deadline(service_.write_timeout_ms);
    while (!failed && asio::buffer_size(unsent) > 0) {
      const std::size_t bytes =
          co_await transport_.stream().async_write_some(unsent, asio::redirect_error(kAwait, error));
      advance(unsent, bytes);
      if (bytes > 0) set_deadline(service_.write_timeout_ms);
      failed = error || expired_ || cut_;
    }
    deadline_ms = deadline_before;
    output_.clear();
    if (output_.capacity() > limits::kCopyBodyBytesMax) output_.shrink_to_fit();
    co_return !failed;
  }

  static void advance(Unsent& unsent, std::size_t bytes) {
    for (asio::const_buffer& part : unsent) {
      const std::size_t of_this = std::min(bytes, part.size());
      part += of_this;
      bytes -= of_this;
    }
  }

  // ---- streams ----

  Task<void> start_stream(const Call& call, Response& response) {
    append_head(output_, response,
                {.date = thread_.date(),
                 .request_id = call.id,
                 .length = call.http11 ? BodyLength::kChunked : BodyLength::kToClose,
                 .http11 = call.http11,
                 .keep_alive = false});
    on_close_ = std::move(response.on_close);
    stream_finishes_ = response.stream_finishes;
    const bool sent = co_await flush({});
    if (!sent) co_return tell_closed();
    deadline_ms = kNever;
    output_ = {};
    input_.consume(input_.unread().size());
    input_.shrink(true);
    stream_ = std::make_shared<StreamQueue>(thread_.mailbox(), call.http11, service_.stream_queue_bytes_max);
    stream_->set_owner(*this);
    watch_for_close();
    const std::shared_ptr<StreamQueue> stream = stream_;  // the handler may close it at once
    if (!response.body.empty()) stream->write(std::move(response.body));
    response.on_stream(stream);
    if (thread_.stopping() && !stream_finishes_) stream->close();
  }

  /// A client says nothing on a stream; the read only notices that it went away.
  void watch_for_close() {
    transport_.stream().async_read_some(asio::buffer(ignored_input_),
                                        [self = this->shared_from_this()](error_code error, std::size_t) {
                                          if (error) {
                                            self->end_stream();
                                          } else {
                                            self->watch_for_close();
                                          }
                                        });
  }

  void pump_stream() {
    if (writing_ || !stream_) return;
    StreamQueue::Taken taken = stream_->take();
    if (taken.overflow) return end_stream();
    last_written_ = taken.last;
    output_ = std::move(taken.bytes);
    if (output_.empty()) {
      if (last_written_) end_stream();
      return;
    }
    writing_ = true;
    set_deadline(service_.write_timeout_ms);
    asio::async_write(transport_.stream(), asio::buffer(output_),
                      [self = this->shared_from_this()](error_code error, std::size_t) {
                        self->writing_ = false;
                        self->deadline_ms = kNever;
                        self->output_ = {};
                        if (error || self->last_written_) return self->end_stream();
                        self->pump_stream();
                      });
  }

  void end_stream() {
    if (stream_) {
      stream_->disconnect();
      stream_.reset();
      close();
    }
    tell_closed();
  }

  void tell_closed() {
    if (auto on_close = std::exchange(on_close_, nullptr)) on_close();
  }

  // ---- small things ----

  PlainSocket& lowest() { return transport_.lowest(); }

  void close() {
    error_code ignored;
    lowest().close(ignored);
  }

  /// One tick more, because the thread's clock stands still between two looks at the deadlines.
  void set_deadline(int ms) { deadline_ms = thread_.now_ms() + ms + thread_.tick_ms(); }

  /// What the minimum rate allows for the bytes that are here, behind a grace.
  void set_body_deadline(std::size_t bytes) {
    const std::int64_t by_rate_ms = body_started_ms_ + service_.header_timeout_ms + earned_ms(bytes);
    // Bytes that came fast earn no right to a long silence.
    const std::int64_t by_silence_ms = thread_.now_ms() + service_.header_timeout_ms;
    deadline_ms = std::min<std::int64_t>(by_rate_ms, by_silence_ms) + thread_.tick_ms();
  }

  static std::int64_t earned_ms(std::size_t bytes) {
    return static_cast<std::int64_t>(bytes * 1000 / limits::kBodyBytesPerSecondMin);
  }

  // Constant after construction.
  IoThread& thread_;
  const Service& service_;
  const Peer peer_;

  Transport transport_;
  InputBuffer input_;
  std::string output_;
  std::shared_ptr<Exchange> exchange_;  ///< While a handler runs.
  std::shared_ptr<StreamQueue> stream_;
  std::function<void()> on_close_;
  std::int64_t body_started_ms_ = 0;
  std::array<char, 16> ignored_input_;
  bool served_any_ = false;
  bool idle_ = false;     ///< Waits for the first byte of a request.
  bool expired_ = false;  ///< The deadline passed.
  bool cut_ = false;
  bool linger_ = false;  ///< The client may still be sending what nobody will read.
  bool stream_finishes_ = false;
  bool writing_ = false;
  bool last_written_ = false;
};

}  // namespace

std::shared_ptr<Connection> make_connection(IoThread& thread, Peer peer, PlainSocket socket) {
  error_code ignored;
  socket.non_blocking(true, ignored);  // for write_at_once
  return std::make_shared<ConnectionOver<PlainTransport>>(thread, std::move(peer), std::move(socket));
}

std::shared_ptr<Connection> make_tls_connection(IoThread& thread, Peer peer, PlainSocket socket,
                                                asio::ssl::context& context) {
  return std::make_shared<ConnectionOver<TlsTransport>>(thread, std::move(peer), std::move(socket), context);
}

}  // namespace fairlead::http
