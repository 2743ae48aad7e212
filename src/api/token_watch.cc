#include "api/token_watch.h"

#include <chrono>

namespace fairlead::api {

TokenWatch::TokenWatch(TokenCache& tokens, std::function<void(const std::string&)> gone, Duration pause)
    : tokens_(tokens), gone_(std::move(gone)), pause_(pause), thread_([this] { run(); }) {}

TokenWatch::~TokenWatch() {
  stop();
}

void TokenWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TokenWatch::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::milliseconds(pause_.ms), [this] { return stopping_; })) {
    lock.unlock();
    // A store that does not answer is what the cache remembers about it, and is asked again.
    if (const auto gone = tokens_.refresh()) {
      for (const std::string& id : *gone) gone_(id);
    }
    lock.lock();
  }
}

}  // namespace fairlead::api
