#include "http/io_thread.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>

#include "http/connection.h"
#include "http/http_limits.h"
#include "http/response_writer.h"

namespace fairlead::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kTickMsMin = 5;
constexpr int kTickMsMax = 250;
constexpr int kTicksPerTimeout = 8;

std::int64_t steady_ms() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

int tick_for(const Service& service) {
  const int shortest = std::min({service.header_timeout_ms, service.idle_timeout_ms, service.write_timeout_ms});
  return std::clamp(shortest / kTicksPerTimeout, kTickMsMin, kTickMsMax);
}

std::string text_of(const sockaddr_storage& address) {
  char buffer[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, buffer, sizeof buffer);
  } else if (address.ss_family == AF_INET6) {
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      inet_ntop(AF_INET, v6.s6_addr + 12, buffer, sizeof buffer);
    } else {
      inet_ntop(AF_INET6, &v6, buffer, sizeof buffer);
    }
  }
  return buffer;
}

/// A bijection on 64 bits (the finalizer of splitmix64): a counter becomes ids that do not repeat and look random.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

void send_busy(int descriptor) {
  Response busy = problem(503, "Service Unavailable", "There are too many connections. Try again in a moment.");
  std::string answer = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: ";
  answer += kProblemType;
  answer += "\r\nContent-Length: " + std::to_string(busy.body.size()) + "\r\n\r\n" + busy.body;
  // The socket's buffer is empty, so this is written whole or the client is gone already.
  [[maybe_unused]] const auto sent = send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(descriptor, SHUT_WR);
}

}  // namespace

struct IoThread::Listener {
  asio::posix::basic_stream_descriptor<IoExecutor> descriptor;
  Kind kind;
  asio::ssl::context* tls;
  Timer pause;
};

IoThread::IoThread(const Service& service, std::uint64_t id_seed)
    : service_(service),
      tick_ms_(tick_for(service)),
      now_ms_(steady_ms()),
      id_state_(id_seed),
      mailbox_(std::make_shared<Mailbox>([this] { asio::post(context_, [this] { mailbox_->deliver(); }); })),
      deadline_timer_(context_) {}

IoThread::~IoThread() {
  join();
}

void IoThread::add_listener(Descriptor descriptor, Kind kind, asio::ssl::context* tls) {
  listeners_.push_back(std::make_unique<Listener>(Listener{
      asio::posix::basic_stream_descriptor<IoExecutor>(context_, descriptor.release()), kind, tls, Timer(context_)}));
}

void IoThread::start() {
  thread_ = std::thread([this] {
    const auto work = asio::make_work_guard(context_);
    for (auto& listener : listeners_) accept_when_ready(*listener);
    check_deadlines_later();
    context_.run();
  });
}

void IoThread::begin_stop() {
  asio::post(context_, [this] {
    stopping_ = true;
    listeners_.clear();
    for (Connection* connection : std::vector(connections_)) connection->stop();
  });
}

void IoThread::cut() {
  asio::post(context_, [this] {
    for (Connection* connection : std::vector(connections_)) connection->cut();
  });
}

void IoThread::join() {
  if (!thread_.joinable()) return;
  mailbox_->close();
  context_.stop();
  thread_.join();
}

void IoThread::add(Connection& connection) {
  connection.index = connections_.size();
  connections_.push_back(&connection);
}

void IoThread::remove(Connection& connection) {
  connections_[connection.index] = connections_.back();
  connections_[connection.index]->index = connection.index;
  connections_.pop_back();
}

std::string_view IoThread::date() {
  const std::int64_t second = service_.clock->now().ms / 1000;
  if (second != date_second_) {
    date_second_ = second;
    date_ = format_http_date(second);
  }
  return date_;
}

std::string IoThread::next_request_id() {
  static constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";
  std::uint64_t bits = mix(++id_state_);
  std::string id(13, '0');  // short enough to need no allocation
  for (char& digit : id) {
    digit = kDigits[bits % 32];
    bits /= 32;
  }
  return id;
}

void IoThread::accept_when_ready(Listener& listener) {
  listener.descriptor.async_wait(asio::posix::descriptor_base::wait_read, [this, &listener](error_code error) {
    if (!error && !stopping_) accept_some(listener);
  });
}

void IoThread::accept_some(Listener& listener) {
  for (int turn = 0; turn < limits::kAcceptsPerTurnMax; ++turn) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Descriptor accepted(accept4(listener.descriptor.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.get() >= 0) {
      serve(std::move(accepted), text_of(address), listener);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (exhausted) return pause(listener);
    // Anything else concerns the one connection that is gone already.
  }
  accept_when_ready(listener);
}

/// Without descriptors the connection stays in the backlog and the listener readable: looking again at once would spin.
void IoThread::pause(Listener& listener) {
  listener.pause.expires_after(std::chrono::milliseconds(limits::kAcceptPauseMs));
  listener.pause.async_wait([this, &listener](error_code error) {
    if (!error && !stopping_) accept_some(listener);
  });
}

void IoThread::serve(Descriptor descriptor, std::string address, Listener& listener) {
  const int handle = descriptor.get();
  Peer peer{.address = std::move(address), .guest = Guest::kClient, .secure = listener.kind == Kind::kTls};
  if (listener.kind == Kind::kControl) {
    peer.guest = Guest::kControl;
    peer.address = "local";
  } else {
    if (service_.proxies.contains(peer.address)) peer.guest = Guest::kProxy;
    const int on = 1;
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (!service_.connections->try_add(peer.guest, peer.address)) {
    if (listener.kind == Kind::kPlain) send_busy(handle);
    return;
  }
  int family = AF_UNIX;
  socklen_t size = sizeof family;
  getsockopt(handle, SOL_SOCKET, SO_DOMAIN, &family, &size);
  PlainSocket socket(context_);
  error_code error;
  socket.assign(asio::generic::stream_protocol(family, family == AF_UNIX ? 0 : IPPROTO_TCP), handle, error);
  if (error) {  // no memory for the event loop's own record
    service_.connections->remove(peer.guest, peer.address);
    return;
  }
  descriptor.release();
  const auto connection = listener.kind == Kind::kTls
                              ? make_tls_connection(*this, std::move(peer), std::move(socket), *listener.tls)
                              : make_connection(*this, std::move(peer), std::move(socket));
  connection->start();
}

void IoThread::check_deadlines_later() {
  deadline_timer_.expires_after(std::chrono::milliseconds(tick_ms_));
  deadline_timer_.async_wait([this](error_code error) {
    if (error) return;
    check_deadlines();
    check_deadlines_later();
  });
}

void IoThread::check_deadlines() {
  now_ms_ = steady_ms();
  // From the end, because a connection that expires may leave the list and the last one takes its place.
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size() && connections_[i]->deadline_ms <= now_ms_) connections_[i]->expire();
  }
}

}  // namespace fairlead::http
