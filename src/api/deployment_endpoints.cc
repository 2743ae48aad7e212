#include <algorithm>
#include <limits>

#include "api/entity_endpoints.h"
#include "api/entity_json.h"
#include "api/fact_json.h"
#include "api/json_out.h"
#include "api/read_call.h"
#include "api/report_query.h"
#include "base/hash.h"
#include "base/limits.h"
#include "engine/report/outcomes.h"
#include "metrics/registry.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

/// Columns of the matrix that are looked up; a server with a thousand review environments must name those it wants.
constexpr std::size_t kMatrixEnvironmentsMax = 100;

std::string commit_place(const Shipped& row) {
  return row.repository.text + "@" + row.sha.text;
}

/// A page of the commits that `deployment` shipped, in the order of their repository and sha.
struct ShippedPage {
  std::int64_t count = 0;  ///< Of all pages.
  json::array items;
  std::string next_cursor;
};

Result<json::object> shipped_json(store::DerivedReader& reader, const Shipped& row) {
  json::object out;
  ASSIGN_OR_RETURN(const std::optional<store::EntityRow> commit, reader.entity(commit_key(row.repository, row.sha)));
  if (commit) out = entity_json(*commit);
  // A commit that is known by an edge only has no row of its own yet.
  out["repository"] = row.repository.text;
  out["sha"] = row.sha.text;
  return out;
}

Result<ShippedPage> shipped_page(store::DerivedReader& reader, const EntityKey& deployment, std::size_t limit,
                                 const std::string& cursor) {
  ASSIGN_OR_RETURN(std::vector<Shipped> rows, reader.shipped_by(deployment));
  std::ranges::sort(rows, {}, commit_place);
  const auto first = std::ranges::upper_bound(rows, from_hex(cursor), {}, commit_place);
  ShippedPage page;
  page.count = static_cast<std::int64_t>(rows.size());
  for (auto row = first; row != rows.end(); ++row) {
    if (page.items.size() == limit) {
      page.next_cursor = to_hex(commit_place(*std::prev(row)));
      break;
    }
    ASSIGN_OR_RETURN(json::object item, shipped_json(reader, *row));
    page.items.push_back(std::move(item));
  }
  return page;
}

json::object stream_json(const StreamDeployment& row) {
  return {{"service", row.service.text},       {"environment", row.environment.text},
          {"repository", row.repository.text}, {"finished_at", format_time(row.finished_at)},
          {"baseline", row.baseline},          {"ancestry_unknown", row.ancestry_unknown},
          {"shipped_count", row.shipped_count}};
}

std::string_view unit_of(const MetricName& metric) {
  const auto profile = metrics::find_profile("fairlead");
  const metrics::Definition* definition = profile ? (*profile)->find(metric) : nullptr;
  return definition != nullptr ? definition->unit : std::string_view();
}

Status put_links(store::DerivedReader& reader, const EntityKey& deployment, json::object& out) {
  FactJson rows(reader);
  ASSIGN_OR_RETURN(const std::vector<StreamDeployment> streams, reader.streams_of(deployment));
  json::array stream_items;
  bool baseline = !streams.empty();
  bool ancestry_unknown = false;
  std::int64_t shipped_count = 0;
  for (const StreamDeployment& row : streams) {
    stream_items.push_back(stream_json(row));
    baseline = baseline && row.baseline;
    ancestry_unknown = ancestry_unknown || row.ancestry_unknown;
    shipped_count += row.shipped_count;
  }
  out["streams"] = std::move(stream_items);
  out["baseline"] = baseline;  // the first of every stream that it is in
  out["ancestry_unknown"] = ancestry_unknown;
  out["shipped_count"] = shipped_count;

  ASSIGN_OR_RETURN(const std::vector<Missing> missing, reader.missing_of(deployment));
  json::array missing_items;
  for (const Missing& row : missing) {
    missing_items.push_back(json::object{{"repository", row.repository.text}, {"sha", row.sha.text}});
  }
  out["missing_ancestors"] = std::move(missing_items);

  ASSIGN_OR_RETURN(out["evidence"], rows.evidence_on(deployment));
  ASSIGN_OR_RETURN(const std::vector<Evidence> blames, reader.evidence_by(deployment));
  json::array blame_items;
  for (const Evidence& row : blames) {
    ASSIGN_OR_RETURN(json::object item, rows.evidence(row));
    ASSIGN_OR_RETURN(item["deployment"], rows.summary(EntityKind::kDeployment, row.deployment));
    blame_items.push_back(std::move(item));
  }
  out["blames"] = std::move(blame_items);

  ASSIGN_OR_RETURN(const std::vector<Fact> facts, reader.facts_of(deployment));
  json::array fact_items;
  for (const Fact& row : facts) {
    if (fact_items.size() == limits::kListItemsMax) break;  // the explain routes page through all of them
    ASSIGN_OR_RETURN(json::object item, rows.fact(row, unit_of(row.metric)));
    fact_items.push_back(std::move(item));
  }
  out["facts"] = std::move(fact_items);
  return {};
}

