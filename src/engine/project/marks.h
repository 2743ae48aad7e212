#pragma once

#include <map>
#include <optional>
#include <set>

#include "store/store.h"

namespace fairlead::engine {

/// The services that a batch marks, joined before they are written: one write per service, however often it was hit.
class Marks {
 public:
  /// Links of `service` must be made anew from `since` on.
  void since(const ServiceName& service, Instant at);
  /// The evidence that `giver` gives must be decided anew.
  void evidence(const ServiceName& service, const EntityKey& giver);

  bool empty() const { return marks_.empty(); }
  void write(store::DerivedWriter& writer) const;

 private:
  struct Mark {
    std::optional<Instant> since;
    std::set<EntityKey> givers;
  };
  std::map<ServiceName, Mark> marks_;
};

}  // namespace fairlead::engine
