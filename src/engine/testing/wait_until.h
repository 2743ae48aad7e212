#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace fairlead::engine::testing {

/// Waits for what nobody tells of, looking again and again; a test that would wait for ever is ended by its runner.
template <class Condition>
void wait_until(const Condition& holds) {
  constexpr std::chrono::milliseconds kLookEvery{5};
  std::mutex mutex;
  std::condition_variable nobody_notifies;
  std::unique_lock lock(mutex);
  while (!holds()) nobody_notifies.wait_for(lock, kLookEvery);
}

}  // namespace fairlead::engine::testing