Result<http::Response> read_deployment(ReadCall& call) {
  ASSIGN_OR_RETURN(const store::EntityRow row, entity_of_path(call, EntityKind::kDeployment));
  json::object out = entity_json(row);
  RETURN_IF_ERROR(put_links(call.reader, row.key, out));
  ASSIGN_OR_RETURN(ShippedPage shipped, shipped_page(call.reader, row.key, limits::kListItemsDefault, {}));
  json::object page;
  page["count"] = shipped.count;
  page["items"] = std::move(shipped.items);
  page["rows"] = call.context.options.base_path + "/api/v1/deployments/" + row.key.hex() + "/commits";
  out["shipped"] = std::move(page);
  return http::Response::json(200, to_json_text(out));
}

Result<http::Response> read_deployment_commits(ReadCall& call) {
  static const std::vector<std::string> kColumns = entity_columns(EntityKind::kCommit);
  ASSIGN_OR_RETURN(const store::EntityRow row, entity_of_path(call, EntityKind::kDeployment));
  ASSIGN_OR_RETURN(ShippedPage shipped,
                   shipped_page(call.reader, row.key, call.parameters.limit, call.parameters.cursor));
  return list_response(call, std::move(shipped.items), shipped.next_cursor, kColumns);
}

// ---- Outcomes ----

json::object outcome_json(const engine::DeploymentOutcomes& part) {
  const bool known = part.unknown.empty();
  const auto count = [known](std::int64_t n) { return known ? json::value(n) : json::value(nullptr); };
  json::object out{{"from", format_time(part.range.from)}, {"to", format_time(part.range.to)},
                   {"success", count(part.success)},       {"failed", count(part.failed)},
                   {"cancelled", count(part.cancelled)},   {"skipped", count(part.skipped)}};
  if (!known) out["unknown"] = part.unknown;
  return out;
}

Result<http::Response> read_outcomes(ReadCall& call) {
  static const std::vector<std::string> kColumns{"from", "to", "success", "failed", "cancelled", "skipped", "unknown"};
  ASSIGN_OR_RETURN(ReportQuery query, report_query(call));
  query.interval = call.parameters.interval.value_or(Interval::kDay);
  const Policy& policy = call.context.engine.policy();
  ASSIGN_OR_RETURN(const auto parts, engine::deployment_outcomes(call.reader, policy, query));
  json::array items;
  for (const engine::DeploymentOutcomes& part : parts) items.push_back(outcome_json(part));
  if (call.parameters.format == Format::kCsv) return list_response(call, std::move(items), {}, kColumns);
  json::object out{{"from", format_time(query.range.from)}, {"to", format_time(query.range.to)},
                   {"as_of", format_time(query.as_of)},     {"simulated", query.simulated},
                   {"time_zone", policy.zone.name()},       {"interval", to_string(*query.interval)}};
  out["items"] = std::move(items);
  return http::Response::json(200, to_json_text(out));
}

// ---- The matrix ----

