#include "model/names.h"

#include <algorithm>
#include <vector>

namespace fairlead {
namespace {

constexpr std::string_view kFilePrefix = "file:";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// The non-empty parts between slashes, without `.` and `..`, the last one without `.git`.
std::vector<std::string_view> path_parts(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
  }
  if (!parts.empty() && parts.back().ends_with(".git")) parts.back().remove_suffix(4);
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

std::string join_parts(std::string first, const std::vector<std::string_view>& parts) {
  for (const std::string_view part : parts) {
    if (!first.empty()) first.push_back('/');
    first.append(part);
  }
  return first;
}

RepositoryName at_host(std::string_view host, std::string_view path) {
  const auto parts = path_parts(path);
  if (host.empty() || parts.empty()) return {};
  return RepositoryName{join_parts(lower(host), parts)};
}

/// A repository on this machine has no host; its folder's name stands for it.
RepositoryName local_repository(std::string_view path) {
  const auto parts = path_parts(path);
  if (parts.empty()) return {};
  return RepositoryName{std::string(kFilePrefix).append(parts.back())};
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

struct Authority {
  std::string_view host;
  bool has_port = false;
};

/// Host of `user:password@host:port`. The user may hold a secret and the port depends on the protocol; neither is part
/// of a name.
Authority parse_authority(std::string_view text) {
  if (const auto at = text.rfind('@'); at != std::string_view::npos) text.remove_prefix(at + 1);
  if (text.starts_with('[')) return {text.substr(0, text.find(']') + 1), false};
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {text, false};
  return {text.substr(0, colon), true};
}

RepositoryName from_url(std::string_view scheme, std::string_view rest) {
  rest = rest.substr(0, rest.find_first_of("?#"));
  if (lower(scheme) == "file") return local_repository(rest);
  const auto slash = std::min(rest.find('/'), rest.size());
  return at_host(parse_authority(rest.substr(0, slash)).host, rest.substr(slash));
}

bool looks_like_host(std::string_view text) {
  return text.find('.') != std::string_view::npos || lower(text) == "localhost";
}

/// Without a scheme: `git@host:path`, `host:22/path`, `host/path`, `owner/name`, `name`.
RepositoryName from_short_form(std::string_view text, std::string_view default_host) {
  const auto slash = std::min(text.find('/'), text.size());
  std::string_view first = text.substr(0, slash);
  const std::string_view after_slash = text.substr(slash);
  if (first.starts_with('[')) return at_host(parse_authority(first).host, after_slash);  // an IPv6 address
  const bool has_user = first.find('@') != std::string_view::npos;
  if (has_user) first.remove_prefix(first.rfind('@') + 1);
  if (const auto colon = first.find(':'); colon != std::string_view::npos) {
    const std::string_view host = first.substr(0, colon);
    const std::string_view after_colon = first.substr(colon + 1);
    if (host.size() == 1 && !has_user) return local_repository(after_slash);  // a drive letter
    if (all_digits(after_colon)) return at_host(host, after_slash);
    return at_host(host, std::string(after_colon).append(after_slash));
  }
  const auto parts = path_parts(text);
  if (has_user) return at_host(first, after_slash);
  if (parts.size() >= 3 && looks_like_host(first)) return at_host(first, after_slash);
  if (!default_host.empty()) {
    if (lower(first) == lower(default_host)) return at_host(first, after_slash);
    return at_host(default_host, text);
  }
  if (parts.size() == 1) return local_repository(text);
  if (looks_like_host(first)) return at_host(first, after_slash);
  return RepositoryName{join_parts({}, parts)};
}

}  // namespace

RepositoryName repository_name(std::string_view text, std::string_view default_host) {
  text = trim(text);
  if (text.empty() || std::ranges::any_of(text, is_control)) return {};
  if (const auto scheme_end = text.find("://"); scheme_end != std::string_view::npos) {
    return from_url(text.substr(0, scheme_end), text.substr(scheme_end + 3));
  }
  if (text.starts_with(kFilePrefix)) return local_repository(text.substr(kFilePrefix.size()));
  if (text.starts_with('/') || text.starts_with("./") || text.starts_with("../") || text.starts_with("~/")) {
    return local_repository(text);
  }
  return from_short_form(text, default_host);
}

}  // namespace fairlead
