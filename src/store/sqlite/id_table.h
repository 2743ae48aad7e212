#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fairlead::store::sqlite {

/// One delivery id: 128 bits of hash, where the delivery is, and a hash of its body. Stored on disk as these four
/// numbers, little-endian.
struct IdEntry {
  std::uint64_t slot = 0;
  std::uint64_t rest = 0;
  std::uint64_t sequence = 0;  ///< From 1; 0 marks a free cell in memory.
  std::uint64_t body = 0;
};

/// Ids in memory, open addressing. A cell's place grows with `slot`, so the entries of a range of slots lie together.
class IdTable {
 public:
  const IdEntry* find(std::uint64_t slot, std::uint64_t rest) const;
  /// The entry must not be there.
  void add(const IdEntry& entry);
  std::size_t size() const { return size_; }
  /// The entries whose upper `bits` bits of the slot are `bucket`, sorted.
  std::vector<IdEntry> bucket(std::uint64_t bucket, int bits) const;

 private:
  std::size_t home(std::uint64_t slot) const { return static_cast<std::size_t>(slot >> (64 - bits_)); }
  void place(const IdEntry& entry);
  void grow();

  int bits_ = 0;
  std::vector<IdEntry> cells_;
  std::size_t size_ = 0;
};

void sort_entries(std::vector<IdEntry>& entries);

/// Bytes with a checksum behind them.
std::string seal(std::string_view bytes);
Result<std::string_view> unseal(std::string_view sealed);

std::string pack_entries(const std::vector<IdEntry>& entries);
Result<std::vector<IdEntry>> unpack_entries(std::string_view sealed);

/// A Bloom filter over the ids of a part of a run: says for sure that an id is not there, and errs in one of forty that
/// it may be.
class IdFilter {
 public:
  static constexpr std::size_t kBits = std::size_t{1} << 17;

  IdFilter() : words_(kBits / 64) {}
  static Result<IdFilter> load(std::string_view sealed);
  std::string save() const;

  void add(std::uint64_t slot, std::uint64_t rest);
  bool may_hold(std::uint64_t slot, std::uint64_t rest) const;

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace fairlead::store::sqlite
