#pragma once

// What replicas on one database agree upon: who derives what, and what happened. A single process has no fleet.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/store.h"

namespace fairlead::store {

/// One thing that live clients of every replica hear of.
struct News {
  std::uint64_t id = 0;  ///< From 1, without gaps, the same on every replica.
  std::string kind;
  std::string json;
};

struct Replica {
  std::string id;  ///< Random, new at each start.
  std::string name;
  std::string version;
  Instant started_at;
  Instant seen_at;                   ///< By the database's clock, like everything here.
  std::vector<std::uint32_t> parts;  ///< That it derives now.
  bool ours = false;
};

/// Work on derived state is divided into kParts: part p projects lane p and links the services whose name falls into p.
/// A replica derives what it holds the lease of; leases of a replica that is not heard of for kLeaseTime go to others,
/// and are shared out anew when a replica comes.
///
/// Thread-safe. Failures of the database show in the calls that ask it; the threads behind this try again by
/// themselves.
class Fleet {
 public:
  static constexpr std::uint32_t kParts = 16;
  static constexpr Duration kLeaseTime = Duration::millis(5'000);

  virtual ~Fleet() = default;

  /// Begins to take leases and to listen. `changed` is called on a thread of the fleet's whenever another replica may
  /// have changed something, or leases have, and once a second in any case: what it says is never to be relied upon
  /// alone. Must not block.
  virtual void start(std::function<void()> changed) = 0;
  /// Gives the leases back, so that others take them at once, and ends the threads. Idempotent.
  virtual void stop() = 0;

  /// Whether this replica takes leases; at first it does. One that does not gives back what it holds within a second
  /// or so.
  virtual void derive(bool willing) = 0;

  /// What this replica holds, as far as it knows: the database checks it with each write (Derived::write_under).
  virtual std::vector<Lease> leases() const = 0;

  /// Tells the other replicas to look. Cheap; many calls become one.
  virtual void ring() = 0;

  /// Gives the news their ids and tells all replicas, this one too. A bounded number of the latest is kept.
  virtual Status publish(std::vector<News> news) = 0;
  virtual Result<std::vector<News>> news_after(std::uint64_t id, std::size_t limit) = 0;
  virtual Result<std::uint64_t> last_news() = 0;  ///< 0 before the first.

  virtual Result<std::vector<Replica>> replicas() = 0;  ///< Those heard of within the lease time, by id.
};

/// The part that links a service.
std::uint32_t part_of(const ServiceName& service);

}  // namespace fairlead::store
