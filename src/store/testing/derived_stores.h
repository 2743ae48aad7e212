#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"
#include "store/testing/postgres_server.h"
#include "store/testing/random_rows.h"

namespace fairlead::store {

/// One implementation of Derived, for tests that hold for all.
struct DerivedStore {
  using Open = std::function<Result<std::unique_ptr<Derived>>()>;

  std::string name;
  std::function<Open()> new_place;  ///< Somewhere empty; opening it again finds what is there by then.
  int slowness = 1;                 ///< Random runs are made so many times fewer.
};

inline const DerivedStore kMemoryDerived{
    "memory",
    []() -> DerivedStore::Open { return []() -> Result<std::unique_ptr<Derived>> { return make_memory_derived(); }; }};

inline const DerivedStore kSqliteDerived{"sqlite", []() -> DerivedStore::Open {
                                           return [folder = std::make_shared<TemporaryFolder>()] {
                                             return open_sqlite_derived(folder->path());
                                           };
                                         }};

inline const DerivedStore kPostgresDerived{"postgres",
                                           []() -> DerivedStore::Open {
                                             return [uri = PostgresServer::shared().new_database()] {
                                               return open_postgres_derived(uri);
                                             };
                                           },
                                           5};

}  // namespace fairlead::store
