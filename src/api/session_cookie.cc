#include "api/session_cookie.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/authorizer.h"
#include "http/text.h"

namespace fairlead::api {
namespace {

constexpr std::string_view kName = "fairlead";
constexpr std::size_t kPortDigitsMax = 5;

/// `:8080` of `localhost:8080` and `[::1]:8080`, without the colon; empty where there is none.
std::string_view port_of(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.ends_with(']')) return {};
  return host.substr(colon + 1);
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= kPortDigitsMax &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool reads_only(const http::Request& request) {
  return request.method == http::Method::kGet || request.method == http::Method::kHead;
}

/// Whether `Origin` names this server, as the client calls it.
bool origin_is_ours(const http::Request& request, std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;  // `null`
  // A plain page under our name is what an attacker in the middle can make.
  if (request.secure && origin.substr(0, scheme) != "https") return false;
  return origin.substr(scheme + 3) == request.header("host").value_or("");
}

}  // namespace

std::optional<std::string> session_cookie_name(const http::Request& request) {
  if (request.secure) return fmt::format("__Host-{}", kName);
  const std::string_view host = request.header("host").value_or("");
  if (!loopback_host(host)) return std::nullopt;
  const std::string_view port = port_of(host);
  if (port.empty()) return std::string(kName);
  if (!is_port(port)) return std::nullopt;
  return fmt::format("{}-{}", kName, port);
}

std::optional<std::string_view> session_id_of(const http::Request& request) {
  const auto name = session_cookie_name(request);
  if (!name) return std::nullopt;
  std::optional<std::string_view> found;
  for (const auto& [field, value] : request.headers) {
    if (field != "cookie") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      std::string_view pair = http::trim(http::cut(rest, ';'));
      if (http::cut(pair, '=') != *name) continue;
      if (found) return std::nullopt;
      found = pair;
    }
  }
  return found;
}

std::string session_cookie(std::string_view name, std::string_view id, bool secure, Duration lifetime) {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", name, id, lifetime.ms / 1000,
                     secure ? "; Secure" : "");
}

bool from_other_origin(const http::Request& request) {
  // What the browser itself says of the page counts more than a comparison with a Host that a proxy may have changed.
  if (const auto site = request.header("sec-fetch-site")) {
    if (*site == "same-origin" || *site == "none") return false;
    // Following a link that stands elsewhere only shows something to the person who follows it.
    return !reads_only(request) || request.header("sec-fetch-mode") != "navigate";
  }
  const auto origin = request.header("origin");
  return origin && !origin_is_ours(request, *origin);
}

bool from_same_origin(const http::Request& request) {
  if (const auto site = request.header("sec-fetch-site")) return *site == "same-origin";
  const auto origin = request.header("origin");
  return origin && origin_is_ours(request, *origin);
}

}  // namespace fairlead::api