/// The latest attempt and the latest success of one service in one environment; empty where there never was one.
Result<std::optional<json::object>> matrix_cell(ReadCall& call, const ServiceName& service,
                                                const EnvironmentName& environment) {
  store::EntityQuery latest;
  latest.kind = EntityKind::kDeployment;
  latest.services = {service};
  latest.environments = {environment};
  latest.simulated = call.parameters.simulated;
  latest.limit = 1;
  ASSIGN_OR_RETURN(const store::EntityPage page, call.reader.entities(latest));
  if (page.rows.empty()) return std::optional<json::object>();
  const store::EntityRow& attempt = page.rows.front();
  json::object cell{{"service", service.text}, {"environment", environment.text}};
  cell["latest"] = entity_json(attempt);
  latest.statuses = {std::string(to_string(RunStatus::kSuccess))};
  ASSIGN_OR_RETURN(const store::EntityPage successes, call.reader.entities(latest));
  cell["current"] = successes.rows.empty() ? json::value(nullptr) : json::value(entity_json(successes.rows.front()));
  return std::optional<json::object>(std::move(cell));
}

Result<http::Response> read_matrix(ReadCall& call) {
  const Parameters& parameters = call.parameters;
  std::vector<ServiceName> services = parameters.services;
  if (services.empty()) {
    ASSIGN_OR_RETURN(services, call.reader.services());
  }
  std::ranges::sort(services);
  std::vector<EnvironmentName> environments = parameters.environments;
  if (environments.empty()) {
    ASSIGN_OR_RETURN(environments, call.reader.environments());
  }
  const std::size_t omitted = environments.size() - std::min(environments.size(), kMatrixEnvironmentsMax);
  environments.resize(environments.size() - omitted);

  json::array items;
  std::string next_cursor;
  std::size_t rows = 0;
  // No name is empty, so an empty cursor stands before all of them.
  auto service = std::ranges::upper_bound(services, from_hex(parameters.cursor), {}, &ServiceName::text);
  for (; service != services.end(); ++service) {
    if (rows == parameters.limit) {
      next_cursor = to_hex(std::prev(service)->text);
      break;
    }
    ++rows;
    for (const EnvironmentName& environment : environments) {
      ASSIGN_OR_RETURN(std::optional<json::object> cell, matrix_cell(call, *service, environment));
      if (cell) items.push_back(*std::move(cell));
    }
  }
  json::object out;
  out["items"] = std::move(items);
  out["environments"] = json::array();
  for (const EnvironmentName& environment : environments) out["environments"].as_array().emplace_back(environment.text);
  out["environments_omitted"] = omitted;
  out["next_cursor"] = next_cursor.empty() ? json::value(nullptr) : json::value(next_cursor);
  return http::Response::json(200, to_json_text(out));
}

}  // namespace

void add_deployment_endpoints(Endpoints& endpoints, Context& context) {
  const Reply not_found{404, "No such deployment.", "Problem", http::kProblemType};
  endpoints.push_back(read_endpoint(
      context, "/api/v1/deployments/{key}", "getDeployment", "lists",
      "One deployment: what it shipped, the evidence on it, its streams and facts.", {},
      {{200, "The deployment, with the first 100 commits that it shipped.", "DeploymentDetail"}, not_found},
      read_deployment));
  endpoints.push_back(read_endpoint(
      context, "/api/v1/deployments/{key}/commits", "listDeploymentCommits", "lists",
      "The commits that one deployment shipped, by repository and sha.", {"limit", "cursor", "format"},
      {{200, "A page of commits.", "ShippedCommitList"}, {200, "The same as CSV.", "", "text/csv"}, not_found},
      read_deployment_commits));
  endpoints.push_back(read_endpoint(
      context, "/api/v1/deployments/outcomes", "getDeploymentOutcomes", "metrics",
      "How the deployments of a range ended, part by part: those that finished, by the rules of the reports.",
      {"service", "environment", "team", "from", "to", "tz", "interval", "profile", "simulated", "format"},
      {{200, "All parts, by day unless `interval` says otherwise.", "DeploymentOutcomes"},
       {200, "The same as CSV.", "", "text/csv"}},
      read_outcomes));
  endpoints.push_back(read_endpoint(
      context, "/api/v1/environments/matrix", "getMatrix", "lists",
      "What is where: the latest attempt and the latest success per service and environment. Pages by service.",
      {"service", "environment", "team", "simulated", "limit", "cursor"},
      {{200, "The cells that hold something.", "Matrix"}}, read_matrix));
}

}  // namespace fairlead::api
