#include "app/doctor.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "api/health/checks.h"
#include "api/health/server_health.h"
#include "app/control_client.h"
#include "app/data_folder.h"
#include "app/derived_files.h"
#include "app/journal_address.h"
#include "app/progress.h"
#include "app/stores.h"
#include "app/version.h"
#include "app/weak_settings.h"
#include "store/postgres/postgres_store.h"

namespace fairlead::app {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using api::Finding;

void add(std::vector<Finding>& findings, std::vector<Finding> more) {
  for (Finding& finding : more) findings.push_back(std::move(finding));
}

/// What a member of the server's answer says; empty where it is absent or null.
std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const member = object.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

Result<std::vector<Finding>> findings_in(const std::string& answer) {
  boost::system::error_code error;
  const json::value value = json::parse(answer, error);
  const json::value* const items = !error && value.is_object() ? value.get_object().if_contains("findings") : nullptr;
  if (items == nullptr || !items->is_array()) {
    return fail(ErrorCode::kUnavailable, "the server's answer cannot be read");
  }
  std::vector<Finding> findings;
  for (const json::value& item : items->get_array()) {
    if (!item.is_object()) continue;
    const json::object& object = item.get_object();
    Finding finding{text_of(object, "check"), Finding::State::kFailing, text_of(object, "seen"),
                    text_of(object, "action")};
    for (const auto state : {Finding::State::kOk, Finding::State::kWarning}) {
      if (text_of(object, "state") == api::to_string(state)) finding.state = state;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

Finding check_disk_of(const fs::path& folder) {
  return api::check_disk(api::disk_space(folder), folder.string());
}

/// Beside a server that holds the folder.
std::vector<Finding> ask_server(const Config& config) {
  const auto answer = ControlClient(config.data).call("GET", "/api/v1/admin/health");
  auto findings = answer ? findings_in(*answer) : std::unexpected(answer.error());
  if (findings) {
    findings->push_back(Finding::ok("server", fmt::format("it runs on {} and answers", config.data.string())));
    return std::move(*findings);
  }
  std::vector<Finding> out{Finding::failing("server", findings.error().message,
                                            "Look at its log. If it hangs, restart it: nothing acknowledged is lost."),
                           check_disk_of(config.data)};
  add(out, weak_settings(config));
  return out;
}

Finding check_every_row(store::Journal& journal) {
  Progress progress("checksums");
  const auto rows = journal.verify(std::ref(progress));
  if (rows)
    return Finding::ok("store",
                       fmt::format("{}, every checksum is right", api::counted(*rows, "delivery", "deliveries")));
  return Finding::failing(
      "store", rows.error().message,
      "Keep the folder as it is, restore a backup into another one (`fairlead restore`), and have the disk checked.");
}

/// What only the derived data tells. It can always be built anew, so that nothing about it is worse than a warning.
std::vector<Finding> check_derived(const JournalAddress& address, store::Journal& journal, const Config& config,
                                   Instant now) {
  const auto failed = [](const Error& error) {
    return std::vector{Finding::warning("derivation", error.message, "Run `fairlead replay`: it builds it anew.")};
  };
  if (address.uri.empty() && !fs::exists(address.folder / kDerivedName)) {
    return {Finding::ok("projection", "nothing is derived yet; the next start does it")};
  }
  const auto derived = open_derived(address.store(), address.folder);
  if (!derived) return failed(derived.error());
  const auto reader = (*derived)->read();
  if (!reader) return failed(reader.error());
  const auto lag = api::lag_of(journal, **reader);
  if (!lag) return failed(lag.error());
  const auto sources = api::facts_of_sources(**reader, config.hooks);
  if (!sources) return failed(sources.error());
  std::vector<Finding> findings{
      Finding::ok("projection", fmt::format("{} for a server to be seen in reports",
                                            api::counted(lag->rows, "delivery waits", "deliveries wait")))};
  for (const api::SourceFacts& source : *sources) findings.push_back(api::check_source(source, now));
  return findings;
}

/// Opening the fleet's tables brings them forward, as with all else that is opened here.
Finding check_replicas(const JournalAddress& address, Instant now) {
  const auto fleet = store::open_postgres_fleet(address.uri, "doctor", kVersion);
  const auto replicas = fleet ? (*fleet)->replicas() : std::unexpected(fleet.error());
  if (replicas) return api::check_fleet(*replicas, false, now);
  return Finding::failing("replicas", replicas.error().message, "Bring the database back, or mend the way to it.");
}

/// Where no server of this machine runs.
std::vector<Finding> look_into_store(const JournalAddress& address, store::Journal& journal, const Config& config,
                                     Instant now) {
  std::vector<Finding> findings{
      Finding::warning("server", fmt::format("none runs on {} on this machine", config.data.string()),
                       "Start it, so that deliveries are taken here: " + address.serve_hint()),
      check_every_row(journal)};
  if (is_folder(config.data)) findings.push_back(check_disk_of(config.data));
  if (!address.uri.empty()) findings.push_back(check_replicas(address, now));
  const auto newest = api::newest_received_at(journal);
  findings.push_back(api::check_clock(now, std::nullopt, newest ? *newest : std::nullopt));
  add(findings, check_derived(address, journal, config, now));
  add(findings, weak_settings(config));
  return findings;
}

/// A server with its journal in a database holds its data folder as well, if it has one.
bool server_holds(const fs::path& folder) {
  const auto held = DataFolder::hold(folder, DataFolder::Missing::kRefuse);
  return !held && held.error().code == ErrorCode::kConflict;
}

}  // namespace

std::vector<Finding> examine(const JournalAddress& store, Config config, const Clock& clock) {
  const bool in_folder = store.uri.empty();
  if (in_folder) config.data = store.folder;
  std::error_code ignored;
  if (in_folder && is_folder(config.data) && !fs::exists(config.data / "journal.db", ignored)) {
    return {Finding::failing("store", fmt::format("there is no journal in {}", config.data.string()),
                             "Name the folder that the server uses with --data, or start it to make one.")};
  }
  if (!in_folder && is_folder(config.data) && server_holds(config.data)) return ask_server(config);
  const auto opened = open_journal(store, DataFolder::Missing::kRefuse);
  if (opened) return look_into_store(store, *opened->journal, config, clock.now());
  if (opened.error().code == ErrorCode::kConflict) return ask_server(config);
  std::vector<Finding> findings{
      Finding::failing("store", opened.error().message,
                       in_folder ? "If the disk is well: restore a backup (`fairlead restore`) into another folder."
                                 : "Bring the database back, or mend the way to it or the address.")};
  if (is_folder(config.data)) findings.push_back(check_disk_of(config.data));
  return findings;
}

std::string in_words(const std::vector<Finding>& findings) {
  std::size_t width = 0;
  for (const Finding& finding : findings) width = std::max(width, finding.check.size());
  std::string out;
  for (const Finding& finding : api::worst_first(findings)) {
    out += fmt::format("{:7}  {:{}}  {}\n", api::to_string(finding.state), finding.check, width, finding.seen);
    if (!finding.action.empty()) out += fmt::format("{:{}}-> {}\n", "", width + 11, finding.action);
  }
  return out;
}

std::string as_json(const std::vector<Finding>& findings, const Clock& clock) {
  return json::serialize(api::health_json(findings, format_time(clock.now()), kVersion)) + "\n";
}

}  // namespace fairlead::app
