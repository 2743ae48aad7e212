#pragma once

// What the tests of the spool share.

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/spool/spool.h"
#include "store/spool/testing/fault_folder.h"

namespace fairlead::store::spool {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : random_(seed) {}
  std::string bytes(std::size_t n) override {
    std::string out;
    while (out.size() < n) out.push_back(static_cast<char>(random_()));
    return out;
  }

 private:
  std::mt19937_64 random_;
};

inline Delivery numbered_delivery(std::uint64_t number, std::size_t body_bytes = 40) {
  Delivery delivery;
  delivery.source = SourceName("events");
  delivery.origin = Origin(number % 3 == 0 ? "github.com" : "events");
  delivery.id = "id-" + std::to_string(number);
  delivery.received_at = {1'700'000'000'000 + static_cast<std::int64_t>(number)};
  if (number % 2 == 0) delivery.headers = {{"x-event", "push"}, {"x-empty", ""}};
  std::mt19937_64 random(number);
  // Half of it text that compresses, half of it noise.
  while (delivery.body.size() < body_bytes) {
    delivery.body += delivery.body.size() % 16 < 8 ? std::string("deployed") : std::to_string(random());
  }
  delivery.body.resize(body_bytes);
  return delivery;
}

inline bool same(const Delivery& a, const Delivery& b) {
  return a.source == b.source && a.origin == b.origin && a.id == b.id && a.received_at == b.received_at &&
         a.headers == b.headers && a.body == b.body;
}

/// By (origin, id).
using Deliveries = std::map<std::pair<std::string, std::string>, Delivery>;

inline void note(Deliveries& deliveries, const Delivery& delivery) {
  deliveries[{delivery.origin.text, delivery.id}] = delivery;
}

/// Everything that waits, oldest first, as whoever drains it sees it.
inline Result<std::vector<Delivery>> drain(Spool& spool, std::size_t rows_max = 100, std::size_t bytes_max = 1 << 20) {
  std::vector<Delivery> all;
  while (true) {
    ASSIGN_OR_RETURN(const Spool::Batch batch, spool.next(rows_max, bytes_max));
    if (batch.deliveries.empty()) return all;
    all.insert(all.end(), batch.deliveries.begin(), batch.deliveries.end());
    RETURN_IF_ERROR(spool.delivered(batch, false));
  }
}

}  // namespace fairlead::store::spool
