#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "simulate/beat.h"

namespace fairlead::simulate {

/// Where everything in a world speaks, also of what is certain to come; it is heard in the order of time.
class Voice {
 public:
  /// Whoever listens comes at `founded_at` or later.
  explicit Voice(Instant founded_at) : listens_at_(founded_at) {}

  void say(Instant at, std::string id, std::string body) { add({at, std::move(id), std::move(body), std::nullopt}); }
  /// What is said better at `superseded_at`. Ask before whether it is worth the words.
  void say_meanwhile(Instant at, std::string id, std::string body, Instant superseded_at) {
    if (worth_saying(superseded_at)) add({at, std::move(id), std::move(body), superseded_at});
  }
  bool worth_saying(Instant superseded_at) const { return superseded_at > listens_at_; }

  /// The listener's next moment, made known before it comes, so that nobody speaks in vain.
  void expect_listener(Instant at) { listens_at_ = std::max(listens_at_, at); }

  /// What is said until then and not superseded by then. Each beat is heard once.
  std::vector<Beat> until(Instant until) {
    std::vector<Beat> heard;
    while (!spoken_.empty() && spoken_.front().beat.at <= until) {
      std::pop_heap(spoken_.begin(), spoken_.end());
      Beat& beat = spoken_.back().beat;
      if (!beat.superseded_at || *beat.superseded_at > until) heard.push_back(std::move(beat));
      spoken_.pop_back();
    }
    return heard;
  }

 private:
  struct Entry {
    Beat beat;
    std::uint64_t order = 0;
    /// The heap gives the greatest first: that is the earliest.
    friend bool operator<(const Entry& a, const Entry& b) {
      return std::pair(a.beat.at, a.order) > std::pair(b.beat.at, b.order);
    }
  };

  void add(Beat beat) {
    spoken_.push_back({std::move(beat), next_++});
    std::push_heap(spoken_.begin(), spoken_.end());
  }

  Instant listens_at_;
  std::vector<Entry> spoken_;  ///< A heap.
  std::uint64_t next_ = 0;
};

}  // namespace fairlead::simulate
