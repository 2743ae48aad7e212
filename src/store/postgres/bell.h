#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "base/time.h"

namespace fairlead::store::postgres {

/// LISTEN and NOTIFY on one channel, on a thread and a connection of its own. Whoever hears the bell must look for
/// himself: a notification that was lost costs at most kLookAnyhow.
class Bell {
 public:
  static constexpr Duration kLookAnyhow = Duration::millis(1'000);
  /// Rings within this time of each other become one.
  static constexpr Duration kRingDistance = Duration::millis(20);

  /// `heard` is called on the bell's thread: after another connection rang, after each (re)connection, and every
  /// kLookAnyhow.
  Bell(std::string uri, std::function<void()> heard);
  ~Bell();  ///< Joins the thread.
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void ring();

 private:
  void run();
  void attend(PGconn& connection);
  bool wait(int socket, int timeout_ms);
  void wake() const;

  const std::string uri_;
  const std::function<void()> heard_;
  int wake_ = -1;  ///< An eventfd.
  std::atomic<bool> ringing_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace fairlead::store::postgres
