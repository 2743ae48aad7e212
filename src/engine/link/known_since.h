#pragma once

#include <map>
#include <optional>
#include <utility>

#include "store/store.h"

namespace fairlead::engine {

/// Since when each kind of data is known for one service (metrics.md, "Known or unknown"). Deployments are linked in
/// their order from some time on: what was known before that time stays, the rest is found again on the way.
class KnownSinceUpdate {
 public:
  static Result<KnownSinceUpdate> begin(store::DerivedReader& reader, const ServiceName& service, Instant since);

  /// A deployment at `at` shows that the kind of data is there. Calls come in ascending order of time.
  void note(DataKind kind, bool simulated, Instant at) { known_.try_emplace({kind, simulated}, at); }
  void write(store::DerivedWriter& writer) const;

 private:
  ServiceName service_;
  std::map<std::pair<DataKind, bool>, Instant> known_;
};

/// Incidents are not linked in order; their first one is looked up.
Status refresh_known_incidents(store::DerivedWriter& writer, const ServiceName& service);

}  // namespace fairlead::engine
