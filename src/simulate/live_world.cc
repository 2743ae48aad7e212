#include "simulate/live_world.h"

#include <chrono>
#include <utility>

namespace fairlead::simulate {

LiveWorld::LiveWorld(Feed& feed, const Clock& clock, std::function<void(const Error&)> on_failure)
    : feed_(feed), clock_(clock), on_failure_(std::move(on_failure)), thread_([this] { run(); }) {}

LiveWorld::~LiveWorld() {
  stop();
}

void LiveWorld::look() {
  const std::lock_guard lock(mutex_);
  looking_ = true;
  changed_.notify_all();
}

void LiveWorld::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void LiveWorld::run() {
  bool failing = false;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    looking_ = false;
    lock.unlock();
    const auto told = feed_.tell(clock_.now());
    if (!told && !failing) on_failure_(told.error());
    failing = !told.has_value();
    lock.lock();
    changed_.wait_for(lock, std::chrono::milliseconds(kStepMs), [&] { return stopping_ || looking_; });
  }
}

}  // namespace fairlead::simulate
