#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/entities.h"

namespace fairlead {

/// Everything of the configuration that derivation depends on. Its `fingerprint()` is kept with the derived data; a
/// change rebuilds links and what lies above (design.md, Storage).
struct Policy {
  struct ServiceRule {
    ServiceName service;
    std::vector<std::string> repositories;  ///< Globs over RepositoryName: `github.com/acme/*`.
    DeploymentVia deployments_from = DeploymentVia::kDeployment;
    std::vector<EnvironmentName> production;  ///< Overrides the rule by name for this service.
  };
  std::vector<ServiceRule> services;
  /// Globs over environment names that are production; empty: the rule by name (design.md, Keys).
  std::vector<std::string> production_environments;
  Duration attribution_window = Duration::hours(24);
  Duration revert_window = Duration::days(30);
  std::vector<std::string> bots;  ///< Beside the suffix `[bot]`.
  std::vector<std::string> incident_labels = {"incident"};
  std::vector<std::string> hotfix_labels = {"hotfix"};
  std::vector<std::string> hotfix_branches = {"hotfix/*"};
  TimeZone zone = TimeZone::utc();
  bool exclude_bot_changes = false;

  std::string fingerprint() const;
};

/// `*` matches any run of characters, `?` one; everything else itself.
bool glob_matches(std::string_view pattern, std::string_view text);

/// The event's own service, else the first rule whose repository pattern matches, else `owner/name` of the repository,
/// else empty.
ServiceName resolve_service(const Policy& policy, const ServiceName& own, const RepositoryName& repository);

DeploymentVia deployments_from(const Policy& policy, const ServiceName& service);

/// By the configuration, else by the tool's tier, else by name: split at non-alphanumerics, some part is prod,
/// production or live, and none is non, pre, not, test or preview.
bool is_production(const Policy& policy, const ServiceName& service, const EnvironmentName& environment,
                   std::optional<bool> tier_says);
bool production_by_name(std::string_view environment);

bool is_bot(const Policy& policy, std::string_view login);

}  // namespace fairlead
