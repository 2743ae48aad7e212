#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace fairlead::api {

/// One thread and a bounded queue, for work that must neither run on a connection's thread nor hold a pool thread:
/// reads that waited for the projector, exports. Thread-safe.
class Worker {
 public:
  explicit Worker(std::size_t waiting_max);
  ~Worker();  ///< Stops.

  /// False where `waiting_max` jobs wait already or the worker was stopped; then `job` was not taken.
  bool post(std::function<void()>& job);

  /// Finishes the job that runs, drops those that wait, joins the thread. Idempotent; not from the worker itself.
  void stop();

 private:
  void run();

  const std::size_t waiting_max_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace fairlead::api
