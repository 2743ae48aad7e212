#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace fairlead::api {

/// Counts failed credentials per address, or per whatever else the text names: a bucket of `burst` that gets one back
/// every kRefill. An IPv6 address counts by its /64, which is what one customer holds. Remembers at most kAddressesMax
/// and forgets the one that failed longest ago. Only failures come here, so the good requests never meet its lock.
/// Thread-safe.
class FailureLimiter {
 public:
  static constexpr int kBurst = 20;
  static constexpr Duration kRefill = Duration::seconds(3);
  static constexpr std::size_t kAddressesMax = 4'096;

  explicit FailureLimiter(const Clock& clock, int burst = kBurst) : clock_(&clock), burst_(burst) {}

  /// Notes one failure. False: this address had too many, answer 429.
  bool note(std::string_view address);

  /// Takes one failure back: it was noted before the work, and the credential was right.
  void forgive(std::string_view address);

  std::size_t size() const;

 private:
  struct Bucket {
    double failures = 0;
    Instant at;
    std::list<std::string>::iterator place;
  };

  const Clock* const clock_;
  const int burst_;

  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, Bucket> buckets_;
  std::list<std::string> oldest_first_;
};

/// `1.2.3.4` itself, an IPv6 address's first 64 bits; a v4-mapped one counts as its IPv4 address.
std::string limiter_key(std::string_view address);

}  // namespace fairlead::api
