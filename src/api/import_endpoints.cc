#include "api/import_endpoints.h"

#include <boost/json/array.hpp>

#include "api/admin_action.h"
#include "api/imports.h"
#include "api/json_body.h"
#include "api/json_out.h"
#include "api/problems.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

constexpr int kRetryAfterSeconds = 10;

std::string_view word_of(ImportState state) {
  switch (state) {
    case ImportState::kQueued:
      return "queued";
    case ImportState::kRunning:
      return "running";
    case ImportState::kSucceeded:
      return "succeeded";
    case ImportState::kFailed:
      return "failed";
    case ImportState::kCancelled:
      break;
  }
  return "cancelled";
}

std::string_view word_of(ImportPhase phase) {
  switch (phase) {
    case ImportPhase::kFetching:
      return "fetching";
    case ImportPhase::kReading:
      return "reading";
    case ImportPhase::kLinking:
      break;
  }
  return "linking";
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value time_or_null(const std::optional<Instant>& at) {
  return at ? json::value(format_time(*at)) : json::value(nullptr);
}

json::object import_json(const Import& import) {
  json::array remarks;
  for (const std::string& remark : import.remarks) remarks.emplace_back(remark);
  return {{"id", import.id},
          {"url", import.url},
          {"state", word_of(import.state)},
          {"phase", text_or_null(import.state == ImportState::kRunning ? word_of(import.phase) : "")},
          {"commits_total", import.commits_total ? json::value(*import.commits_total) : json::value(nullptr)},
          {"commits", import.commits},
          {"events", import.events},
          {"releases", import.releases},
          {"nothing_new", import.nothing_new},
          {"remarks", std::move(remarks)},
          {"repository", text_or_null(import.repository)},
          {"service", text_or_null(import.service)},
          {"first_release_at", time_or_null(import.first_release_at)},
          {"last_release_at", time_or_null(import.last_release_at)},
          {"error", text_or_null(import.error)},
          {"created_at", format_time(import.created_at)},
          {"started_at", time_or_null(import.started_at)},
          {"finished_at", time_or_null(import.finished_at)}};
}

http::Response answer(int status, const Import& import) {
  return http::Response::json(status, to_json_text(import_json(import)));
}

Result<http::Response> start_import(Context& context, const http::Request& request) {
  ASSIGN_OR_RETURN(const json::object body, body_object(request, {"url"}));
  const std::string url(body.at("url").as_string());
  const Result<Imports::Started> started = context.options.imports->start(url);
  if (!started && started.error().code == ErrorCode::kUnavailable) {
    return unavailable(started.error().message, kRetryAfterSeconds);
  }
  if (!started) return std::unexpected(started.error());
  if (started->is_new) {
    if (const Status audited = audit(context, request, "import.start", started->import.url); !audited) {
      (void)context.options.imports->cancel(started->import.id);
      return std::unexpected(audited.error());
    }
  }
  http::Response response = answer(started->is_new ? 202 : 200, started->import);
  response.headers.emplace_back("Location", context.options.base_path + "/api/v1/imports/" + started->import.id);
  return response;
}

Result<http::Response> list_imports(Context& context, const http::Request&) {
  json::array items;
  for (const Import& import : context.options.imports->list()) items.push_back(import_json(import));
  return http::Response::json(200, to_json_text(json::object{{"items", std::move(items)}, {"next_cursor", nullptr}}));
}

Result<http::Response> read_import(Context& context, const http::Request& request) {
  ASSIGN_OR_RETURN(const Import import, context.options.imports->find(request.path_parameters[0]));
  return answer(200, import);
}

Result<http::Response> cancel_import(Context& context, const http::Request& request) {
  const std::string& id = request.path_parameters[0];
  ASSIGN_OR_RETURN(Import import, context.options.imports->find(id));
  if (!import.ended()) {
    RETURN_IF_ERROR(audit(context, request, "import.cancel", import.url));
    ASSIGN_OR_RETURN(import, context.options.imports->cancel(id));
  }
  return answer(200, import);
}

}  // namespace

void add_import_endpoints(Endpoints& endpoints, Context& context) {
  if (context.options.imports == nullptr) return;
  const auto add = [&](http::Method method, std::string pattern, std::string_view id, std::string_view summary,
                       std::string_view body, std::vector<Reply> replies, AdminAction action) {
    endpoints.push_back(
        admin_endpoint(context, method, std::move(pattern), id, summary, body, std::move(replies), std::move(action)));
    endpoints.back().tag = "import";
  };
  const Reply missing{404, "No such import.", "Problem", http::kProblemType};
  add(http::Method::kPost, "/api/v1/imports", "startImport",
      "Imports the history of a repository in the background: its commits, and its release tags as deployments.",
      "NewImport",
      {{202, "It is queued; `Location` says where to look.", "Import"},
       {200, "The same address is queued or running already.", "Import"},
       {503, "Too many wait already: come back after Retry-After.", "Problem", http::kProblemType}},
      start_import);
  add(http::Method::kGet, "/api/v1/imports", "listImports",
      "The latest imports since the server started, newest first.", "", {{200, "The list.", "ImportList"}},
      list_imports);
  add(http::Method::kGet, "/api/v1/imports/{id}", "getImport", "One import, as far as it has come.", "",
      {{200, "The import.", "Import"}, missing}, read_import);
  add(http::Method::kDelete, "/api/v1/imports/{id}", "cancelImport",
      "Ends an import: a queued one at once, a running one soon; what is stored stays. One that has ended stays as it "
      "is.",
      "", {{200, "The import.", "Import"}, missing}, cancel_import);
}

}  // namespace fairlead::api
