#pragma once

// What is judged, and by which figures. Pure: who looks, hands in what was measured. One place for the server's own
// health page and for `fairlead doctor`.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/health/finding.h"
#include "api/health/machine.h"
#include "base/time.h"
#include "engine/engine.h"
#include "store/fleet.h"
#include "store/outcome_counts.h"

namespace fairlead::api {

namespace health_limits {
inline constexpr double kQueueWarning = 0.5;
inline constexpr double kQueueFailing = 0.95;
/// How long a stored delivery may wait to be seen in reports.
inline constexpr Duration kLagWarning = Duration::seconds(30);
inline constexpr Duration kLagFailing = Duration::seconds(600);
inline constexpr std::uint64_t kDiskWarningBytes = 1024ull * 1024 * 1024;
inline constexpr std::uint64_t kDiskFailingBytes = 128ull * 1024 * 1024;
inline constexpr double kDiskWarningShare = 0.05;
inline constexpr std::uint64_t kFilesWarning = 1'000;
inline constexpr double kUsageWarning = 0.8;
inline constexpr double kUsageFailing = 0.95;
/// Below this, few live pages and hooks at the same time use all descriptors up.
inline constexpr std::uint64_t kDescriptorsMin = 1'024;
inline constexpr Duration kClockJump = Duration::seconds(5);
inline constexpr Duration kClockFuture = Duration::seconds(60);
/// Between this machine's clock and the database's; a replica is seen every second.
inline constexpr Duration kClockSkew = Duration::seconds(10);
inline constexpr double kQuarantinedWarning = 0.05;
inline constexpr Duration kSourceSilent = Duration::days(14);
}  // namespace health_limits

/// Of one source that is set up, or that sent something.
struct SourceFacts {
  std::string name;
  std::size_t hooks = 0;
  std::size_t hooks_without_secret = 0;
  store::OutcomeCounts outcomes;
  std::optional<Instant> last_delivered_at;
  std::uint64_t signature_failures = 0;  ///< Since the start.
};

/// How far derived state is behind the journal.
struct LagFacts {
  std::uint64_t rows = 0;
  std::optional<Instant> oldest_received_at;  ///< Of those rows.
};

Finding check_queue(const engine::EngineStats& stats, std::uint64_t rows_max);
Finding check_lag(const LagFacts& lag, Instant now);
Finding check_derivation(const engine::EngineStats& stats);
Finding check_disk(const Result<DiskSpace>& space, const std::string& folder);
Finding check_descriptors(const Usage& usage);
Finding check_memory(const Usage& usage);
/// `jump`: the latest step of the clock that was noticed, forward or back.
Finding check_clock(Instant now, std::optional<Duration> jump, std::optional<Instant> newest_received_at);
Finding check_source(const SourceFacts& facts, Instant now);
/// Of a journal that can wait on this machine while its store is away.
Finding check_spool(const store::SpoolStats& spool, Instant now);

/// The replicas on one database: whether all of the derived state has somebody who works on it, and whether this
/// machine's clock agrees with the database's, by which they are seen. `asked_by_one`: this process is one of them.
Finding check_fleet(std::span<const store::Replica> replicas, bool asked_by_one, Instant now);

/// `1 hook`, `2 hooks`; `many` where an `s` is not enough.
std::string counted(std::uint64_t n, std::string_view one, std::string_view many = {});
/// `1.5 GiB`, `12 KiB`.
std::string bytes_text(std::uint64_t bytes);
/// `3 min`, `2 d`: rounded down, the largest unit alone.
std::string duration_text(Duration duration);

}  // namespace fairlead::api
