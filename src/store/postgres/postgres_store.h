#pragma once

#include <memory>
#include <string>

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

}  // namespace fairlead::store
