#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/call.h"
#include "http/descriptor.h"
#include "http/mailbox.h"

namespace fairlead::http {

class Connection;
using IoExecutor = boost::asio::io_context::executor_type;

/// One thread with its event loop, its listening sockets and its connections; they never leave it. Connections have no
/// timers of their own: each has a deadline, and one timer of the thread looks at all of them.
class IoThread {
 public:
  IoThread(const Service& service, std::uint64_t id_seed);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  enum class Kind { kPlain, kTls, kControl };
  /// Before start(). `tls` for Kind::kTls only; it must outlive this.
  void add_listener(Descriptor descriptor, Kind kind, boost::asio::ssl::context* tls);
  void start();

  // From any thread.
  void begin_stop();  ///< Accepts no more, lets connections finish.
  void cut();         ///< Closes every connection.
  void join();        ///< Ends the loop.

  // For connections, on this thread.
  IoExecutor executor() { return context_.get_executor(); }
  const Service& service() const { return service_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  void add(Connection& connection);
  void remove(Connection& connection);
  bool stopping() const { return stopping_; }
  /// A steady time as of the last look at the deadlines.
  std::int64_t now_ms() const { return now_ms_; }
  int tick_ms() const { return tick_ms_; }
  std::string_view date();
  std::string next_request_id();

 private:
  using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, IoExecutor>;
  struct Listener;
  void accept_when_ready(Listener& listener);
  void accept_some(Listener& listener);
  void pause(Listener& listener);
  void serve(Descriptor descriptor, std::string address, Listener& listener);
  void check_deadlines_later();
  void check_deadlines();

  const Service& service_;
  const int tick_ms_;
  std::int64_t now_ms_ = 0;
  std::int64_t date_second_ = -1;
  std::string date_;
  std::uint64_t id_state_;
  bool stopping_ = false;
  std::vector<Connection*> connections_;
  boost::asio::io_context context_{1};  // before all that lives in it, behind all that its handlers touch
  std::shared_ptr<Mailbox> mailbox_;
  Timer deadline_timer_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::thread thread_;
};

}  // namespace fairlead::http
