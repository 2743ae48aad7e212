#include "http/response_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "http/content_coding.h"
#include "http/http_limits.h"
#include "http/text.h"

namespace fairlead::http {
namespace {

std::string* find_field(Response& response, std::string_view lower_case_name) {
  const auto field = std::ranges::find_if(
      response.headers, [&](const auto& entry) { return equals_ignoring_case(entry.first, lower_case_name); });
  return field == response.headers.end() ? nullptr : &field->second;
}

bool has_body(int status) {
  return status != 204 && status != 304;
}

/// A line break in a header value would let its author write headers and bodies of their own.
bool can_be_sent(const Response& response) {
  const auto is_clean = [](std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
  };
  if (response.status < 200 || response.status > 599) return false;
  return std::ranges::all_of(response.headers, [&](const auto& field) {
    const bool is_name = !field.first.empty() && field.first.find_first_of(" \t:") == std::string::npos;
    return is_name && is_clean(field.first) && is_clean(field.second);
  });
}

void compress(Response& response, bool gzip_accepted) {
  if (response.on_stream || !has_body(response.status) || response.body.size() <= limits::kGzipBytesMin) return;
  const std::string* type = find_field(response, "content-type");
  if (type == nullptr || !is_compressible(*type) || find_field(response, "content-encoding") != nullptr) return;
  if (std::string* vary = find_field(response, "vary")) {
    *vary += ", Accept-Encoding";
  } else {
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  if (!gzip_accepted) return;
  std::string compressed = gzip(response.body);
  if (compressed.size() >= response.body.size()) return;
  response.body = std::move(compressed);
  response.headers.emplace_back("Content-Encoding", "gzip");
  // The bytes are no longer those that a strong validator promises.
  if (std::string* etag = find_field(response, "etag"); etag != nullptr && etag->starts_with('"'))
    etag->insert(0, "W/");
}

}  // namespace

void prepare(Response& response, bool gzip_accepted) {
  if (!can_be_sent(response)) {
    auto on_stream = std::exchange(response.on_stream, nullptr);
    auto on_close = std::exchange(response.on_close, nullptr);
    response = problem(500, "Internal error", "The answer has a status or a header field that cannot be sent.");
    if (on_stream && on_close) on_close();
  }
  compress(response, gzip_accepted);
}

void add_request_id(Response& response, std::string_view request_id) {
  if (!response.body.ends_with('}')) return;
  const std::string* type = find_field(response, "content-type");
  if (type == nullptr || *type != kProblemType) return;
  response.body.pop_back();
  response.body += R"(,"request_id":")";
  response.body += request_id;  // letters, digits, '-', '_' and '.' only, so it needs no escaping
  response.body += "\"}";
}

void append_head(std::string& out, const Response& response, const HeadOptions& options) {
  out += "HTTP/1.1 ";
  out += fmt::format_int(response.status).str();
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\nDate: ";
  out += options.date;
  out += "\r\nFairlead-Request-Id: ";
  out += options.request_id;
  out += "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n";
  bool has_policy = false;
  for (const auto& [name, value] : response.headers) {
    has_policy = has_policy || equals_ignoring_case(name, "content-security-policy");
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (!has_policy) out += "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
  if (!options.keep_alive) {
    out += "Connection: close\r\n";
  } else if (!options.http11) {
    out += "Connection: keep-alive\r\n";
  }
  if (options.length == BodyLength::kChunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (options.length == BodyLength::kKnown && has_body(response.status)) {
    out += "Content-Length: ";
    const fmt::format_int length(response.body.size());
    out.append(length.data(), length.size());
    out += "\r\n";
  }
  out += "\r\n";
}

std::string format_http_date(std::int64_t epoch_seconds) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = epoch_seconds;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                     utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return "Status";
  }
}

}  // namespace fairlead::http
