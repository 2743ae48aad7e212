#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace fairlead::http {

/// Threads for handlers that may block, behind a bounded queue.
class Pool {
 public:
  using Task = std::move_only_function<void()>;
  explicit Pool(unsigned threads);
  ~Pool();  ///< Waits for the tasks that run.

  /// False, with `task` untouched, when the queue is full or the pool stops.
  bool try_run(Task& task);

  /// Takes no more tasks and drops, unrun, those that wait.
  void stop();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;  // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace fairlead::http
