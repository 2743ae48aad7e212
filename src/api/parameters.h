#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/options.h"
#include "base/time.h"
#include "http/message.h"
#include "model/names.h"
#include "model/report.h"
#include "store/store.h"

namespace fairlead::api {

/// What a query parameter is called and means, the same on every route (design.md, HTTP).
struct ParameterDoc {
  std::string_view name;
  std::string_view description;
  std::string_view schema;  ///< JSON Schema of its value.
};
std::span<const ParameterDoc> parameter_docs();

/// How the answer is written, by `format` or else by Accept.
enum class Format : std::uint8_t { kJson, kCsv };

/// The query of a read, parsed. Only what the route takes is ever set.
struct Parameters {
  std::vector<ServiceName> services;  ///< With the services of `team`.
  std::vector<EnvironmentName> environments;
  std::optional<RepositoryName> repository;
  std::optional<SourceName> source;
  std::vector<std::string> statuses;
  std::vector<MetricName> metrics;
  std::optional<Interval> interval;
  std::optional<Instant> from;
  std::optional<Instant> to;  ///< At most now.
  std::string profile = "fairlead";
  std::string text;
  std::optional<bool> simulated;
  std::optional<bool> excluded;
  bool ascending = false;
  std::size_t limit = 0;
  std::string cursor;
  Format format = Format::kJson;
};

/// Reads the query of `request`. `names` are the parameters that the route takes; another one, one given twice or one
/// that cannot be read is kInvalid, with a message that says what to write. `zone` is the reporting zone, in which
/// dates are read unless `tz` names another.
Result<Parameters> parse_parameters(const http::Request& request, std::span<const std::string_view> names,
                                    const ApiOptions& options, Instant now, const TimeZone& zone);

/// The range of a report: `to` defaults to now, `from` to seven days before `to`.
Result<TimeRange> range_of(const Parameters& parameters, Instant now, const TimeZone& zone);

/// Items of a comma-separated list, without the empty ones.
std::vector<std::string_view> split_list(std::string_view text);

/// Percent-encodes everything that is not unreserved (RFC 3986).
std::string encode_query(std::string_view text);

}  // namespace fairlead::api
