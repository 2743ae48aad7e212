#pragma once

#include <array>
#include <string>

#include "base/hash.h"
#include "store/backup/journal_visitor.h"

namespace fairlead::store {

/// A hash over deliveries that does not depend on their order or their positions: the sum of the SHA-256 of each, as
/// four 64-bit numbers that overflow. Two journals with the same deliveries, each as often, have the same one.
class DeliveriesHash final : public JournalVisitor {
 public:
  Status deliveries(std::span<const JournalRow> rows) override;

  std::uint64_t count() const { return count_; }
  std::string hex() const;

 private:
  std::array<std::uint64_t, 4> sum_{};
  std::uint64_t count_ = 0;
  std::string bytes_;
};

}  // namespace fairlead::store
