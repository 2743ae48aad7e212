#include "git/remote_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "http/outgoing_guard.h"

namespace fairlead::git {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";
constexpr std::size_t kHostBytesMax = 253;

bool only(std::string_view text, std::string_view letters) {
  return text.find_first_not_of(letters) == text.npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::kInvalid, "the address {}: write it as https://host/path", what);
}

std::uint16_t usual_port(std::string_view scheme) {
  return scheme == "http" ? 80 : 443;
}

/// A name, or an address in its usual form. Anything else that a resolver could take for an address (`127.1`,
/// `2130706433`) is refused: two programs might not agree what it means.
Status check_host(std::string_view host) {
  if (host.empty() || host.size() > kHostBytesMax) return wrong("has no host, or one that is too long");
  if (http::TargetAddress::parse(host)) return {};
  if (!only(host, std::string(kLetters) + std::string(kDigits) + ".-_") || host.front() == '-' || host.front() == '.' ||
      host.find("..") != host.npos) {
    return wrong("has a host that is none");
  }
  std::string_view last = host;
  if (last.ends_with('.')) return wrong("has a host that ends with a dot");
  last.remove_prefix(last.rfind('.') == last.npos ? 0 : last.rfind('.') + 1);
  if (kDigits.find(last[0]) != kDigits.npos) return wrong("has a host that is neither a name nor a usual address");
  return {};
}

Status take_port(std::string_view text, RemoteUrl& url) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), url.port);
  if (error != std::errc{} || end != text.data() + text.size() || url.port == 0) return wrong("has a wrong port");
  return {};
}

/// `host`, `host:port`, `[address]`, `[address]:port`.
Status take_authority(std::string_view authority, RemoteUrl& url) {
  if (authority.find('@') != authority.npos) {
    return fail(ErrorCode::kInvalid, "the address holds a user or a password: leave them out");
  }
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == authority.npos) return wrong("has a bracket that is never closed");
    host = authority.substr(1, end - 1);
    const auto address = http::TargetAddress::parse(host);
    if (!address || address->v4) return wrong("has no IPv6 address in its brackets");
    port = authority.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return wrong("has text behind its host");
  } else if (const auto colon = authority.find(':'); colon != authority.npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  url.host = lower(host);
  RETURN_IF_ERROR(check_host(url.host));
  return port.empty() ? Status{} : take_port(port.substr(1), url);
}

}  // namespace

std::string RemoteUrl::text() const {
  const std::string host_text = host.find(':') == host.npos ? host : "[" + host + "]";
  const std::string port_text = port == usual_port(scheme) ? std::string() : fmt::format(":{}", port);
  return scheme + "://" + host_text + port_text + path;
}

bool looks_like_url(std::string_view text) {
  const std::string_view scheme = text.substr(0, text.find(':'));
  if (scheme.empty() || scheme.size() == text.size()) return false;
  const std::string_view rest = text.substr(scheme.size());
  return only(scheme, std::string(kLetters) + std::string(kDigits) + "+-.") &&
         (rest.starts_with("://") || rest.starts_with("::"));
}

Result<RemoteUrl> parse_remote_url(std::string_view text, const RemoteRules& rules) {
  if (text.size() > kRemoteUrlBytesMax) return wrong("is too long");
  const auto strange = [](unsigned char c) {
    return c <= 0x20 || c >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>' || c == '`' || c == '^' ||
           c == '{' || c == '}' || c == '|';
  };
  if (std::ranges::any_of(text, strange)) return wrong("holds characters that no address has");
  if (text.starts_with('-')) return wrong("begins with a dash");
  const auto end = text.find("://");
  RemoteUrl url;
  url.scheme = lower(text.substr(0, std::min(text.find(':'), text.size())));
  if (end == text.npos || end != url.scheme.size() || url.scheme.empty()) return wrong("has no scheme");
  if (std::ranges::find(rules.schemes, url.scheme) == rules.schemes.end()) {
    return fail(ErrorCode::kForbidden, "repositories are not fetched by {}: give the address that begins with https://",
                url.scheme);
  }
  url.port = usual_port(url.scheme);
  const std::string_view rest = text.substr(end + 3);
  const auto slash = std::min(rest.find('/'), rest.size());
  RETURN_IF_ERROR(take_authority(rest.substr(0, slash), url));
  url.path = rest.substr(slash);
  if (url.path.size() < 2) return wrong("names no repository");
  if (url.path.find_first_of("?#") != std::string::npos) return wrong("has a query or a fragment");
  return url;
}

}  // namespace fairlead::git
