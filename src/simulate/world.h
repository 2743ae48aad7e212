#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.h"
#include "simulate/beat.h"

namespace fairlead::simulate {

/// A made-up company: eight services, the people who change them, and everything that their tools would tell Fairlead.
/// It has a past of 90 days when it is founded and then goes on. What happens follows from the seed and the moment of
/// the founding alone, however often and in however many steps one listens; causes come before what they cause.
class World {
 public:
  static constexpr Duration kPast = Duration::days(90);
  /// Of the demo. The world is the same whenever it is founded, so the tests know exactly the story that people see.
  static constexpr std::uint64_t kDemoSeed = 20'260'105;

  /// After this nothing happens any more, so that the cost of a restart, which tells everything again, has a limit.
  static constexpr Duration kFuture = Duration::days(30);

  World(std::uint64_t seed, Instant founded_at);
  ~World();
  World(World&&) noexcept;
  World& operator=(World&&) noexcept;

  /// Everything that is said until `now` and was not returned before, in the order of time. `now` never goes back. What
  /// is superseded by `now` is left out: a run that is over is told once and as a whole.
  std::vector<Beat> listen(Instant now);

  Instant founded_at() const;
  bool ended(Instant now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::simulate
