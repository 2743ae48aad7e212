#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "store/postgres/citus.h"
#include "store/postgres/connection.h"

namespace fairlead::store::postgres {

/// A part of the tables in the schema `fairlead`, with the steps that lead to it from nothing: step n brings version
/// n-1 to n. Stored in the database, append only: a released step never changes. Steps are scripts that name tables
/// without their schema.
struct Component {
  std::string_view name;
  std::span<const std::string_view> steps;
  std::span<const TablePlacement> tables = {};  ///< Where each that the steps make goes with Citus.
};

/// Brings the component to the newest version, each step in one transaction together with its number, so that an
/// interrupted migration goes on where it stopped; of several replicas that start at once one does it and the others
/// wait. Where there is nothing to do, no right to create anything is needed. A newer version is kUnsupported and stays
/// as it is.
Status migrate(PostgresConnection& connection, const Component& component);

}  // namespace fairlead::store::postgres
