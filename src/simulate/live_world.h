#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "simulate/feed.h"

namespace fairlead::simulate {

/// Keeps a world going: a thread that tells what happens as the clock moves on.
class LiveWorld {
 public:
  /// How often it looks at the clock.
  static constexpr int kStepMs = 250;

  /// `on_failure` hears of the first refusal after a success, on this object's thread. All collaborators outlive this.
  LiveWorld(Feed& feed, const Clock& clock, std::function<void(const Error&)> on_failure);
  ~LiveWorld();  ///< Stops.

  /// Looks at the clock at once. For tests, whose clock moves in leaps.
  void look();
  /// Ends the thread, after the round under way. Idempotent.
  void stop();

 private:
  void run();

  Feed& feed_;
  const Clock& clock_;
  const std::function<void(const Error&)> on_failure_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool stopping_ = false;
  bool looking_ = false;
  std::thread thread_;  ///< Last: it uses all of the above.
};

}  // namespace fairlead::simulate
