#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/delivery.h"

namespace fairlead::store::spool {

/// What stands for an (origin, id): the first 16 bytes of a SHA-256, which nobody can make collide.
struct IdKey {
  std::uint64_t slot = 0;
  std::uint64_t rest = 0;
  friend bool operator==(const IdKey&, const IdKey&) = default;

  static IdKey of(const Delivery& delivery);
};

/// Which deliveries wait, and the hashes of their bodies: 24 bytes for each place of a table that is at least a quarter
/// and at most two thirds full.
class IdIndex {
 public:
  std::optional<std::uint64_t> find(const IdKey& key) const;
  /// False where the key is there already; then nothing changes.
  bool add(const IdKey& key, std::uint64_t body);
  /// Nothing happens where the key is not there.
  void remove(const IdKey& key);
  std::size_t size() const { return size_; }

 private:
  struct Entry {
    IdKey key;
    std::uint64_t body = 0;
  };

  std::size_t home(const IdKey& key) const { return key.slot & (entries_.size() - 1); }
  std::size_t after(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
  /// Where the key is, or the free place that ends its row of neighbours.
  std::size_t place_of(const IdKey& key) const;
  void rehash(std::size_t places);

  static bool free(const Entry& entry) { return entry.key == IdKey{}; }

  std::vector<Entry> entries_;  ///< A power of two, or none. The key of zeros is a free place.
  std::size_t size_ = 0;
};

}  // namespace fairlead::store::spool
