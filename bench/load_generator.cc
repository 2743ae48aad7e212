#include "bench/load_generator.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string_view>

namespace fairlead::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kAnswersOutstandingSecondsMax = 30;
constexpr std::chrono::nanoseconds kWaitMax = std::chrono::milliseconds(10);

struct Connection {
  int socket = -1;
  bool busy = false;
  Clock::time_point due;
  std::string out;
  std::size_t sent = 0;
  std::string in;
};

std::runtime_error system_error(const char* what) {
  return std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw system_error("connect");
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return socket;
}

/// The value of a header in an answer's head, in the spelling that the server uses; empty when absent.
std::string_view header_value(std::string_view head, std::string_view name) {
  const auto at = head.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = head.substr(at + name.size());
  return rest.substr(0, rest.find('\r'));
}

class Generator {
 public:
  Generator(const LoadOptions& options, const MakeRequest& make_request)
      : options_(options), make_request_(make_request), next_number_(options.first_number) {
    prctl(PR_SET_TIMERSLACK, 1);  // by default the kernel may wake us 50 µs late
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    connections_.resize(static_cast<std::size_t>(options.connections));
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      connections_[i].socket = connect_to(options.port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].socket, &event);
      idle_.push_back(i);
    }
  }
  ~Generator() {
    for (const Connection& connection : connections_) close(connection.socket);
    close(epoll_);
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  LoadResult run() {
    const auto start = Clock::now();
    const auto end =
        start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
    while (Clock::now() < end && (options_.requests == 0 || result_.completed < options_.requests)) {
      send_what_is_due(start, end);
      receive(wait_time(start));
    }
    // Of a closed loop only what was answered in time counts. Of an open loop every request that fell due must be
    // answered, or the slowest answers would be left out.
    result_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (options_.rate > 0) finish_open_loop(start, end);
    std::ranges::sort(result_.latencies_us);
    return std::move(result_);
  }

 private:
  Clock::time_point due_time(Clock::time_point start, std::uint64_t n) const {
    return start + std::chrono::duration_cast<Clock::duration>(
                       std::chrono::duration<double>(static_cast<double>(n) / options_.rate));
  }

  void send_what_is_due(Clock::time_point start, Clock::time_point end) {
    while (!idle_.empty() && (options_.requests == 0 || next_number_ < options_.first_number + options_.requests)) {
      auto due = Clock::now();
      if (options_.rate > 0) {
        const auto scheduled = due_time(start, scheduled_);
        if (scheduled > due || scheduled >= end) return;
        due = scheduled;
        ++scheduled_;
      }
      const std::size_t index = idle_.front();
      idle_.pop_front();
      start_request(connections_[index], due);
    }
  }

  void finish_open_loop(Clock::time_point start, Clock::time_point end) {
    const auto limit = end + std::chrono::seconds(static_cast<int>(kAnswersOutstandingSecondsMax));
    while (idle_.size() < connections_.size() || due_time(start, scheduled_) < end) {
      if (Clock::now() > limit) throw std::runtime_error("the server fell behind by more than 30 s");
      send_what_is_due(start, end);
      receive(kWaitMax);
    }
  }

  /// Until the next request falls due, and no longer than kWaitMax. Sleeping rather than asking again and again leaves
  /// the processor to the server.
  std::chrono::nanoseconds wait_time(Clock::time_point start) const {
    if (options_.rate == 0 || idle_.empty()) return kWaitMax;
    const std::chrono::nanoseconds until = due_time(start, scheduled_) - Clock::now();
    return std::clamp(until, std::chrono::nanoseconds(0), kWaitMax);
  }

  void start_request(Connection& connection, Clock::time_point due) {
    connection.busy = true;
    connection.due = due;
    connection.sent = 0;
    connection.out.clear();
    make_request_(connection.out, next_number_++);
    // Blocking, and small against the socket's buffer: batches wait here for the server, which reads at once.
    while (connection.sent < connection.out.size()) {
      const ssize_t n = send(connection.socket, connection.out.data() + connection.sent,
                             connection.out.size() - connection.sent, MSG_NOSIGNAL);
      if (n < 0) throw system_error("send");
      connection.sent += static_cast<std::size_t>(n);
    }
  }

  void receive(std::chrono::nanoseconds timeout) {
    std::array<epoll_event, 64> events;
    const timespec wait{0, timeout.count()};
    const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
    for (int i = 0; i < count; ++i) {
      const std::size_t index = events[static_cast<std::size_t>(i)].data.u64;
      Connection& connection = connections_[index];
      std::array<char, 16384> chunk;
      const ssize_t n = recv(connection.socket, chunk.data(), chunk.size(), MSG_DONTWAIT);
      if (n <= 0) throw system_error("the server closed a connection");
      connection.in.append(chunk.data(), static_cast<std::size_t>(n));
      if (take_answer(connection)) idle_.push_back(index);
    }
  }

  /// Whether the whole answer is there; then it is counted.
  bool take_answer(Connection& connection) {
    const std::string_view in = connection.in;
    const auto head_end = in.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return false;
    const std::string_view head = in.substr(0, head_end + 2);
    const std::string_view length_text = header_value(head, "Content-Length: ");
    std::size_t length = 0;
    std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
    if (in.size() < head_end + 4 + length) return false;
    if (!in.starts_with("HTTP/1.1 200")) throw std::runtime_error(fmt::format("answer: {}", in.substr(0, 600)));
    result_.latencies_us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - connection.due).count());
    ++result_.completed;
    if (const auto sequence = header_value(head, "Fairlead-Sequence: "); !sequence.empty()) {
      result_.last_sequence = sequence;
    }
    connection.in.clear();
    connection.busy = false;
    return true;
  }

  const LoadOptions options_;
  const MakeRequest& make_request_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;
  std::uint64_t next_number_;
  std::uint64_t scheduled_ = 0;
  LoadResult result_;
};

}  // namespace

LoadResult generate_load(const LoadOptions& options, const MakeRequest& make_request) {
  return Generator(options, make_request).run();
}

}  // namespace fairlead::bench
