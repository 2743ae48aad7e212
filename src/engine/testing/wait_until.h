#pragma once

#include <chrono>
#include <thread>

namespace fairlead::engine::testing {

/// Waits for what nobody tells of, looking again and again; a test that would wait for ever is ended by its runner.
template <class Condition>
void wait_until(const Condition& holds) {
  constexpr std::chrono::milliseconds kLookEvery{5};
  while (!holds()) std::this_thread::sleep_for(kLookEvery);
}

}  // namespace fairlead::engine::testing
