#include "app/weak_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/server.h"

namespace fairlead::app {
namespace {

using api::Finding;

/// Shorter secrets can be tried out by somebody who saw one signed delivery.
constexpr std::size_t kSecretBytesMin = 16;

/// The first address that others than this machine can reach; empty: none.
std::string open_address(const Config& config) {
  for (const std::string& text : config.listen) {
    const auto endpoint = http::parse_endpoint(text);
    if (!endpoint) continue;
    const std::string& address = endpoint->address;
    if (!address.starts_with("127.") && address != "::1" && address != "localhost") return text;
  }
  return {};
}

}  // namespace

std::vector<Finding> weak_settings(const Config& config) {
  std::vector<Finding> findings;
  const std::string open = open_address(config);
  if (!open.empty() && config.tls_certificate.empty() && config.trusted_proxies.empty()) {
    findings.push_back(Finding::warning(
        "settings.tls", fmt::format("{} can be reached from other machines without TLS", open),
        "Give --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy that is named in trusted_proxies."));
  }
  if (!open.empty() && config.metrics == api::MetricsAccess::kOpen) {
    findings.push_back(Finding::warning(
        "settings.metrics", fmt::format("whoever reaches {} may read /metrics, with names of services", open),
        "Set access.metrics to token, unless only Prometheus reaches this address."));
  }
  if (config.anonymous != api::AnonymousAccess::kNone && !config.anonymous_hosts.empty()) {
    findings.push_back(Finding::warning(
        "settings.anonymous",
        fmt::format("whoever reaches {} may read all reports without a login", config.anonymous_hosts.front()),
        "Set access.anonymous to none, unless that is what you want."));
  }
  for (const api::HookOptions& hook : config.hooks) {
    const bool weak =
        std::ranges::any_of(hook.secrets, [](const auto& secret) { return secret.size() < kSecretBytesMin; });
    if (!weak) continue;
    findings.push_back(
        Finding::warning("settings.secrets",
                         fmt::format("a secret of the hook {}{}{} has fewer than {} characters", hook.source,
                                     hook.name.empty() ? "" : "/", hook.name, kSecretBytesMin),
                         "Make a long random one (`openssl rand -hex 32`), add it here, change it in the tool, then "
                         "take the old one out."));
  }
  if (findings.empty()) findings.push_back(Finding::ok("settings", "nothing in the configuration is weak"));
  return findings;
}

}  // namespace fairlead::app
