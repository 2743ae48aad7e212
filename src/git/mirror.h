#pragma once

#include <filesystem>
#include <stop_token>

#include "base/result.h"
#include "git/remote_url.h"
#include "git/repository.h"
#include "http/outgoing_guard.h"

namespace fairlead::git {

/// What a fetch may take. Past any of these it ends and the mirror stays as it was.
struct MirrorLimits {
  int timeout_ms = 60 * 60 * 1000;
  std::uint64_t file_bytes_max = 8ull * 1024 * 1024 * 1024;    ///< Of one pack.
  std::uint64_t memory_bytes_max = 8ull * 1024 * 1024 * 1024;  ///< Address space of each process.
};

/// Brings the branches and tags of `url` into a bare repository under `folder`, which is made for the first fetch and
/// used again later. Commits only: trees and files are not asked for. The host is resolved once, checked, and pinned
/// for the connection; redirects are not followed; no other protocol than the address's own is allowed. One fetch into
/// a mirror at a time (kConflict); what an earlier one left half done when it was ended is cleared away. Once `stop` is
/// asked for, the fetch ends (kUnavailable).
Result<Repository> fetch_mirror(const RemoteUrl& url, const RemoteRules& rules, const std::filesystem::path& folder,
                                const http::Resolver& resolver, const MirrorLimits& limits = {},
                                const std::stop_token& stop = {});

}  // namespace fairlead::git
