#include "store/backup/deliveries_hash.h"

#include <fmt/format.h>

#include "store/delivery_wire.h"

namespace fairlead::store {

Status DeliveriesHash::deliveries(std::span<const JournalRow> rows) {
  for (const JournalRow& row : rows) {
    bytes_.clear();
    wire::Writer out(bytes_);
    put_delivery(out, row.delivery);
    const Sha256 one = sha256(bytes_);
    for (std::size_t i = 0; i < one.size(); ++i) {
      sum_[i / 8] += static_cast<std::uint64_t>(one[i]) << (8 * (i % 8));
    }
    ++count_;
  }
  return {};
}

std::string DeliveriesHash::hex() const {
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", sum_[0], sum_[1], sum_[2], sum_[3]);
}

}  // namespace fairlead::store
