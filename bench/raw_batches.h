#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace fairlead::bench {

/// How often per second `run(client, batch)` returns, with `clients` threads that call it for `seconds`. Rethrows what
/// it throws.
double batches_per_second(int clients, double seconds, const std::function<void(int, std::uint64_t)>& run);

/// The id of event `n` of a client, a GUID as tools send it with a webhook: in no order. `salt` tells runs apart.
std::string event_id(int client, std::uint64_t n, std::uint64_t salt);

/// The reference on PostgreSQL: one prepared multi-row INSERT … ON CONFLICT DO NOTHING per batch, committed by itself;
/// a unique id, a number, a checksum.
class RawBatches {
 public:
  /// Makes its table in the database.
  explicit RawBatches(std::string address);

  double events_per_second(int clients, std::size_t batch, double seconds, std::uint64_t salt) const;

 private:
  const std::string address_;
};

}  // namespace fairlead::bench
