#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace fairlead::system_test {

/// Clients that post one deployment after the other, each in a delivery of its own, until they are told to stop or have
/// posted enough.
class Writers {
 public:
  /// `events_max`: of all together.
  Writers(std::uint16_t port, const std::string& token, int clients, std::uint64_t events_max = UINT64_MAX);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  /// Returns once `count` posts were acknowledged.
  void await(std::uint64_t count) const;
  void stop();  ///< And waits for them.
  void join();  ///< Waits until they have posted enough.

  std::uint64_t acknowledged_so_far() const { return count_; }
  /// By `Fairlead-Sequence`: the body that was acknowledged with it. After `stop` or `join`.
  const std::map<std::string, std::string>& acknowledged() const { return acknowledged_; }

 private:
  void run(std::uint16_t port, const std::string& token, int number);

  const std::uint64_t events_max_;
  std::atomic<std::uint64_t> begun_ = 0;
  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;  // guards acknowledged_ while the threads run
  std::map<std::string, std::string> acknowledged_;
  std::vector<std::thread> threads_;
};

}  // namespace fairlead::system_test
