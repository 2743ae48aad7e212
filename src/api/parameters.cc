#include "api/parameters.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/limits.h"

namespace fairlead::api {
namespace {

constexpr std::array kDocs{
    ParameterDoc{"service", "Services, separated by commas. Default: all.", R"({"type":"string"})"},
    ParameterDoc{"environment", "Environments, separated by commas. Default: in reports production, in lists all.",
                 R"({"type":"string"})"},
    ParameterDoc{"team", "Teams of the configuration, separated by commas: their services.", R"({"type":"string"})"},
    ParameterDoc{"repository", "One repository, as `host/path`.", R"({"type":"string"})"},
    ParameterDoc{
        "from",
        "Start of the range, inclusive: RFC 3339, a date, epoch seconds or milliseconds, or `now-7d`, `now/d`, "
        "`now-1M/M`. Default: in reports seven days before `to`, in lists none.",
        R"({"type":"string"})"},
    ParameterDoc{"to", "End of the range, exclusive, in the same forms; never later than now. Default: now.",
                 R"({"type":"string"})"},
    ParameterDoc{"tz", "Zone in which dates of `from` and `to` are read. Default: the reporting zone.",
                 R"({"type":"string"})"},
    ParameterDoc{"metric", "Only these numbers, separated by commas. Default: all of the profile.",
                 R"({"type":"string"})"},
    ParameterDoc{
        "interval",
        "Cut the range at the days, weeks (from Monday) or months of the reporting zone, into at most 400 parts.",
        R"({"type":"string","enum":["day","week","month"]})"},
    ParameterDoc{"profile", "Definition profile.", R"({"type":"string","default":"fairlead"})"},
    ParameterDoc{"q", "Case-insensitive part of an id, title, version, pipeline, author or message.",
                 R"({"type":"string","maxLength":512})"},
    ParameterDoc{"status", "Statuses, separated by commas.", R"({"type":"string"})"},
    ParameterDoc{"sort", "By time: newest first (`-at`, the default) or oldest first (`at`).",
                 R"({"type":"string","enum":["at","-at"]})"},
    ParameterDoc{
        "simulated",
        "Simulated rows only, or real ones only. Default: in lists both, in reports real (of a demo: simulated).",
        R"({"type":"boolean"})"},
    ParameterDoc{"source", "One source, by its name.", R"({"type":"string"})"},
    ParameterDoc{"excluded", "Only excluded rows, or only those that count.", R"({"type":"boolean"})"},
    ParameterDoc{"limit", "Items per page.", R"({"type":"integer","minimum":1,"maximum":1000,"default":100})"},
    ParameterDoc{"cursor", "`next_cursor` of the page before.", R"({"type":"string"})"},
    ParameterDoc{"format", "`json` or `csv`; else Accept decides.", R"({"type":"string","enum":["json","csv"]})"},
    ParameterDoc{"dry_run", "Check and answer, but store nothing.", R"({"type":"boolean"})"},
};

Result<bool> parse_bool(std::string_view name, std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return fail(ErrorCode::kInvalid, "the parameter {} is '{}': write true or false", name, text);
}

Result<std::size_t> parse_limit(std::string_view text) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc{} || end != text.data() + text.size() || limit < 1 || limit > limits::kListItemsMax) {
    return fail(ErrorCode::kInvalid, "the parameter limit is '{}': write a number from 1 to {}", text,
                limits::kListItemsMax);
  }
  return limit;
}

Status check_names(const http::Request& request, std::span<const std::string_view> names) {
  for (auto it = request.query.begin(); it != request.query.end(); ++it) {
    const std::string& name = it->first;
    if (std::ranges::find(names, name) == names.end()) {
      return fail(ErrorCode::kInvalid, "unknown parameter '{}': this takes {}", name, fmt::join(names, ", "));
    }
    if (std::any_of(request.query.begin(), it, [&](const auto& earlier) { return earlier.first == name; })) {
      return fail(ErrorCode::kInvalid, "the parameter {} is there twice: separate several values by commas", name);
    }
    if (it->second.size() > limits::kNameBytesMax * 8) {
      return fail(ErrorCode::kInvalid, "the parameter {} is longer than {} bytes", name, limits::kNameBytesMax * 8);
    }
  }
  return {};
}

template <class Value>
std::vector<Value> values_of(const http::Request& request, std::string_view name) {
  std::vector<Value> values;
  for (const std::string_view item : split_list(request.parameter(name).value_or(""))) values.emplace_back(item);
  return values;
}

/// The services that both `service` and `team` let through; an empty list means all, so nothing left is an error.
Result<std::vector<ServiceName>> services_of(const http::Request& request, const ApiOptions& options) {
  auto services = values_of<ServiceName>(request, "service");
  const auto teams = values_of<TeamName>(request, "team");
  if (teams.empty()) return services;
  std::vector<ServiceName> of_teams;
  for (const TeamName& team : teams) {
    const auto found = options.teams.find(team);
    if (found == options.teams.end()) {
      return fail(ErrorCode::kInvalid, "unknown team '{}': the configuration names the teams, /api/v1/teams lists them",
                  team.text);
    }
    of_teams.insert(of_teams.end(), found->second.begin(), found->second.end());
  }
  if (!services.empty()) {
    std::erase_if(of_teams,
                  [&](const ServiceName& name) { return std::ranges::find(services, name) == services.end(); });
  }
  if (of_teams.empty()) return fail(ErrorCode::kInvalid, "none of these services belongs to the team");
  std::ranges::sort(of_teams);
  of_teams.erase(std::unique(of_teams.begin(), of_teams.end()), of_teams.end());
  return of_teams;
}

