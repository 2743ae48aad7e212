#include "api/health/server_health.h"

#include <algorithm>
#include <map>

#include "api/admin_action.h"
#include "api/json_out.h"
#include "api/operation_endpoints.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

Finding unreadable(std::string check, const Error& error) {
  if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout) {
    return Finding::failing(std::move(check), error.message, "Bring the store back, or mend the way to it.");
  }
  return Finding::failing(std::move(check), error.message,
                          "Look at the disk and the server's log; `fairlead verify` says what is damaged.");
}

void add_sources(std::vector<Finding>& findings, Context& context, store::DerivedReader& reader, Instant now) {
  auto facts = facts_of_sources(reader, context.options.hooks);
  if (!facts) return findings.push_back(unreadable("sources", facts.error()));
  for (SourceFacts& source : *facts) {
    const auto counters = context.hook_counters.find(source.name);
    if (counters != context.hook_counters.end()) {
      source.signature_failures = counters->second.signature_failures;
      // A hook counts before its delivery is projected.
      if (const Instant last{counters->second.last_delivered_ms.load()}; last.ms > 0) {
        source.last_delivered_at = std::max(source.last_delivered_at.value_or(last), last);
      }
    }
    findings.push_back(check_source(source, now));
  }
  if (facts->empty()) {
    findings.push_back(Finding::warning("sources", "no source is set up and nothing came yet",
                                        "Set up a webhook, post events, or import a repository (see README)."));
  }
}

void add_derived(std::vector<Finding>& findings, Context& context, Instant now) {
  const auto reader = context.engine.read();
  if (!reader) return findings.push_back(unreadable("derivation", reader.error()));
  const auto lag = lag_of(context.engine.journal(), **reader);
  findings.push_back(lag ? check_lag(*lag, now) : unreadable("projection", lag.error()));
  findings.push_back(check_derivation(context.engine.stats()));
  add_sources(findings, context, **reader, now);
}

Finding check_store(Context& context) {
  if (context.engine.stats().storage_failed) {
    return Finding::failing("store", "a write to the disk failed, so that nothing is taken any more",
                            "Look at the disk, then restart the server.");
  }
  return check_journal(context.engine.journal());
}

}  // namespace

Result<LagFacts> lag_of(store::Journal& journal, store::DerivedReader& reader) {
  LagFacts lag;
  for (std::uint32_t lane = 0; lane < journal.lanes(); ++lane) {
    ASSIGN_OR_RETURN(const std::uint64_t last, journal.last_sequence(lane));
    ASSIGN_OR_RETURN(const std::uint64_t projected, reader.position(lane));
    if (projected >= last) continue;
    lag.rows += last - projected;
    ASSIGN_OR_RETURN(const auto row, journal.row({lane, projected + 1}));
    if (!row) continue;
    const Instant at = row->delivery.received_at;
    lag.oldest_received_at = std::min(lag.oldest_received_at.value_or(at), at);
  }
  return lag;
}

Result<std::vector<SourceFacts>> facts_of_sources(store::DerivedReader& reader, const std::vector<HookOptions>& hooks) {
  std::map<std::string, SourceFacts> facts;
  for (const HookOptions& hook : hooks) {
    SourceFacts& source = facts[hook.source];
    ++source.hooks;
    if (hook.secrets.empty()) ++source.hooks_without_secret;
  }
  ASSIGN_OR_RETURN(const auto outcomes, reader.outcome_counts_by_source());
  for (const auto& [name, counts] : outcomes) facts[name.text].outcomes = counts;
  std::vector<SourceFacts> out;
  for (auto& [name, source] : facts) {
    source.name = name;
    ASSIGN_OR_RETURN(const auto latest, reader.outcomes_of(SourceName(name), {}, 1));
    if (!latest.empty()) source.last_delivered_at = latest.front().received_at;
    out.push_back(std::move(source));
  }
  return out;
}

Finding check_journal(store::Journal& journal) {
  std::uint64_t deliveries = 0;
  for (std::uint32_t lane = 0; lane < journal.lanes(); ++lane) {
    const auto last = journal.last_sequence(lane);
    if (!last) return unreadable("store", last.error());
    deliveries += *last;
    if (*last == 0) continue;
    const auto row = journal.row({lane, *last});
    if (!row) return unreadable("store", row.error());
    if (!*row) {
      return unreadable("store", {ErrorCode::kCorrupt, fmt::format("delivery {} of lane {} is missing", *last, lane)});
    }
  }
  return Finding::ok("store",
                     fmt::format("{} in {}; the newest can be read", counted(deliveries, "delivery", "deliveries"),
                                 counted(journal.lanes(), "lane")));
}

Result<std::optional<Instant>> newest_received_at(store::Journal& journal) {
  std::optional<Instant> newest;
  for (std::uint32_t lane = 0; lane < journal.lanes(); ++lane) {
    ASSIGN_OR_RETURN(const std::uint64_t last, journal.last_sequence(lane));
    ASSIGN_OR_RETURN(const auto row, journal.row({lane, last}));
    if (row) newest = std::max(newest.value_or(row->delivery.received_at), row->delivery.received_at);
  }
  return newest;
}

std::vector<Finding> look_at_server(Context& context) {
  const Instant now = context.clock.now();
  std::vector<Finding> findings;
  findings.push_back(check_store(context));
  findings.push_back(check_queue(context.engine.stats(), limits::kIngestQueueRowsMax));
  if (const auto spool = context.engine.journal().spool()) findings.push_back(check_spool(*spool, now));
  add_derived(findings, context, now);
  if (store::Fleet* const fleet = context.engine.fleet()) {
    const auto replicas = fleet->replicas();
    findings.push_back(replicas ? check_fleet(*replicas, true, now) : unreadable("replicas", replicas.error()));
  }
  if (const auto& folder = context.options.data_folder; !folder.empty()) {
    findings.push_back(check_disk(disk_space(folder), folder.string()));
  }
  const auto newest = newest_received_at(context.engine.journal());
  findings.push_back(check_clock(now, context.clock_watch.look(), newest ? *newest : std::nullopt));
  if (const auto usage = open_descriptors()) findings.push_back(check_descriptors(*usage));
  if (const auto usage = memory()) findings.push_back(check_memory(*usage));
  const auto& settings = context.options.settings;
  findings.insert(findings.end(), settings.begin(), settings.end());
  return findings;
}

void add_server_health_endpoint(Endpoints& endpoints, Context& context) {
  Endpoint endpoint = admin_endpoint(
      context, http::Method::kGet, "/api/v1/admin/health", "getServerHealth",
      "What this server finds out about itself, each with what to do; the worst first.", "",
      {{200, "The findings.", "ServerHealth"}},
      [](Context& its_context, const http::Request&) -> Result<http::Response> {
        http::Response response = http::Response::json(
            200, to_json_text(health_json(look_at_server(its_context), format_time(its_context.clock.now()),
                                          its_context.options.version)));
        response.headers.emplace_back("Cache-Control", "no-store");
        return response;
      });
  endpoint.route.access = http::Access::kOperator;
  endpoints.push_back(std::move(endpoint));
}

}  // namespace fairlead::api
