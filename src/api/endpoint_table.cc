#include "api/endpoint_table.h"

#include <memory>

#include "api/entity_endpoints.h"
#include "api/health/server_health.h"
#include "api/health_endpoints.h"
#include "api/import_endpoints.h"
#include "api/ingest_endpoints.h"
#include "api/json_out.h"
#include "api/metric_endpoints.h"
#include "api/openapi.h"
#include "api/operation_endpoints.h"
#include "api/page_endpoints.h"
#include "api/session_endpoints.h"
#include "api/source_endpoints.h"
#include "api/team_endpoints.h"
#include "base/limits.h"

namespace fairlead::api {

Endpoints make_endpoints(Context& context, Exposition& exposition) {
  Endpoints endpoints;
  add_ingest_endpoints(endpoints, context);
  add_metric_endpoints(endpoints, context);
  add_entity_endpoints(endpoints, context);
  add_deployment_endpoints(endpoints, context);
  add_team_endpoints(endpoints, context);
  add_source_endpoints(endpoints, context);
  add_operation_endpoints(endpoints, context);
  add_session_endpoints(endpoints, context);
  add_admin_endpoints(endpoints, context);
  add_import_endpoints(endpoints, context);
  add_server_health_endpoint(endpoints, context);
  add_health_endpoints(endpoints, context, exposition);
  add_page_endpoints(endpoints, context);

  // The document names its own route, so its text comes last.
  const auto document = std::make_shared<std::string>();
  endpoints.push_back(
      {{http::Method::kGet, "/openapi.json", http::Access::kOpen, http::RunOn::kConnection, limits::kBodyBytesMax,
        [document](const http::Request&, http::Responder responder) {
          responder(http::Response::json(200, *document));
        }},
       "getOpenapi",
       "health",
       "This document.",
       {},
       {},
       {},
       {{200, "OpenAPI 3.1.", "Empty"}}});
  *document = to_json_text(openapi_document(endpoints, context.options));
  return endpoints;
}

std::string source_names(const Context& context) {
  std::string names;
  for (const sources::Source* source : context.options.sources) {
    if (!names.empty()) names += ", ";
    names += source->name().text;
  }
  return names;
}

}  // namespace fairlead::api
