#include "http/pool.h"

#include "http/http_limits.h"

namespace fairlead::http {

Pool::Pool(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Pool::~Pool() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

bool Pool::try_run(Task& task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || tasks_.size() >= limits::kPoolQueueMax) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void Pool::stop() {
  std::deque<Task> dropped;  // destroyed without the lock: a dropped task answers its request
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(tasks_);
  }
  wake_.notify_all();
}

void Pool::work() {
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace fairlead::http
