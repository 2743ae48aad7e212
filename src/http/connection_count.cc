#include "http/connection_count.h"

namespace fairlead::http {

bool ConnectionCount::try_add(Guest guest, const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (guest != Guest::kControl && total_ >= total_max_) return false;
  if (guest == Guest::kClient) {
    std::size_t& count = by_address_[address];  // the limit is above 0, so a refusal leaves no empty entry
    if (count >= per_address_max_) return false;
    ++count;
  }
  ++total_;
  return true;
}

void ConnectionCount::remove(Guest guest, const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (guest == Guest::kClient) {
    const auto at = by_address_.find(address);
    if (--at->second == 0) by_address_.erase(at);
  }
  if (--total_ == 0) none_.notify_all();
}

bool ConnectionCount::wait_until_none(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return none_.wait_until(lock, deadline, [this] { return total_ == 0; });
}

}  // namespace fairlead::http
