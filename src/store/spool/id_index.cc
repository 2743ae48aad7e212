#include "store/spool/id_index.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "base/hash.h"

namespace fairlead::store::spool {
namespace {

constexpr std::size_t kPlacesMin = 1'024;

}  // namespace

IdKey IdKey::of(const Delivery& delivery) {
  // The length keeps ("a", "bc") and ("ab", "c") apart.
  std::string text = std::to_string(delivery.origin.text.size());
  ((text += ':') += delivery.origin.text) += delivery.id;
  const Sha256 digest = sha256(text);
  IdKey key;
  std::memcpy(&key.slot, digest.data(), sizeof key.slot);
  std::memcpy(&key.rest, digest.data() + sizeof key.slot, sizeof key.rest);
  return key;
}

std::optional<std::uint64_t> IdIndex::find(const IdKey& key) const {
  if (size_ == 0) return std::nullopt;
  const Entry& entry = entries_[place_of(key)];
  return free(entry) ? std::nullopt : std::optional(entry.body);
}

bool IdIndex::add(const IdKey& key, std::uint64_t body) {
  if (3 * (size_ + 1) > 2 * entries_.size()) rehash(std::max(kPlacesMin, 2 * entries_.size()));
  Entry& entry = entries_[place_of(key)];
  if (!free(entry)) return false;
  entry = {key, body};
  ++size_;
  return true;
}

void IdIndex::remove(const IdKey& key) {
  if (size_ == 0) return;
  std::size_t hole = place_of(key);
  if (free(entries_[hole])) return;
  // Whoever stands behind the hole and could stand in it moves up, so that no search stops too early.
  for (std::size_t at = after(hole); !free(entries_[at]); at = after(at)) {
    const std::size_t mask = entries_.size() - 1;
    const std::size_t wants = home(entries_[at].key);
    if (((at - wants) & mask) < ((at - hole) & mask)) continue;
    entries_[hole] = entries_[at];
    hole = at;
  }
  entries_[hole] = {};
  --size_;
  if (entries_.size() > kPlacesMin && 4 * size_ < entries_.size()) rehash(entries_.size() / 2);
}

std::size_t IdIndex::place_of(const IdKey& key) const {
  std::size_t at = home(key);
  while (!free(entries_[at]) && entries_[at].key != key) at = after(at);
  return at;
}

void IdIndex::rehash(std::size_t places) {
  std::vector<Entry> old(std::bit_ceil(places));
  old.swap(entries_);
  for (const Entry& entry : old) {
    if (!free(entry)) entries_[place_of(entry.key)] = entry;
  }
}

}  // namespace fairlead::store::spool
