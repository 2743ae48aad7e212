#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/report.h"

namespace fairlead::api {

/// `metrics/delivery` (design.md, HTTP). `rows_url` is called for each metric's link to its rows.
boost::json::object report_json(const Report& report, const std::string& explain_base,
                                const std::string& explain_query);

/// One number. Members of `also` (p90, …) stand beside `value`; legs are numbers of their own, by name.
boost::json::object metric_json(const MetricValue& metric, const std::string& explain_base,
                                const std::string& explain_query);

/// The parts of one number.
boost::json::array series_json(const std::vector<SeriesPart>& series);

/// The query that gives the same rows again: services, environments, the resolved range.
std::string explain_query(const ReportQuery& query);

}  // namespace fairlead::api
