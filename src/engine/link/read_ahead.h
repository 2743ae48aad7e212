#pragma once

#include <span>

#include "engine/link/link_pass.h"
#include "engine/link/walked_deployment.h"

namespace fairlead::engine {

/// Reads together what the linking of some deployments of one service will ask for one by one. The writer remembers it,
/// where it pays at all (DerivedWriter::remote); elsewhere nothing is done. Only speed depends on this: whatever is
/// not read here is read when it is asked for.
class ReadAhead {
 public:
  ReadAhead(LinkPass& pass, const ServiceName& service, bool any_incident)
      : pass_(pass), service_(service), any_incident_(any_incident) {}

  Status for_walking(std::span<const WalkedDeployment> deployments);
  /// The first of `walked` that can be read for at once: at least one, and not more than ship kShippedTogether commits.
  std::span<WalkedDeployment> portion_of(std::span<WalkedDeployment> walked) const;
  Status for_linking(std::span<const WalkedDeployment> walked);

 private:
  Status read_mentions(std::span<const WalkedDeployment> walked);
  Status read_shipments(std::span<const WalkedDeployment> walked);

  LinkPass& pass_;
  const ServiceName& service_;
  const bool any_incident_;
};

}  // namespace fairlead::engine
