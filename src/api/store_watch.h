#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace fairlead::api {

/// Reads what other processes change in a shared store (tokens, sessions) anew every so often, on a thread of its own.
class StoreWatch {
 public:
  static constexpr Duration kPause = Duration::seconds(2);

  /// `refresh` reads it and returns what counted here and does no more; `gone` is called with each of them. Both on
  /// that thread. A store that does not answer is asked again.
  StoreWatch(std::function<Result<std::vector<std::string>>()> refresh, std::function<void(const std::string&)> gone,
             Duration pause = kPause);
  ~StoreWatch();  ///< Stops.

  /// Waits for a question to the store that is under way. Idempotent.
  void stop();

 private:
  void run();

  const std::function<Result<std::vector<std::string>>()> refresh_;
  const std::function<void(const std::string&)> gone_;
  const Duration pause_;

  std::mutex mutex_;  ///< Guards what follows but the thread.
  std::condition_variable changed_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace fairlead::api
