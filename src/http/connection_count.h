#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace fairlead::http {

/// Whose connection it is decides which limits hold for it.
enum class Guest {
  kControl,  ///< The control socket must work where the network is full: counted, never refused.
  kProxy,    ///< Speaks for many clients: the total limit only.
  kClient,
};

/// Counts the open connections of all threads, in total and by address, against their limits. Thread-safe.
class ConnectionCount {
 public:
  ConnectionCount(std::size_t total_max, std::size_t per_address_max)
      : total_max_(total_max), per_address_max_(per_address_max) {}

  /// False when a limit is reached; otherwise `remove` must follow.
  bool try_add(Guest guest, const std::string& address);
  void remove(Guest guest, const std::string& address);

  std::size_t total() const { return total_.load(std::memory_order_relaxed); }
  /// Whether all were closed before the deadline.
  bool wait_until_none(std::chrono::steady_clock::time_point deadline);

 private:
  const std::size_t total_max_;
  const std::size_t per_address_max_;
  std::atomic<std::size_t> total_{0};  // written with mutex_ held
  std::mutex mutex_;
  std::condition_variable none_;
  std::unordered_map<std::string, std::size_t> by_address_;  // guarded by mutex_
};

}  // namespace fairlead::http
