#include "app/store_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/account_commands.h"
#include "app/backup.h"
#include "app/doctor.h"
#include "app/journal_address.h"
#include "app/migrate.h"
#include "app/stores.h"
#include "base/clock.h"

namespace fairlead::app {
namespace {

/// Runs `act` on the journal that the configuration and the command line name, and prints what it says of itself.
template <class Act>
Outcome with_journal(const CommandLine& line, Act act) {
  const auto config = merged_config(line);
  if (!config) return std::unexpected(config.error());
  auto address = parse_journal_address(config->store, config->data);
  if (!address) return wrong_usage(std::move(address).error());
  return print_told(act(*address));
}

}  // namespace

Outcome run_export(const CommandLine& line) {
  return with_administration(line, false, [&](Administration& administration, const Config& config) -> Status {
    ASSIGN_OR_RETURN(const ExportReport report, administration.export_lines(config.policy, print));
    if (report.waiting) {
      fmt::print(stderr,
                 "fairlead: replicas work on this database: this is what they have derived so far ({} deliveries "
                 "wait)\n",
                 *report.waiting);
    }
    if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
      return fail(ErrorCode::kIo, "the export could not be written to the end: make room where it goes");
    }
    return {};
  });
}

Outcome run_verify(const CommandLine& line) {
  return with_administration(line, false, [&](Administration& administration, const Config& config) -> Status {
    ASSIGN_OR_RETURN(const VerifyReport report, administration.verify(config.policy));
    print(fmt::format("journal: {} deliveries, every checksum is right\n", report.deliveries));
    if (report.derived_hash) {
      print(fmt::format("derived data: equal to a rebuild, sha256 {}\n", *report.derived_hash));
    } else {
      print(fmt::format(
          "derived data: not compared with a rebuild, because {} and verify again for that\n",
          is_postgres(config.store) ? "replicas derive it meanwhile; stop all of them" : "a server runs; stop it"));
    }
    return {};
  });
}

Outcome run_replay(const CommandLine& line) {
  auto config = effective_config(line);
  if (!config) return std::unexpected(std::move(config).error());
  auto deliveries = replay(config->data, config->store, config->policy);
  if (!deliveries) return std::unexpected(Failure{std::move(deliveries).error()});
  print(fmt::format("derived data was built anew from {} deliveries\n", *deliveries));
  return {};
}

Outcome run_backup(const CommandLine& line) {
  return with_journal(line, [&](const JournalAddress& from) {
    return line.only_verify ? check_backup(line.file) : back_up(from, line.file, SystemClock());
  });
}

Outcome run_restore(const CommandLine& line) {
  return with_journal(line, [&](const JournalAddress& to) { return restore_backup(line.file, to, SystemClock()); });
}

Outcome run_doctor(const CommandLine& line) {
  const auto config = merged_config(line);
  if (!config) return std::unexpected(config.error());
  const auto store = parse_journal_address(config->store, config->data);
  if (!store) return wrong_usage(store.error());
  const SystemClock clock;
  const std::vector<api::Finding> findings = examine(*store, *config, clock);
  print(line.as_json ? as_json(findings, clock) : in_words(findings));
  const auto failing = std::ranges::count(findings, api::Finding::State::kFailing, &api::Finding::state);
  if (failing == 0) return {};
  return outcome_of(fail(ErrorCode::kUnavailable, "{} of {} findings need you now", failing, findings.size()));
}

Outcome run_migrate(const CommandLine& line) {
  const auto from = parse_journal_address(line.from, {});
  if (!from) return wrong_usage(from.error());
  const auto to = parse_journal_address(line.to, {});
  if (!to) return wrong_usage(to.error());
  return print_told(migrate(*from, *to, SystemClock()));
}

}  // namespace fairlead::app
