#include "app/stop_signals.h"

#include <pthread.h>

#include <initializer_list>

#include "base/check.h"

namespace fairlead::app {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
  CHECK(pthread_sigmask(SIG_BLOCK, &signals_, &before_) == 0);
  // A client that goes away must be an error of its connection, not the end of the process.
  CHECK(std::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

StopSignals::~StopSignals() {
  release();
}

void StopSignals::wait() {
  int received = 0;
  while (sigwait(&signals_, &received) != 0) {
  }
}

void StopSignals::release() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace fairlead::app
