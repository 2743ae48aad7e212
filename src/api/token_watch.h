#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "api/token_cache.h"

namespace fairlead::api {

/// Reads the tokens of a shared store anew every so often, on a thread of its own.
class TokenWatch {
 public:
  /// `gone` is called on that thread with the id of each token that counted here and does no more.
  TokenWatch(TokenCache& tokens, std::function<void(const std::string& id)> gone,
             Duration pause = TokenCache::kRefresh);
  ~TokenWatch();  ///< Stops.

  /// Waits for a question to the store that is under way. Idempotent.
  void stop();

 private:
  void run();

  TokenCache& tokens_;
  const std::function<void(const std::string&)> gone_;
  const Duration pause_;

  std::mutex mutex_;  ///< Guards what follows but the thread.
  std::condition_variable changed_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace fairlead::api
