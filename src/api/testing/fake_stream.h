#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "api/testing/api_world.h"
#include "http/message.h"

namespace fairlead::api {

/// Gathers what is written to one client.
class FakeStream final : public http::Stream {
 public:
  bool write(std::string bytes) override {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return false;
      text_ += bytes;
    }
    changed_.notify_all();
    return true;
  }
  void close() override {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

  /// Returns all that came once `part` is in it.
  std::string await(std::string_view part) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return text_.find(part) != std::string::npos; }))
        << "never came: " << part << "\n"
        << text_;
    return text_;
  }
  void await_close() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return closed_; })) << "never closed";
  }
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::string text_;
  bool closed_ = false;
};

}  // namespace fairlead::api
