#include "api/operation_endpoints.h"

#include <charconv>
#include <functional>

#include "api/json_out.h"
#include "api/problems.h"
#include "api/read_call.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

json::object source_json(const Context& context, const sources::Source& source) {
  const HookCounters& counters = context.hook_counters.find(source.name().text)->second;
  json::array hooks;
  for (const HookOptions& hook : context.options.hooks) {
    if (hook.source != source.name().text) continue;
    const std::string path = "/hooks/" + hook.source + (hook.name.empty() ? "" : "/" + hook.name);
    hooks.push_back(json::object{
        {"name", hook.name}, {"path", context.options.base_path + path}, {"active_secrets", hook.secrets.size()}});
  }
  const std::int64_t last = counters.last_delivered_ms.load();
  return {{"name", source.name().text},
          {"hooks", std::move(hooks)},
          {"delivered", counters.delivered.load()},
          {"signature_failures", counters.signature_failures.load()},
          {"last_delivered_at", last == 0 ? json::value(nullptr) : json::value(format_time(Instant{last}))}};
}

Result<http::Response> read_sources(ReadCall& call) {
  json::array items;
  for (const sources::Source* source : call.context.options.sources) {
    items.push_back(source_json(call.context, *source));
  }
  json::object out;
  out["items"] = std::move(items);
  out["next_cursor"] = nullptr;
  ASSIGN_OR_RETURN(const auto counts, call.reader.outcome_counts());
  json::object outcomes;
  for (const auto& [outcome, count] : counts) outcomes[outcome] = count;
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
  std::optional<JournalPosition> before;
  if (!call.parameters.cursor.empty()) {
    before = parse_position(call.parameters.cursor);
    if (!before) return fail(ErrorCode::kInvalid, "the cursor is not one that this list gave");
  }
  ASSIGN_OR_RETURN(const std::vector<store::DeliveryOutcome> rows,
                   call.reader.outcomes(before, call.parameters.limit + 1));
  json::array items;
  std::string next_cursor;
  for (const store::DeliveryOutcome& row : rows) {
    if (items.size() == call.parameters.limit) {
      next_cursor = format_position(rows[items.size() - 1].position);
      break;
    }
    items.push_back(delivery_json(row));
  }
  return list_response(call, std::move(items), next_cursor, kColumns);
}

void open_stream(Context& context, const http::Request& request, http::Responder& responder) {
  if (!request.query.empty()) {
    return responder(http::problem(400, "Bad Request",
                                   fmt::format("unknown parameter '{}': this takes none", request.query[0].first)));
  }
  std::optional<std::uint64_t> last_event_id;
  if (const auto text = request.header("last-event-id"); text && !text->empty()) {
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
    const bool readable = error == std::errc{} && end == text->data() + text->size();
    // An id that is not ours gets what one that is too old gets: a resync.
    last_event_id = readable ? id : std::numeric_limits<std::uint64_t>::max();
  }
  // Under a session the stream is the session's, and ends with it.
  std::function<bool()> allowed;
  if (const auto key = request.header(kSessionHeader)) {
    allowed = [&context, session = std::string(*key)] { return context.sessions.alive(session); };
  }
  const std::string_view owner = request.header(kSessionHeader).value_or(actor_of(request));
  responder(context.streams.open(std::string(owner), last_event_id, std::move(allowed)));
}

}  // namespace

void add_operation_endpoints(Endpoints& endpoints, Context& context) {
  endpoints.push_back(read_endpoint(
      context, "/api/v1/sources", "listSources", "operation",
      "The tools that can send, their hooks, and what came since the start; outcomes of all deliveries ever.", {},
      {{200, "All sources.", "SourceList"}}, read_sources));
  endpoints.push_back(read_endpoint(
      context, "/api/v1/deliveries", "listDeliveries", "operation",
      "The latest deliveries with their outcome and its reason, newest first.", {"limit", "cursor", "format"},
      {{200, "A page of deliveries.", "DeliveryList"}, {200, "The same as CSV.", "", "text/csv"}}, read_deliveries));
  endpoints.push_back(
      {{http::Method::kGet, "/api/v1/stream", http::Access::kViewer, http::RunOn::kConnection, limits::kBodyBytesMax,
        [&context](const http::Request& request, http::Responder responder) {
          open_stream(context, request, responder);
        }},
       "openStream",
       "operation",
       "Server-sent events: `ready`, `delivery`, `entity`, `report`, and `resync` where the client must "
       "read everything anew. Last-Event-ID goes on where a client was.",
       {},
       {},
       {},
       {{200, "A stream that stays open.", "", "text/event-stream"},
        {503, "Too many streams.", "Problem", http::kProblemType}}});
}

}  // namespace fairlead::api
