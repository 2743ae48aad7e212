#pragma once

#include <csignal>

namespace fairlead::app {

/// SIGTERM, SIGINT and SIGHUP as something to wait for. Made on the main thread before any other thread starts, so that
/// all of them inherit the blocked signals and none is ever interrupted by a handler. As process 1, for which the
/// kernel drops signals that are not handled, blocked ones still arrive.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Returns once one of them came.
  void wait();

  /// From here on the next one ends the process at once: for people who do not want to wait for a graceful end.
  void release();

 private:
  sigset_t signals_;
  sigset_t before_;
};

}  // namespace fairlead::app
