#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "model/delivery.h"

namespace fairlead::api {

/// The last journal position that each credential wrote here, so that it can read its own writes. Bounded and without a
/// lock: credentials share kSlots by hash, and one that shares a slot only waits for a later position than it must.
class WrittenPositions {
 public:
  static constexpr std::size_t kSlots = 1'024;

  explicit WrittenPositions(std::uint32_t lanes) : lanes_(lanes), sequences_(kSlots * lanes) {}

  void note(std::string_view credential, JournalPosition position) {
    std::atomic<std::uint64_t>& last = sequences_[slot(credential) * lanes_ + position.lane % lanes_];
    std::uint64_t seen = last.load(std::memory_order_relaxed);
    while (seen < position.sequence && !last.compare_exchange_weak(seen, position.sequence)) {
    }
  }

  /// One position per lane that was written to.
  std::vector<JournalPosition> last(std::string_view credential) const {
    std::vector<JournalPosition> positions;
    for (std::uint32_t lane = 0; lane < lanes_; ++lane) {
      const std::uint64_t sequence = sequences_[slot(credential) * lanes_ + lane].load();
      if (sequence != 0) positions.push_back({lane, sequence});
    }
    return positions;
  }

 private:
  static std::size_t slot(std::string_view credential) { return std::hash<std::string_view>{}(credential) % kSlots; }

  const std::uint32_t lanes_;
  std::vector<std::atomic<std::uint64_t>> sequences_;
};

}  // namespace fairlead::api
