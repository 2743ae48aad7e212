#pragma once

#include <vector>

#include "store/store.h"

namespace fairlead::engine {

/// Derived state as this process may write it: under the leases that it holds, or as it likes where it is alone.
class LeasedDerived final : public store::Derived {
 public:
  explicit LeasedDerived(store::Derived& inner) : inner_(inner) {}

  /// From here on each write asks the store whether these are still held. Not while a write is open.
  void hold(std::vector<store::Lease> leases) { leases_ = std::move(leases); }

  Result<std::unique_ptr<store::DerivedReader>> read() override { return inner_.read(); }
  Result<std::unique_ptr<store::DerivedWriter>> write() override {
    return leases_.empty() ? inner_.write() : inner_.write_under(leases_);
  }

 private:
  store::Derived& inner_;
  std::vector<store::Lease> leases_;
};

}  // namespace fairlead::engine
