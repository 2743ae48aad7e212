#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/health/finding.h"
#include "api/sessions.h"
#include "base/result.h"
#include "base/time.h"
#include "model/names.h"
#include "sources/source.h"

namespace fairlead::api {

class Imports;

/// What a request without a credential may do (`access.anonymous`). It counts only under a loopback Host from a
/// loopback address, or, for viewers, under one of `anonymous_hosts`; a foreign Origin is refused.
enum class AnonymousAccess : std::uint8_t { kNone, kViewer, kOperator };
Result<AnonymousAccess> parse_anonymous_access(std::string_view text);  ///< `none`, `viewer`, `operator`.

/// Who may read `/metrics` (`access.metrics`).
enum class MetricsAccess : std::uint8_t { kOpen, kToken };
Result<MetricsAccess> parse_metrics_access(std::string_view text);  ///< `open`, `token`.

/// One address that a tool posts to: `/hooks/{source}`, or `/hooks/{source}/{name}` where `name` is not empty. Every
/// secret is active, so that one can be changed without a gap. No secret: everything is refused.
struct HookOptions {
  std::string source;
  std::string name;
  std::vector<std::string> secrets;
};

struct ApiOptions {
  AnonymousAccess anonymous = AnonymousAccess::kNone;
  std::vector<std::string> anonymous_hosts;  ///< Host names, without port, under which anonymous viewers are let in.
  MetricsAccess metrics = MetricsAccess::kOpen;
  SessionLimits sessions;
  std::vector<HookOptions> hooks;
  std::map<TeamName, std::vector<ServiceName>> teams;
  bool simulated_by_default = false;  ///< Reports that do not say are about simulated rows: a demo.
  std::string base_path;              ///< `/fairlead`; empty: root. As ServerOptions::base_path.
  std::string version = "0.1.0";
  Duration heartbeat = Duration::seconds(15);       ///< Of an idle event stream, so that proxies keep it.
  Duration read_own_writes = Duration::seconds(2);  ///< How long a read waits for what its credential wrote.
  std::filesystem::path data_folder;                ///< Whose disk the server watches; empty: none.
  std::vector<Finding> settings;                    ///< What the configuration makes weak, for the health page.
  /// Other processes write the same journal: what they change about tokens (token_cache.h) and sessions
  /// (shared_sessions.h) counts here, too. The journal must hold sessions.
  bool shared_store = false;
  Imports* imports = nullptr;  ///< Outlives the Api; null: there are no routes for imports.
  /// The adapters behind `/hooks/…`; empty: sources::all_sources().
  std::vector<const sources::Source*> sources;
};

}  // namespace fairlead::api
