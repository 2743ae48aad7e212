#pragma once

#include <vector>

#include "engine/project/policy_change.h"
#include "store/store.h"

namespace fairlead::engine {

/// Derived state as this process may write it: under the leases that it holds and the policy that rules, or as it likes
/// where it is alone.
class LeasedDerived final : public store::Derived {
 public:
  LeasedDerived(store::Derived& inner, const PolicyAdoption& policy, bool alone)
      : inner_(inner), policy_(policy), alone_(alone) {}

  /// From here on each write asks the store whether these are still held. Not while a write is open.
  void hold(std::vector<store::Lease> leases) { leases_ = std::move(leases); }

  Result<std::unique_ptr<store::DerivedReader>> read() override { return inner_.read(); }
  Result<std::unique_ptr<store::DerivedWriter>> write() override {
    if (alone_) return inner_.write();
    ASSIGN_OR_RETURN(auto writer, inner_.write_under(leases_));
    if (policy_.begun()) RETURN_IF_ERROR(policy_.check(*writer));
    return writer;
  }

 private:
  store::Derived& inner_;
  const PolicyAdoption& policy_;
  const bool alone_;
  std::vector<store::Lease> leases_;
};

}  // namespace fairlead::engine
