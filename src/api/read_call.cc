#include "api/read_call.h"

#include <chrono>
#include <memory>

#include "api/csv.h"
#include "api/json_out.h"
#include "api/problems.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

http::Response answer(Context& context, const http::Request& request, const Parameters& parameters, Instant now,
                      const Read& read) {
  const auto started = std::chrono::steady_clock::now();
  Result<std::unique_ptr<store::DerivedReader>> reader = context.engine.read();
  if (!reader) return problem_of(reader.error());
  ReadCall call{context, request, parameters, **reader, now};
  Result<http::Response> response = read(call);
  if (!response) return problem_of(response.error());
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - started;
  response->headers.emplace_back("Server-Timing", fmt::format("report;dur={:.3f}", spent.count()));
  response->headers.emplace_back("Cache-Control", "no-store");
  return *std::move(response);
}

std::string next_page_url(const ReadCall& call, std::string_view cursor) {
  std::string url = call.context.options.base_path + call.request.path + "?";
  for (const auto& [name, value] : call.request.query) {
    if (name != "cursor") url += name + "=" + encode_query(value) + "&";
  }
  return url + "cursor=" + encode_query(cursor);
}

}  // namespace

http::Handler read_handler(Context& context, std::vector<std::string_view> names, Read read) {
  return [&context, names = std::move(names), read = std::make_shared<const Read>(std::move(read))](
             http::Request request, http::Responder responder) {
    const Instant now = context.clock.now();
    Result<Parameters> parameters =
        parse_parameters(request, names, context.options, now, context.engine.policy().zone);
    if (!parameters) return responder(problem_of(parameters.error()));

    struct Call {
      http::Request request;
      Parameters parameters;
      http::Responder responder;
    };
    const auto call = std::make_shared<Call>(std::move(request), *std::move(parameters), std::move(responder));
    const Status passed = context.gate.pass(call->request, [&context, read, call](ReadGate::Passed how) {
      if (how == ReadGate::Passed::kRefused) {
        return call->responder(unavailable("Too many reads wait for what was just written.", 1));
      }
      // The time of the report is taken after the wait, so that what was waited for lies before it.
      http::Response response = answer(context, call->request, call->parameters, context.clock.now(), *read);
      if (how == ReadGate::Passed::kLate) {
        response.headers.emplace_back("Fairlead-Lag", std::to_string(context.gate.lag()));
      }
      call->responder(std::move(response));
    });
    if (!passed) call->responder(problem_of(passed.error()));
  };
}

Endpoint read_endpoint(Context& context, std::string pattern, std::string_view id, std::string_view tag,
                       std::string_view summary, std::vector<std::string_view> names, std::vector<Reply> replies,
                       Read read) {
  http::Handler handler = read_handler(context, names, std::move(read));
  return {{http::Method::kGet, std::move(pattern), http::Access::kViewer, http::RunOn::kPool, limits::kBodyBytesMax,
           std::move(handler)},
          id,
          tag,
          summary,
          std::move(names),
          {},
          {},
          std::move(replies)};
}

http::Response list_response(const ReadCall& call, json::array items, std::string_view next_cursor,
                             std::span<const std::string> columns) {
  http::Response response;
  if (call.parameters.format == Format::kCsv) {
    response = http::Response::text(200, to_csv(columns, items), "text/csv; charset=utf-8; header=present");
  } else {
    json::object list;
    list["items"] = std::move(items);
    list["next_cursor"] = next_cursor.empty() ? json::value(nullptr) : json::value(next_cursor);
    response = http::Response::json(200, to_json_text(list));
  }
  if (!next_cursor.empty()) {
    response.headers.emplace_back("Link", "<" + next_page_url(call, next_cursor) + ">; rel=\"next\"");
  }
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

Result<store::EntityRow> entity_of_path(ReadCall& call, EntityKind kind) {
  const std::string& text = call.request.path_parameters[0];
  const Result<EntityKey> key = EntityKey::from_hex(text);
  if (key) {
    ASSIGN_OR_RETURN(std::optional<store::EntityRow> row, call.reader.entity(*key));
    if (row && kind_of(row->entity) == kind) return *std::move(row);
  }
  return fail(ErrorCode::kNotFound, "there is no {} with the key '{}'", to_string(kind), text);
}

}  // namespace fairlead::api
