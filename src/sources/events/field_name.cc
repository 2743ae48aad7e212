#include "sources/events/field_name.h"

namespace fairlead::sources {
namespace {

constexpr std::size_t kTableSize = 256;  // a power of two, well above twice the number of names
static_assert(kFieldCount * 2 < kTableSize);

constexpr std::size_t hash_name(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[i])); };
  return (at(0) * 7 + at(text.size() / 2) * 31 + at(text.size() - 1) * 5 + text.size() * 17) % kTableSize;
}

constexpr std::array<std::uint8_t, kTableSize> make_table() {
  std::array<std::uint8_t, kTableSize> table{};
  table.fill(kNoField);
  for (std::size_t slot = 0; slot < kFieldCount; ++slot) {
    std::size_t place = hash_name(kFieldNames[slot]);
    while (table[place] != kNoField) place = (place + 1) % kTableSize;
    table[place] = static_cast<std::uint8_t>(slot);
  }
  return table;
}

constexpr auto kTable = make_table();

}  // namespace

std::size_t find_field(std::string_view text) {
  if (text.empty()) return kNoField;
  for (std::size_t place = hash_name(text); kTable[place] != kNoField; place = (place + 1) % kTableSize) {
    if (kFieldNames[kTable[place]] == text) return kTable[place];
  }
  return kNoField;
}

}  // namespace fairlead::sources
