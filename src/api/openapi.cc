#include "api/openapi.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "api/parameters.h"
#include "base/check.h"
#include "http/message.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

json::object schema_reference(std::string_view name) {
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

json::object content_of(std::string_view media, std::string_view schema) {
  json::object body;
  body["schema"] = schema.empty() ? json::object{{"type", "string"}} : schema_reference(schema);
  json::object content;
  content[media] = std::move(body);
  return content;
}

json::object text_header(std::string_view description) {
  return {{"description", description}, {"schema", json::object{{"type", "string"}}}};
}

/// What answers carry beside their body.
json::object headers_of(const Endpoint& endpoint, int status) {
  json::object headers;
  if (endpoint.tag == "ingest" && status == 200) {
    headers["Fairlead-Sequence"] = text_header("Where the delivery went; `Fairlead-After` takes it.");
  }
  const bool read = endpoint.route.run_on == http::RunOn::kPool && endpoint.route.method == http::Method::kGet;
  if (read && status == 200) {
    headers["Fairlead-Lag"] = text_header("Stored deliveries that this answer does not show yet; absent when none.");
    headers["Link"] = text_header("`rel=\"next\"`: the next page, where there is one.");
  }
  return headers;
}

void add_reply(json::object& responses, const Endpoint& endpoint, const Reply& reply) {
  const std::string status = std::to_string(reply.status);
  json::value* there = responses.if_contains(status);
  if (there == nullptr) {
    json::object response{{"description", reply.description}};
    if (json::object headers = headers_of(endpoint, reply.status); !headers.empty()) {
      response["headers"] = std::move(headers);
    }
    there = &(responses[status] = std::move(response));
  }
  if (reply.status == 204) return;
  json::object content = content_of(reply.media, reply.schema);
  json::value& all = there->as_object()["content"];
  if (!all.is_object()) all = json::object();
  for (json::key_value_pair& media : content) all.as_object()[media.key()] = std::move(media.value());
}

json::object responses_of(const Endpoint& endpoint) {
  json::object responses;
  for (const Reply& reply : endpoint.replies) add_reply(responses, endpoint, reply);
  const auto problem = [&](int status, std::string_view description) {
    if (!responses.contains(std::to_string(status))) {
      add_reply(responses, endpoint, {status, description, "Problem", http::kProblemType});
    }
  };
  if (!endpoint.parameters.empty() || !endpoint.body.empty()) problem(400, "The request cannot be read.");
  if (!endpoint.body.empty()) problem(413, "The body is too large.");
  if (endpoint.route.access >= http::Access::kIngest) {
    problem(401, "No token and no session, or none that is valid.");
    problem(403, "The role does not suffice, or a session's request lacks its CSRF token.");
    problem(429, "Too many wrong tokens from this address.");
  }
  json::object other{{"description", "Any other failure."}};
  other["content"] = content_of(http::kProblemType, "Problem");
  responses["default"] = std::move(other);
  return responses;
}

json::array parameters_of(const Endpoint& endpoint) {
  json::array parameters;
  std::string_view pattern = endpoint.route.pattern;
  for (std::size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{')) {
    const std::size_t close = pattern.find('}', open);
    parameters.push_back(json::object{{"name", pattern.substr(open + 1, close - open - 1)},
                                      {"in", "path"},
                                      {"required", true},
                                      {"schema", json::object{{"type", "string"}}}});
    pattern.remove_prefix(close + 1);
  }
  for (const std::string_view name : endpoint.parameters) {
    parameters.push_back(json::object{{"$ref", "#/components/parameters/" + std::string(name)}});
  }
  if (endpoint.id == "postEvents") {
    parameters.push_back(
        json::object{{"name", "Idempotency-Key"},
                     {"in", "header"},
                     {"description", "Names this delivery for its token; sent again it changes nothing."},
                     {"schema", json::object{{"type", "string"}, {"maxLength", 255}}}});
  }
  return parameters;
}

json::object operation_of(const Endpoint& endpoint) {
  json::object operation{
      {"operationId", endpoint.id}, {"tags", json::array{endpoint.tag}}, {"summary", endpoint.summary}};
  operation["x-role"] = http::to_string(endpoint.route.access);
  if (endpoint.route.access < http::Access::kIngest) operation["security"] = json::array();
  if (json::array parameters = parameters_of(endpoint); !parameters.empty()) {
    operation["parameters"] = std::move(parameters);
  }
  if (!endpoint.body.empty()) {
    json::object content;
    for (const std::string_view media : endpoint.body_media) {
      content[media] = json::object{{"schema", schema_reference(endpoint.body)}};
    }
    operation["requestBody"] = json::object{{"required", true}, {"content", std::move(content)}};
  }
  operation["responses"] = responses_of(endpoint);
  return operation;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

json::object parameter_components() {
  json::object components;
  for (const ParameterDoc& doc : parameter_docs()) {
    components[doc.name] = json::object{
        {"name", doc.name}, {"in", "query"}, {"description", doc.description}, {"schema", json::parse(doc.schema)}};
  }
  return components;
}

}  // namespace

json::object openapi_document(const Endpoints& endpoints, const ApiOptions& options) {
  json::object paths;
  for (const Endpoint& endpoint : endpoints) {
    json::value& path = paths[endpoint.route.pattern];
    if (!path.is_object()) path = json::object();
    path.as_object()[lower(http::to_string(endpoint.route.method))] = operation_of(endpoint);
  }
  json::object components;
  components["securitySchemes"] =
      json::object{{"token", json::object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "fl_…"}}},
                   {"session", json::object{{"type", "apiKey"},
                                            {"in", "cookie"},
                                            {"name", "__Host-fairlead"},
                                            {"description",
                                             "POST /api/v1/session sets it (on plain loopback as `fairlead-PORT`). "
                                             "Requests that change something need X-CSRF-Token beside it."}}}};
  components["parameters"] = parameter_components();
  components["schemas"] = openapi_schemas();

  json::object document;
  document["openapi"] = "3.1.0";
  document["info"] = json::object{{"title", "Fairlead"},
                                  {"version", options.version},
                                  {"license", json::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}},
                                  {"description",
                                   "Delivery metrics from webhooks and events. A list of services, environments or "
                                   "statuses is separated by commas. "
                                   "There is no route for targets, run logs or post-mortems yet."}};
  document["servers"] = json::array{json::object{{"url", options.base_path.empty() ? "/" : options.base_path}}};
  document["security"] = json::array{json::object{{"token", json::array()}}, json::object{{"session", json::array()}}};
  document["paths"] = std::move(paths);
  document["components"] = std::move(components);
  return document;
}

}  // namespace fairlead::api
