#include "api/failure_limiter.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/hash.h"

namespace fairlead::api {

bool FailureLimiter::note(std::string_view address) {
  const std::string key = limiter_key(address);
  const Instant now = clock_->now();
  const std::lock_guard lock(mutex_);
  const auto [found, inserted] = buckets_.try_emplace(key);
  Bucket& bucket = found->second;
  if (inserted) {
    oldest_first_.push_back(key);
    bucket.place = std::prev(oldest_first_.end());
    bucket.at = now;
  } else {
    oldest_first_.splice(oldest_first_.end(), oldest_first_, bucket.place);
  }
  // A clock that went backwards gives nothing back, and takes nothing.
  const double elapsed = std::max<double>(0, static_cast<double>((now - bucket.at).ms));
  bucket.failures = std::max(0.0, bucket.failures - elapsed / static_cast<double>(kRefill.ms));
  bucket.at = now;
  const bool within = bucket.failures + 1 <= burst_;
  if (within) bucket.failures += 1;
  if (buckets_.size() > kAddressesMax) {
    buckets_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  return within;
}

void FailureLimiter::forgive(std::string_view address) {
  const std::string key = limiter_key(address);
  const std::lock_guard lock(mutex_);
  if (const auto found = buckets_.find(key); found != buckets_.end()) {
    found->second.failures = std::max(0.0, found->second.failures - 1);
  }
}

std::size_t FailureLimiter::size() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

std::string limiter_key(std::string_view address) {
  std::array<unsigned char, 16> bytes{};
  const std::string text(address);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  static constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::ranges::equal(kMapped, std::span(bytes).first<12>())) {
    std::array<char, INET_ADDRSTRLEN> dotted{};
    inet_ntop(AF_INET, bytes.data() + 12, dotted.data(), dotted.size());
    return dotted.data();
  }
  return to_hex(bytes_of(bytes).substr(0, 8)) + "/64";
}

}  // namespace fairlead::api
