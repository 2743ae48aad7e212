#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace fairlead::http {

/// How other threads reach the one thread that runs a connection. Many items become one wake-up: only the item that
/// finds the box empty wakes the thread, and the thread then takes all that came.
class Mailbox {
 public:
  class Receiver {
   public:
    virtual ~Receiver() = default;
    /// Runs on the box's thread.
    virtual void receive() = 0;
  };

  /// `wake` makes the thread call `deliver` soon.
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// From any thread. False when the thread has ended; then nothing will be received.
  bool post(std::shared_ptr<Receiver> receiver);

  /// On the box's thread.
  void deliver();
  void close();

 private:
  std::mutex mutex_;
  std::function<void()> wake_;                      // guarded by mutex_; empty when closed
  std::vector<std::shared_ptr<Receiver>> waiting_;  // guarded by mutex_
  std::vector<std::shared_ptr<Receiver>> taken_;    // only the box's thread; kept for its memory
};

}  // namespace fairlead::http
