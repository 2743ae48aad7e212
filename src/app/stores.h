#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "app/config.h"
#include "base/result.h"
#include "engine/replay.h"
#include "store/fleet.h"
#include "store/store.h"

namespace fairlead::app {

/// Whether the configuration's `store` is an address of PostgreSQL.
bool is_postgres(std::string_view store);

/// kInvalid, in one sentence that says what to write, unless `store` is `sqlite` or an address of PostgreSQL.
Status check_store(std::string_view store);

/// What `store` names: the database, or the files in `folder`, which the caller holds.
Result<std::unique_ptr<store::Journal>> open_journal(const std::string& store, const std::filesystem::path& folder);
Result<std::unique_ptr<store::Derived>> open_derived(const std::string& store, const std::filesystem::path& folder);

/// Whether `store` is a database on which replicas work, heard of within the last seconds: what is derived is theirs to
/// write then.
Result<bool> replicas_derive(const std::string& store);

/// Brings derived data up to the journal's end. Where replicas derive nothing is done, and the answer is false.
Result<bool> derive_all(const std::string& store, store::Journal& journal, store::Derived& derived,
                        const Policy& policy, const engine::ReplayProgress& progress = {});

/// What a server works on: two files in `folder`, or the database that `config.store` names. There the folder holds
/// the spool, which keeps deliveries while the database is away.
Result<store::Stores> open_stores(const Config& config, const std::filesystem::path& folder);

}  // namespace fairlead::app
