#include "api/report_json.h"

#include <boost/json/array.hpp>

#include "api/parameters.h"

namespace fairlead::api {
namespace {

namespace json = boost::json;

json::value number_or_null(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

template <class Name>
std::string joined(const std::vector<Name>& names) {
  std::string out;
  for (const Name& name : names) {
    if (!out.empty()) out += ',';
    out += encode_query(name.text);
  }
  return out;
}

}  // namespace

std::string explain_query(const ReportQuery& query) {
  std::string out =
      "from=" + encode_query(format_time(query.range.from)) + "&to=" + encode_query(format_time(query.range.to));
  if (!query.services.empty()) out += "&service=" + joined(query.services);
  if (!query.environments.empty()) out += "&environment=" + joined(query.environments);
  if (query.profile != "fairlead") out += "&profile=" + encode_query(query.profile);
  out += query.simulated ? "&simulated=true" : "&simulated=false";
  return out;
}

json::array series_json(const std::vector<SeriesPart>& series) {
  json::array parts;
  parts.reserve(series.size());
  for (const SeriesPart& part : series) {
    json::object one{{"from", format_time(part.range.from)},
                     {"to", format_time(part.range.to)},
                     {"value", number_or_null(part.value)},
                     {"n", part.n}};
    if (!part.value) one["unknown"] = part.unknown;
    parts.push_back(std::move(one));
  }
  return parts;
}

json::object metric_json(const MetricValue& metric, const std::string& explain_base, const std::string& explain_query) {
  json::object out;
  out["value"] = number_or_null(metric.value);
  out["unit"] = metric.unit;
  out["n"] = metric.n;
  out["coverage"] = number_or_null(metric.coverage);
  if (metric.interval_low && metric.interval_high) {
    out["interval"] = json::array{*metric.interval_low, *metric.interval_high};
  } else {
    out["interval"] = nullptr;
  }
  out["previous"] = number_or_null(metric.previous);
  out["better"] = metric.better;
  json::array exclusions;
  for (const ExclusionCount& exclusion : metric.exclusions) {
    exclusions.push_back(json::object{{"reason", exclusion.reason}, {"count", exclusion.count}});
  }
  out["exclusions"] = std::move(exclusions);
  out["pending"] = metric.pending;
  out["rows"] = explain_base + metric.metric.text + "/explain?" + explain_query;
  if (metric.unknown.empty()) {
    out["unknown"] = nullptr;
  } else {
    out["unknown"] = metric.unknown;
  }
  out["notes"] = json::array(metric.notes.begin(), metric.notes.end());
  for (const auto& [name, value] : metric.also) out[name] = number_or_null(value);
  if (!metric.series.empty()) {
    out["series"] = series_json(metric.series);
    out["previous_series"] = series_json(metric.previous_series);
  }
  if (!metric.legs.empty()) {
    json::object legs;
    for (const MetricValue& leg : metric.legs) legs[leg.metric.text] = metric_json(leg, explain_base, explain_query);
    out["legs"] = std::move(legs);
  }
  return out;
}

json::object report_json(const Report& report, const std::string& explain_base, const std::string& explain_query) {
  json::object metrics;
  for (const MetricValue& metric : report.metrics) {
    metrics[metric.metric.text] = metric_json(metric, explain_base, explain_query);
  }
  json::object out{{"from", format_time(report.query.range.from)}, {"to", format_time(report.query.range.to)},
                   {"as_of", format_time(report.query.as_of)},     {"profile", report.query.profile},
                   {"simulated", report.query.simulated},          {"time_zone", report.time_zone}};
  if (report.query.interval) out["interval"] = to_string(*report.query.interval);
  out["metrics"] = std::move(metrics);
  return out;
}

}  // namespace fairlead::api
