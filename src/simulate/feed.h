#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/result.h"
#include "engine/ingest.h"
#include "model/delivery.h"
#include "simulate/world.h"

namespace fairlead::simulate {

/// The delivery that a beat becomes. Its id follows from the world and the beat, so telling it twice changes nothing.
Delivery delivery_of(const Beat& beat, std::uint64_t seed, Instant founded_at);

/// Hands a world's beats to the engine, like any source. One thread at a time.
class Feed {
 public:
  /// Never more deliveries than this wait for the journal: the demo leaves room in the queue for everybody else.
  static constexpr std::size_t kInFlightMax = 1024;

  Feed(std::uint64_t seed, Instant founded_at, engine::Ingest& ingest)
      : seed_(seed), world_(seed, founded_at), ingest_(ingest) {}

  /// Tells what happened until `now` and returns once it is on stable storage, with the place of the last of it;
  /// nothing where nothing happened. What the engine refuses is told first the next time.
  Result<std::optional<JournalPosition>> tell(Instant now);

 private:
  const std::uint64_t seed_;
  World world_;
  engine::Ingest& ingest_;
  std::deque<Beat> untold_;
};

}  // namespace fairlead::simulate
