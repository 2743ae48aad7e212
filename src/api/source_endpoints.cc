#include "api/source_endpoints.h"

#include "api/json_out.h"
#include "api/read_call.h"
#include "store/outcome_counts.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

/// Of each source; `rows` leads to the others.
constexpr std::size_t kLatestDeliveries = 5;

/// Where the tool posts to, and whether it could; never with what.
json::array hooks_json(const Context& context, std::string_view source) {
  json::array hooks;
  for (const HookOptions& hook : context.options.hooks) {
    if (hook.source != source) continue;
    const std::string path = "/hooks/" + hook.source + (hook.name.empty() ? "" : "/" + hook.name);
    hooks.push_back(json::object{
        {"name", hook.name}, {"path", context.options.base_path + path}, {"active_secrets", hook.secrets.size()}});
  }
  return hooks;
}

json::value last_delivered_at(const HookCounters& counters, const std::vector<store::DeliveryOutcome>& latest) {
  // A hook counts before its delivery is projected, and a delivery is remembered over a restart.
  Instant last{counters.last_delivered_ms.load()};
  if (!latest.empty()) last = std::max(last, latest.front().received_at);
  return last == Instant{} ? json::value(nullptr) : json::value(format_time(last));
}

Result<json::object> source_json(ReadCall& call, const sources::Source& source, const store::OutcomeCounts& counts) {
  const Context& context = call.context;
  const SourceName name = source.name();
  const HookCounters& counters = context.hook_counters.find(name.text)->second;
  ASSIGN_OR_RETURN(const auto latest, call.reader.outcomes_of(name, {}, kLatestDeliveries));
  json::array items;
  for (const store::DeliveryOutcome& row : latest) {
    items.push_back(json::object{{"id", format_position(row.position)},
                                 {"at", format_time(row.received_at)},
                                 {"outcome", to_string(row.outcome)},
                                 {"reason", row.reason}});
  }
  json::object out{{"name", name.text}, {"title", source.title()}, {"hooks", hooks_json(context, name.text)}};
  for (const auto& [outcome, count] : counts) out[outcome] = count;
  out["delivered"] = counters.delivered.load();
  out["signature_failures"] = counters.signature_failures.load();
  out["last_delivered_at"] = last_delivered_at(counters, latest);
  out["latest"] = std::move(items);
  out["rows"] = context.options.base_path + "/api/v1/deliveries?source=" + encode_query(name.text);
  return out;
}

Result<http::Response> read_sources(ReadCall& call) {
  ASSIGN_OR_RETURN(const auto by_source, call.reader.outcome_counts_by_source());
  json::array items;
  for (const sources::Source* source : call.context.options.sources) {
    const auto counts = by_source.find(source->name());
    ASSIGN_OR_RETURN(json::object item,
                     source_json(call, *source, counts == by_source.end() ? store::no_outcomes() : counts->second));
    items.push_back(std::move(item));
  }
  json::object out;
  out["items"] = std::move(items);
  out["next_cursor"] = nullptr;
  json::object outcomes;
  for (const auto& [outcome, count] : store::total_of(by_source)) outcomes[outcome] = count;
  out["outcomes"] = std::move(outcomes);
  return http::Response::json(200, to_json_text(out));
}

json::object delivery_json(const store::DeliveryOutcome& row) {
  return {{"lane", row.position.lane},
          {"sequence", row.position.sequence},
          {"source", row.source.text},
          {"outcome", to_string(row.outcome)},
          {"reason", row.reason},
          {"observations", row.observations},
          {"received_at", format_time(row.received_at)}};
}

Result<http::Response> read_deliveries(ReadCall& call) {
  static const std::vector<std::string> kColumns{"lane",   "sequence",     "source",     "outcome",
                                                 "reason", "observations", "received_at"};
  const Parameters& parameters = call.parameters;
  std::optional<JournalPosition> before;
  if (!parameters.cursor.empty()) {
    before = parse_position(parameters.cursor);
    if (!before) return fail(ErrorCode::kInvalid, "the cursor is not one that this list gave");
  }
  ASSIGN_OR_RETURN(const std::vector<store::DeliveryOutcome> rows,
                   parameters.source ? call.reader.outcomes_of(*parameters.source, before, parameters.limit + 1)
                                     : call.reader.outcomes(before, parameters.limit + 1));
  json::array items;
  std::string next_cursor;
  for (const store::DeliveryOutcome& row : rows) {
    if (items.size() == parameters.limit) {
      next_cursor = format_position(rows[items.size() - 1].position);
      break;
    }
    items.push_back(delivery_json(row));
  }
  return list_response(call, std::move(items), next_cursor, kColumns);
}

}  // namespace

void add_source_endpoints(Endpoints& endpoints, Context& context) {
  endpoints.push_back(read_endpoint(
      context, "/api/v1/sources", "listSources", "operation",
      "The tools that can send: their hooks, what became of their deliveries, the latest of them, and what came or was "
      "refused since the start.",
      {}, {{200, "All sources.", "SourceList"}}, read_sources));
  endpoints.push_back(read_endpoint(
      context, "/api/v1/deliveries", "listDeliveries", "operation",
      "The latest deliveries with their outcome and its reason, newest first.", {"source", "limit", "cursor", "format"},
      {{200, "A page of deliveries.", "DeliveryList"}, {200, "The same as CSV.", "", "text/csv"}}, read_deliveries));
}

}  // namespace fairlead::api
