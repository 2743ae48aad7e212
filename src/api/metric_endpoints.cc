#include "api/metric_endpoints.h"

#include "api/csv.h"
#include "api/fact_json.h"
#include "api/json_out.h"
#include "api/read_call.h"
#include "api/report_json.h"
#include "api/report_query.h"
#include "metrics/registry.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

std::string explain_base(const Context& context) {
  return context.options.base_path + "/api/v1/metrics/delivery/";
}

/// One line per number, legs included.
http::Response report_csv(const json::object& report) {
  static const std::vector<std::string> kColumns{"metric",   "value",    "unit",   "n",       "coverage",
                                                 "interval", "previous", "better", "pending", "exclusions",
                                                 "unknown",  "p90",      "notes",  "rows"};
  json::array lines;
  const auto add = [&lines](const json::key_value_pair& entry) {
    json::object line = entry.value().as_object();
    line["metric"] = entry.key();
    lines.push_back(std::move(line));
  };
  for (const json::key_value_pair& metric : report.at("metrics").as_object()) {
    add(metric);
    const json::value* legs = metric.value().as_object().if_contains("legs");
    if (legs == nullptr) continue;
    for (const json::key_value_pair& leg : legs->as_object()) add(leg);
  }
  return http::Response::text(200, to_csv(kColumns, lines), "text/csv; charset=utf-8; header=present");
}

/// One line per number and part of its series, legs included.
http::Response series_csv(const Report& report) {
  static const std::vector<std::string> kColumns{"metric", "from", "to", "value", "unit", "n", "unknown"};
  json::array lines;
  const auto add = [&lines](const MetricValue& number) {
    for (json::value& part : series_json(number.series)) {
      json::object line = std::move(part.as_object());
      line["metric"] = number.metric.text;
      line["unit"] = number.unit;
      lines.push_back(std::move(line));
    }
  };
  for (const MetricValue& number : report.metrics) {
    add(number);
    for (const MetricValue& leg : number.legs) add(leg);
  }
  return http::Response::text(200, to_csv(kColumns, lines), "text/csv; charset=utf-8; header=present");
}

Result<http::Response> read_report(ReadCall& call) {
  ASSIGN_OR_RETURN(ReportQuery query, report_query(call));
  query.metrics = call.parameters.metrics;
  query.interval = call.parameters.interval;
  ASSIGN_OR_RETURN(const Report report, call.context.engine.reporter().report(call.reader, query));
  if (query.interval && call.parameters.format == Format::kCsv) return series_csv(report);
  const json::object out = report_json(report, explain_base(call.context), explain_query(query));
  if (call.parameters.format == Format::kCsv) return report_csv(out);
  return http::Response::json(200, to_json_text(out));
}

Result<json::array> row_items(ReadCall& call, const engine::Explanation& explanation,
                              const metrics::Definition& metric) {
  FactJson rows(call.reader);
  json::array items;
  for (const Fact& fact : explanation.rows) {
    ASSIGN_OR_RETURN(json::object item, rows.fact(fact, metric.unit));
    // What a rate says about a deployment rests on evidence: it belongs to the row.
    if (metric.kind == metrics::MetricKind::kRate && fact.subject_kind == EntityKind::kDeployment) {
      ASSIGN_OR_RETURN(item["evidence"], rows.evidence_on(fact.subject));
    }
    items.push_back(std::move(item));
  }
  return items;
}

Result<http::Response> read_explanation(ReadCall& call) {
  ASSIGN_OR_RETURN(const ReportQuery query, report_query(call));
  const MetricName metric(call.request.path_parameters[0]);
  ASSIGN_OR_RETURN(const metrics::Profile* profile, metrics::find_profile(query.profile));
  const metrics::Definition* definition = profile->find(metric);
  if (definition == nullptr) {
    return fail(ErrorCode::kNotFound, "there is no metric '{}' in the profile {}", metric.text, query.profile);
  }
  ASSIGN_OR_RETURN(const engine::Explanation explanation,
                   call.context.engine.reporter().explain(call.reader, query, metric,
                                                          {.excluded = call.parameters.excluded,
                                                           .ascending = call.parameters.ascending,
                                                           .limit = call.parameters.limit,
                                                           .cursor = call.parameters.cursor}));
  ASSIGN_OR_RETURN(json::array items, row_items(call, explanation, *definition));
  if (call.parameters.format == Format::kCsv) {
    return list_response(call, std::move(items), explanation.next_cursor, FactJson::fact_columns());
  }
  FactJson rows(call.reader);
  json::array pending;
  for (const engine::Explanation::Pending& one : explanation.pending) {
    ASSIGN_OR_RETURN(json::object deployment, rows.summary(EntityKind::kDeployment, one.deployment));
    pending.push_back(json::object{{"at", format_time(one.at)}, {"deployment", std::move(deployment)}});
  }
  json::object out;
  out["metric"] = metric.text;
  out["from"] = format_time(query.range.from);
  out["to"] = format_time(query.range.to);
  out["as_of"] = format_time(query.as_of);
  out["profile"] = query.profile;
  out["simulated"] = query.simulated;
  out["formula"] = explanation.formula;
  out["number"] = metric_json(explanation.number, explain_base(call.context), explain_query(query));
  out["pending"] = std::move(pending);
  out["items"] = std::move(items);
  out["next_cursor"] = explanation.next_cursor.empty() ? json::value(nullptr) : json::value(explanation.next_cursor);
  return http::Response::json(200, to_json_text(out));
}

}  // namespace

void add_metric_endpoints(Endpoints& endpoints, Context& context) {
  endpoints.push_back(read_endpoint(
      context, "/api/v1/metrics/delivery", "getDeliveryMetrics", "metrics",
      "The delivery metrics of a range, each with what it is made of.",
      {"service", "environment", "team", "from", "to", "tz", "metric", "profile", "interval", "simulated", "format"},
      {{200, "The report.", "Report"},
       {200, "The same as CSV: one line per number, with `interval` per number and part.", "", "text/csv"}},
      read_report));
  endpoints.push_back(
      read_endpoint(context, "/api/v1/metrics/delivery/{metric}/explain", "explainMetric", "metrics",
                    "The rows behind one number: those that count and those that do not, each with its reason.",
                    {"service", "environment", "team", "from", "to", "tz", "profile", "simulated", "excluded", "sort",
                     "limit", "cursor", "format"},
                    {{200, "The number, its formula and a page of its rows.", "Explanation"},
                     {200, "The rows as CSV.", "", "text/csv"},
                     {404, "No such metric.", "Problem", http::kProblemType}},
                    read_explanation));
}

}  // namespace fairlead::api
