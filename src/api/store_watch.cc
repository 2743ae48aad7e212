#include "api/store_watch.h"

#include <chrono>

namespace fairlead::api {

StoreWatch::StoreWatch(std::function<Result<std::vector<std::string>>()> refresh,
                       std::function<void(const std::string&)> gone, Duration pause)
    : refresh_(std::move(refresh)), gone_(std::move(gone)), pause_(pause), thread_([this] { run(); }) {}

StoreWatch::~StoreWatch() {
  stop();
}

void StoreWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void StoreWatch::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::milliseconds(pause_.ms), [this] { return stopping_; })) {
    lock.unlock();
    if (const auto gone = refresh_()) {
      for (const std::string& id : *gone) gone_(id);
    }
    lock.lock();
  }
}

}  // namespace fairlead::api
