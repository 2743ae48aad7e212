#include "api/entity_endpoints.h"

#include "api/entity_json.h"
#include "api/json_out.h"
#include "api/read_call.h"
#include "model/mentions.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

const std::vector<std::string_view> kListParameters{"service",   "environment", "team",   "repository", "from",
                                                    "to",        "tz",          "q",      "status",     "sort",
                                                    "simulated", "limit",       "cursor", "format"};

store::EntityQuery entity_query(const ReadCall& call, EntityKind kind) {
  const Parameters& parameters = call.parameters;
  store::EntityQuery query;
  query.kind = kind;
  query.services = parameters.services;
  query.environments = parameters.environments;
  query.repository = parameters.repository;
  query.statuses = parameters.statuses;
  query.from = parameters.from;
  // Rows from a clock that runs ahead of ours are listed unless the question itself has an end.
  query.to = call.request.parameter("to") ? parameters.to : std::nullopt;
  query.simulated = parameters.simulated;
  query.text = parameters.text;
  query.ascending = parameters.ascending;
  query.limit = parameters.limit;
  query.cursor = parameters.cursor;
  return query;
}

Endpoint list_endpoint(Context& context, EntityKind kind, std::string pattern, std::string_view id,
                       std::string_view summary, std::string_view schema) {
  const auto read = [kind, columns = entity_columns(kind)](ReadCall& call) -> Result<http::Response> {
    ASSIGN_OR_RETURN(const store::EntityPage page, call.reader.entities(entity_query(call, kind)));
    json::array items;
    for (const store::EntityRow& row : page.rows) items.push_back(entity_json(row));
    return list_response(call, std::move(items), page.next_cursor, columns);
  };
  return read_endpoint(context, std::move(pattern), id, "lists", summary, kListParameters,
                       {{200, "A page of rows.", schema}, {200, "The same as CSV.", "", "text/csv"}}, read);
}

Result<http::Response> read_run(ReadCall& call) {
  ASSIGN_OR_RETURN(const store::EntityRow run, entity_of_path(call, EntityKind::kRun));
  const EntityIdentity& identity = identity_of(run.entity);
  ASSIGN_OR_RETURN(const std::vector<store::EntityRow> tasks,
                   call.reader.mentioning(mention_run(identity.origin, identity.id), EntityKind::kTask));
  json::array task_items;
  for (const store::EntityRow& task : tasks) task_items.push_back(entity_json(task));
  json::object out = entity_json(run);
  out["tasks"] = std::move(task_items);
  return http::Response::json(200, to_json_text(out));
}

}  // namespace

void add_entity_endpoints(Endpoints& endpoints, Context& context) {
  struct List {
    EntityKind kind;
    const char* pattern;
    std::string_view id;
    std::string_view summary;
    std::string_view schema;
  };
  for (const List& list : {
           List{EntityKind::kRun, "/api/v1/runs", "listRuns", "Pipeline runs.", "RunList"},
           List{EntityKind::kDeployment, "/api/v1/deployments", "listDeployments", "Deployments.", "DeploymentList"},
           List{EntityKind::kChange, "/api/v1/changes", "listChanges", "Pull and merge requests.", "ChangeList"},
           List{EntityKind::kCommit, "/api/v1/commits", "listCommits", "Commits.", "CommitList"},
           List{EntityKind::kIncident, "/api/v1/incidents", "listIncidents", "Incidents.", "IncidentList"},
           List{EntityKind::kAlert, "/api/v1/alerts", "listAlerts", "Alerts.", "AlertList"},
           List{EntityKind::kCanary, "/api/v1/canaries", "listCanaries", "Canaries.", "CanaryList"},
       }) {
    endpoints.push_back(list_endpoint(context, list.kind, list.pattern, list.id, list.summary, list.schema));
  }
  endpoints.push_back(
      read_endpoint(context, "/api/v1/runs/{key}", "getRun", "lists", "One run with its tasks.", {},
                    {{200, "The run.", "RunDetail"}, {404, "No such run.", "Problem", http::kProblemType}}, read_run));
}

}  // namespace fairlead::api
