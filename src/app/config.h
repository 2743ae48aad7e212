#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/options.h"
#include "base/limits.h"
#include "base/result.h"
#include "git/remote_url.h"
#include "model/policy.h"

namespace fairlead::app {

/// The variables of the process's environment; injected, so that tests set their own.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

/// Everything that fairlead.yaml can say, with its defaults. docs/configuration.md describes each key.
struct Config {
  std::filesystem::path data = "fairlead-data";
  std::vector<std::string> listen = {"127.0.0.1:8080"};
  std::string store = "sqlite";  ///< Or the address of a PostgreSQL database, which may hold its password.
  std::uint64_t spool_bytes_max = limits::kSpoolBytesMax;  ///< 0: no spool.
  std::filesystem::path tls_certificate;
  std::filesystem::path tls_key;
  std::string base_path;
  std::vector<std::string> trusted_proxies;

  api::AnonymousAccess anonymous = api::AnonymousAccess::kNone;
  std::vector<std::string> anonymous_hosts;
  api::MetricsAccess metrics = api::MetricsAccess::kOpen;
  api::SessionLimits sessions;

  std::string profile = "fairlead";
  Policy policy;
  std::map<TeamName, std::vector<ServiceName>> teams;
  std::vector<api::HookOptions> hooks;
  git::RemoteRules git;  ///< What `import git URL` may fetch.
};

/// Reads the file (none where `file` is empty), then the secrets that the environment holds. Relative paths in the file
/// count from its folder. An error has one line `FILE:LINE:COLUMN: what, and what to write` per problem; it never shows
/// a secret.
Result<Config> load_config(const std::filesystem::path& file, const Environment& environment);

/// The JSON Schema of the file.
std::string config_schema();

/// `24h`, `30d`, `90m`, `45s`, `2w`.
Result<Duration> parse_duration(std::string_view text);

}  // namespace fairlead::app