Status parse_times(const http::Request& request, Instant now, const TimeZone& reporting, Parameters& out) {
  TimeZone zone = reporting;
  if (const auto tz = request.parameter("tz"); tz && !tz->empty()) {
    auto named = TimeZone::named(*tz);
    if (!named) return fail(ErrorCode::kInvalid, "the parameter tz is '{}': write a zone such as Europe/Berlin", *tz);
    zone = *std::move(named);
  }
  const auto read = [&](std::string_view name, std::optional<Instant>& end) -> Status {
    const auto text = request.parameter(name);
    if (!text || text->empty()) return {};
    const auto parsed = parse_range_end(*text, now, zone);
    if (!parsed) return fail(ErrorCode::kInvalid, "the parameter {}: {}", name, parsed.error().message);
    end = std::min(*parsed, now);
    return {};
  };
  RETURN_IF_ERROR(read("from", out.from));
  RETURN_IF_ERROR(read("to", out.to));
  if (out.from && *out.from > out.to.value_or(now)) {
    return fail(ErrorCode::kInvalid, "the range ends before it begins: from is {}, to is {}", format_time(*out.from),
                format_time(out.to.value_or(now)));
  }
  return {};
}

Result<Format> format_of(const http::Request& request, std::span<const std::string_view> names) {
  if (std::ranges::find(names, "format") == names.end()) return Format::kJson;
  if (const auto format = request.parameter("format"); format && !format->empty()) {
    if (*format == "json") return Format::kJson;
    if (*format == "csv") return Format::kCsv;
    return fail(ErrorCode::kInvalid, "the parameter format is '{}': write json or csv", *format);
  }
  const std::string_view accept = request.header("accept").value_or("");
  const std::size_t csv = accept.find("text/csv");
  const std::size_t json = accept.find("application/json");
  return csv != std::string_view::npos && csv < json ? Format::kCsv : Format::kJson;
}

Status parse_interval(const http::Request& request, Parameters& out) {
  const auto text = request.parameter("interval");
  if (!text || text->empty()) return {};
  out.interval = interval_of(*text);
  if (!out.interval) {
    return fail(ErrorCode::kInvalid, "the parameter interval is '{}': write day, week or month", *text);
  }
  return {};
}

Status parse_flags(const http::Request& request, Parameters& out) {
  if (const auto text = request.parameter("simulated"); text && !text->empty()) {
    ASSIGN_OR_RETURN(out.simulated, parse_bool("simulated", *text));
  }
  if (const auto text = request.parameter("excluded"); text && !text->empty()) {
    ASSIGN_OR_RETURN(out.excluded, parse_bool("excluded", *text));
  }
  if (const auto sort = request.parameter("sort"); sort && !sort->empty()) {
    if (*sort != "at" && *sort != "-at") {
      return fail(ErrorCode::kInvalid, "the parameter sort is '{}': write at or -at", *sort);
    }
    out.ascending = *sort == "at";
  }
  return {};
}

}  // namespace

std::span<const ParameterDoc> parameter_docs() {
  return kDocs;
}

Result<Parameters> parse_parameters(const http::Request& request, std::span<const std::string_view> names,
                                    const ApiOptions& options, Instant now, const TimeZone& zone) {
  RETURN_IF_ERROR(check_names(request, names));
  Parameters out;
  ASSIGN_OR_RETURN(out.services, services_of(request, options));
  out.environments = values_of<EnvironmentName>(request, "environment");
  out.statuses = values_of<std::string>(request, "status");
  out.metrics = values_of<MetricName>(request, "metric");
  if (const auto text = request.parameter("repository"); text && !text->empty()) {
    out.repository = RepositoryName(*text);
  }
  if (const auto text = request.parameter("source"); text && !text->empty()) out.source = SourceName(*text);
  RETURN_IF_ERROR(parse_times(request, now, zone, out));
  RETURN_IF_ERROR(parse_flags(request, out));
  RETURN_IF_ERROR(parse_interval(request, out));
  if (const auto text = request.parameter("profile"); text && !text->empty()) out.profile = *text;
  out.text = request.parameter("q").value_or("");
  if (out.text.size() > limits::kNameBytesMax) {
    return fail(ErrorCode::kInvalid, "the parameter q is longer than {} bytes", limits::kNameBytesMax);
  }
  out.limit = limits::kListItemsDefault;
  if (const auto text = request.parameter("limit"); text && !text->empty()) {
    ASSIGN_OR_RETURN(out.limit, parse_limit(*text));
  }
  out.cursor = request.parameter("cursor").value_or("");
  ASSIGN_OR_RETURN(out.format, format_of(request, names));
  return out;
}

Result<TimeRange> range_of(const Parameters& parameters, Instant now, const TimeZone& zone) {
  TimeRange range{parameters.from.value_or(Instant{}), parameters.to.value_or(now)};
  if (!parameters.from) {
    ASSIGN_OR_RETURN(range.from, parse_range_end("now-7d", range.to, zone));
  }
  if (range.from >= range.to) {
    return fail(ErrorCode::kInvalid, "the range is empty: from is {}, to is {}", format_time(range.from),
                format_time(range.to));
  }
  return range;
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (const std::string_view item = text.substr(0, comma); !item.empty()) items.push_back(item);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return items;
}

std::string encode_query(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace fairlead::api
