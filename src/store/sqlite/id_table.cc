#include "store/sqlite/id_table.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "base/hash.h"

namespace fairlead::store::sqlite {
namespace {

constexpr int kFirstBits = 10;
/// Each id sets and asks for this many bits; the best for the eight bits that an id has in the filter.
constexpr int kFilterProbes = 5;

bool before(const IdEntry& a, const IdEntry& b) {
  return std::tie(a.slot, a.rest) < std::tie(b.slot, b.rest);
}

/// The slot's upper bits choose page and filter, so the positions within a filter come from the other half.
std::size_t filter_bit(std::uint64_t slot, std::uint64_t rest, int probe) {
  const std::uint64_t mixed = rest + static_cast<std::uint64_t>(probe) * (slot | 1);
  return static_cast<std::size_t>((mixed ^ (mixed >> 29)) % IdFilter::kBits);
}

}  // namespace

const IdEntry* IdTable::find(std::uint64_t slot, std::uint64_t rest) const {
  if (cells_.empty()) return nullptr;
  for (std::size_t at = home(slot);; at = (at + 1) % cells_.size()) {
    const IdEntry& cell = cells_[at];
    if (cell.sequence == 0) return nullptr;
    if (cell.slot == slot && cell.rest == rest) return &cell;
  }
}

void IdTable::add(const IdEntry& entry) {
  if (size_ * 2 >= cells_.size()) grow();
  place(entry);
  ++size_;
}

void IdTable::place(const IdEntry& entry) {
  std::size_t at = home(entry.slot);
  while (cells_[at].sequence != 0) at = (at + 1) % cells_.size();
  cells_[at] = entry;
}

void IdTable::grow() {
  std::vector<IdEntry> old;
  old.swap(cells_);
  bits_ = bits_ == 0 ? kFirstBits : bits_ + 1;
  cells_.resize(std::size_t{1} << bits_);
  for (const auto& entry : old) {
    if (entry.sequence != 0) place(entry);
  }
}

std::vector<IdEntry> IdTable::bucket(std::uint64_t bucket, int bits) const {
  std::vector<IdEntry> found;
  if (cells_.empty()) return found;
  const std::uint64_t first_slot = bucket << (64 - bits);
  const std::uint64_t last_slot = first_slot + ((std::uint64_t{1} << (64 - bits)) - 1);
  const std::size_t end = home(last_slot);
  // Entries are only ever displaced forwards, up to the next free cell, and from the last cell to the first.
  std::size_t at = home(first_slot);
  for (std::size_t seen = 0; seen < cells_.size(); ++seen, at = (at + 1) % cells_.size()) {
    const IdEntry& cell = cells_[at];
    if (cell.sequence == 0) {
      if (home(first_slot) + seen >= end) break;
      continue;
    }
    if (cell.slot >> (64 - bits) == bucket) found.push_back(cell);
  }
  sort_entries(found);
  return found;
}

void sort_entries(std::vector<IdEntry>& entries) {
  std::sort(entries.begin(), entries.end(), before);
}

std::string seal(std::string_view bytes) {
  const std::uint64_t sum = checksum64(bytes);
  std::string sealed(bytes);
  sealed.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  return sealed;
}

Result<std::string_view> unseal(std::string_view sealed) {
  std::uint64_t sum = 0;
  if (sealed.size() >= sizeof sum) {
    const std::string_view bytes = sealed.substr(0, sealed.size() - sizeof sum);
    std::memcpy(&sum, sealed.data() + bytes.size(), sizeof sum);
    if (sum == checksum64(bytes)) return bytes;
  }
  return fail(ErrorCode::kCorrupt,
              "the index of delivery ids does not match its checksum; restore the journal from a "
              "backup");
}

std::string pack_entries(const std::vector<IdEntry>& entries) {
  return seal({reinterpret_cast<const char*>(entries.data()), entries.size() * sizeof(IdEntry)});
}

Result<std::vector<IdEntry>> unpack_entries(std::string_view sealed) {
  ASSIGN_OR_RETURN(const std::string_view bytes, unseal(sealed));
  std::vector<IdEntry> entries(bytes.size() / sizeof(IdEntry));
  if (!entries.empty()) std::memcpy(entries.data(), bytes.data(), entries.size() * sizeof(IdEntry));
  return entries;
}

Result<IdFilter> IdFilter::load(std::string_view sealed) {
  ASSIGN_OR_RETURN(const std::string_view bytes, unseal(sealed));
  IdFilter filter;
  if (bytes.size() != kBits / 8) return fail(ErrorCode::kCorrupt, "a filter of delivery ids has a wrong size");
  std::memcpy(filter.words_.data(), bytes.data(), bytes.size());
  return filter;
}

std::string IdFilter::save() const {
  return seal({reinterpret_cast<const char*>(words_.data()), kBits / 8});
}

void IdFilter::add(std::uint64_t slot, std::uint64_t rest) {
  for (int probe = 0; probe < kFilterProbes; ++probe) {
    const std::size_t bit = filter_bit(slot, rest, probe);
    words_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
}

bool IdFilter::may_hold(std::uint64_t slot, std::uint64_t rest) const {
  for (int probe = 0; probe < kFilterProbes; ++probe) {
    const std::size_t bit = filter_bit(slot, rest, probe);
    if ((words_[bit / 64] >> (bit % 64) & 1) == 0) return false;
  }
  return true;
}

}  // namespace fairlead::store::sqlite
