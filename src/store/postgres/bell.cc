#include "store/postgres/bell.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "store/postgres/connect.h"

namespace fairlead::store::postgres {
namespace {

using Clock = std::chrono::steady_clock;  // only says when to look; no result depends on it

constexpr Duration kRetry = Duration::millis(500);

int ms_until(Clock::time_point at) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(0, left));
}

bool done(PGresult* answer) {
  const bool good = PQresultStatus(answer) == PGRES_COMMAND_OK;
  PQclear(answer);
  return good;
}

/// Takes what has come in; whether another connection rang.
bool take_notifications(PGconn* connection) {
  bool rung = false;
  while (PGnotify* notification = PQnotifies(connection)) {
    rung |= notification->be_pid != PQbackendPID(connection);
    PQfreemem(notification);
  }
  return rung;
}

}  // namespace

Bell::Bell(std::string uri, std::function<void()> heard)
    : uri_(std::move(uri)), heard_(std::move(heard)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(wake_ >= 0);
  thread_ = std::thread([this] { run(); });
}

Bell::~Bell() {
  stopping_ = true;
  wake();
  thread_.join();
  close(wake_);
}

void Bell::ring() {
  if (!ringing_.exchange(true)) wake();
}

void Bell::wake() const {
  static_cast<void>(eventfd_write(wake_, 1));
}

void Bell::run() {
  while (!stopping_) {
    if (Result<Handle> connection = connect(uri_)) attend(**connection);
    if (stopping_) return;
    wait(-1, static_cast<int>(kRetry.ms));
    heard_();
  }
}

/// Until the connection is lost or the bell stops.
void Bell::attend(PGconn& connection) {
  if (!done(PQexec(&connection, "LISTEN fairlead"))) return;
  heard_();
  auto look_at = Clock::now() + std::chrono::milliseconds(kLookAnyhow.ms);
  auto ring_from = Clock::now();
  while (!stopping_) {
    const auto next = ringing_ ? std::min(look_at, ring_from) : look_at;
    if (!wait(PQsocket(&connection), ms_until(next))) return;
    if (PQconsumeInput(&connection) == 0) return;
    bool look = take_notifications(&connection);
    if (ringing_ && Clock::now() >= ring_from) {
      ringing_ = false;
      ring_from = Clock::now() + std::chrono::milliseconds(kRingDistance.ms);
      if (!done(PQexec(&connection, "NOTIFY fairlead"))) return;
      look |= take_notifications(&connection);
    }
    look |= Clock::now() >= look_at;
    if (!look) continue;
    look_at = Clock::now() + std::chrono::milliseconds(kLookAnyhow.ms);
    heard_();
  }
}

/// Sleeps until the socket has something, somebody wakes the bell, or the time is over; false when the socket is dead.
bool Bell::wait(int socket, int timeout_ms) {
  std::array<pollfd, 2> watched{{{wake_, POLLIN, 0}, {socket, POLLIN, 0}}};
  poll(watched.data(), socket < 0 ? 1 : 2, timeout_ms);
  eventfd_t ignored = 0;
  static_cast<void>(eventfd_read(wake_, &ignored));
  return (watched[1].revents & (POLLERR | POLLNVAL)) == 0;
}

}  // namespace fairlead::store::postgres
