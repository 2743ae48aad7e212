#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/time.h"

namespace fairlead::simulate {

/// What will happen, in the order of time; what was entered first comes first within one moment.
class Agenda {
 public:
  using Action = std::function<void(Instant at)>;

  void at(Instant when, Action action) {
    entries_.push_back({when, next_++, std::move(action)});
    std::push_heap(entries_.begin(), entries_.end());
  }

  /// Lets everything happen that is due, and what comes of it.
  void run(Instant until) {
    while (!entries_.empty() && entries_.front().when <= until) {
      std::pop_heap(entries_.begin(), entries_.end());
      const Entry entry = std::move(entries_.back());
      entries_.pop_back();
      entry.action(entry.when);
    }
  }

 private:
  struct Entry {
    Instant when;
    std::uint64_t order;
    Action action;
    /// The heap gives the greatest first: that is the earliest.
    friend bool operator<(const Entry& a, const Entry& b) {
      return std::pair(a.when, a.order) > std::pair(b.when, b.order);
    }
  };
  std::vector<Entry> entries_;  ///< A heap.
  std::uint64_t next_ = 0;
};

}  // namespace fairlead::simulate
