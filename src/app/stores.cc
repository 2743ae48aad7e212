#include "app/stores.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "app/version.h"
#include "store/postgres/postgres_store.h"
#include "store/spool/spooling_journal.h"
#include "store/sqlite/sqlite_store.h"

namespace fairlead::app {
namespace {

/// What other replicas call this one.
std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

Result<std::unique_ptr<store::Journal>> with_spool(std::unique_ptr<store::Journal> journal, const Config& config,
                                                   const std::filesystem::path& folder) {
  if (config.spool_bytes_max == 0) return journal;
  store::SpoolingOptions options;
  options.spool.bytes_max = config.spool_bytes_max;
  options.report = [](const std::string& what) { spdlog::warn("{}", what); };
  return store::open_spooling_journal(folder / "spool", std::move(journal), std::move(options));
}

}  // namespace

bool is_postgres(std::string_view store) {
  return store.starts_with("postgres://") || store.starts_with("postgresql://");
}

Status check_store(std::string_view store) {
  if (store == "sqlite" || is_postgres(store)) return {};
  // The text is not repeated: an address with a typing error may hold a password.
  return fail(ErrorCode::kInvalid,
              "this --store is none: write sqlite, or postgres://USER@HOST/DATABASE, or leave it out");
}

Result<std::unique_ptr<store::Journal>> open_journal(const std::string& store, const std::filesystem::path& folder) {
  return is_postgres(store) ? store::open_postgres_journal(store) : store::open_sqlite_journal(folder);
}

Result<std::unique_ptr<store::Derived>> open_derived(const std::string& store, const std::filesystem::path& folder) {
  return is_postgres(store) ? store::open_postgres_derived(store) : store::open_sqlite_derived(folder);
}

Result<bool> replicas_derive(const std::string& store) {
  if (!is_postgres(store)) return false;
  ASSIGN_OR_RETURN(const auto fleet, store::open_postgres_fleet(store, host_name(), kVersion));
  ASSIGN_OR_RETURN(const auto replicas, fleet->replicas());
  return !replicas.empty();
}

Result<bool> derive_all(const std::string& store, store::Journal& journal, store::Derived& derived,
                        const Policy& policy, const engine::ReplayProgress& progress) {
  ASSIGN_OR_RETURN(bool theirs, replicas_derive(store));
  if (theirs) return false;
  const Status done = engine::project_all(journal, derived, policy, progress);
  if (done) return true;
  // One may have started meanwhile.
  if (done.error().code == ErrorCode::kConflict) {
    ASSIGN_OR_RETURN(theirs, replicas_derive(store));
  }
  if (theirs) return false;
  return std::unexpected(done.error());
}

Result<store::Stores> open_stores(const Config& config, const std::filesystem::path& folder) {
  ASSIGN_OR_RETURN(auto journal, open_journal(config.store, folder));
  ASSIGN_OR_RETURN(auto derived, open_derived(config.store, folder));
  if (!is_postgres(config.store)) return store::Stores(std::move(journal), std::move(derived));
  ASSIGN_OR_RETURN(auto fleet, store::open_postgres_fleet(config.store, host_name(), kVersion));
  ASSIGN_OR_RETURN(journal, with_spool(std::move(journal), config, folder));
  return store::Stores(std::move(journal), std::move(derived), std::move(fleet));
}

}  // namespace fairlead::app
