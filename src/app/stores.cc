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

Result<store::Stores> open_in_folder(const std::filesystem::path& folder) {
  ASSIGN_OR_RETURN(auto journal, store::open_sqlite_journal(folder));
  ASSIGN_OR_RETURN(auto derived, store::open_sqlite_derived(folder));
  return store::Stores(std::move(journal), std::move(derived));
}

Result<std::unique_ptr<store::Journal>> with_spool(std::unique_ptr<store::Journal> journal, const Config& config,
                                                   const std::filesystem::path& folder) {
  if (config.spool_bytes_max == 0) return journal;
  store::SpoolingOptions options;
  options.spool.bytes_max = config.spool_bytes_max;
  options.report = [](const std::string& what) { spdlog::warn("{}", what); };
  return store::open_spooling_journal(folder / "spool", std::move(journal), std::move(options));
}

Result<store::Stores> open_on_postgres(const Config& config, const std::filesystem::path& folder) {
  ASSIGN_OR_RETURN(auto journal, store::open_postgres_journal(config.store));
  ASSIGN_OR_RETURN(auto derived, store::open_postgres_derived(config.store));
  ASSIGN_OR_RETURN(auto fleet, store::open_postgres_fleet(config.store, host_name(), kVersion));
  ASSIGN_OR_RETURN(journal, with_spool(std::move(journal), config, folder));
  return store::Stores(std::move(journal), std::move(derived), std::move(fleet));
}

}  // namespace

bool is_postgres(std::string_view store) {
  return store.starts_with("postgres://") || store.starts_with("postgresql://");
}

Result<store::Stores> open_stores(const Config& config, const std::filesystem::path& folder) {
  return is_postgres(config.store) ? open_on_postgres(config, folder) : open_in_folder(folder);
}

}  // namespace fairlead::app
