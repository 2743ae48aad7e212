#pragma once

#include <memory>
#include <string>

#include "store/fleet.h"
#include "store/store.h"

namespace fairlead::store {

struct PostgresOptions {
  /// Connections of the journal at most; past it a call waits for one, then it is kUnavailable.
  std::size_t connections_max = 8;
};

/// The journal on the server that `uri` names (`postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with libpq's options), in
/// the schema `fairlead`, created and migrated as needed. Any number of replicas may have it open. A server that is
/// away, refuses, or is older than 13, and a newer schema, are one sentence each that says what to do.
Result<std::unique_ptr<Journal>> open_postgres_journal(const std::string& uri, const PostgresOptions& options = {});

/// The derived state beside it. Replicas write in turns: `write` waits for the others.
Result<std::unique_ptr<Derived>> open_postgres_derived(const std::string& uri, const PostgresOptions& options = {});

/// Removes all that is derived, so that it can be built anew; one that is interrupted afterwards goes on where it
/// stopped. kConflict: a replica lives.
Status empty_postgres_derived(const std::string& uri);

/// What the replicas on that database agree upon. `name` (the host's, say) and `version` are what the others see of
/// this one.
Result<std::unique_ptr<Fleet>> open_postgres_fleet(const std::string& uri, const std::string& name,
                                                   const std::string& version);

}  // namespace fairlead::store
