#include "api/health/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace fairlead::api {
namespace {

namespace limit = health_limits;

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(double part) {
  return fmt::format("{:.1f} %", part * 100);
}

Finding check_usage(std::string name, const Usage& usage, std::string seen, std::string action) {
  const double used = share(usage.used, usage.limit);
  if (used >= limit::kUsageFailing) return Finding::failing(std::move(name), std::move(seen), std::move(action));
  if (used >= limit::kUsageWarning) return Finding::warning(std::move(name), std::move(seen), std::move(action));
  return Finding::ok(std::move(name), std::move(seen));
}

std::uint64_t count_of(const store::OutcomeCounts& outcomes, const std::string& name) {
  const auto found = outcomes.find(name);
  return found == outcomes.end() ? 0 : static_cast<std::uint64_t>(found->second);
}

}  // namespace

Finding check_queue(const engine::EngineStats& stats, std::uint64_t rows_max) {
  const std::string name = "ingest_queue";
  std::string seen = fmt::format(
      "{} of at most {} deliveries wait to be stored ({}); since the start {} were stored, "
      "{} refused because it was full, {} because storage failed",
      stats.queue_rows, rows_max, bytes_text(stats.queue_bytes), stats.appended, stats.refused, stats.failed);
  const double full = share(stats.queue_rows, rows_max);
  const std::string action =
      "Look at the disk's speed: deliveries come faster than it takes them. Senders that got 503 try again.";
  if (full >= limit::kQueueFailing) return Finding::failing(name, std::move(seen), action);
  if (full >= limit::kQueueWarning) return Finding::warning(name, std::move(seen), action);
  return Finding::ok(name, std::move(seen));
}

Finding check_lag(const LagFacts& lag, Instant now) {
  const std::string name = "projection";
  if (lag.rows == 0) return Finding::ok(name, "every stored delivery is in the reports");
  const Duration age = lag.oldest_received_at ? now - *lag.oldest_received_at : Duration{};
  std::string seen = fmt::format("{} not in the reports yet, the oldest since {}",
                                 counted(lag.rows, "stored delivery is", "stored deliveries are"), duration_text(age));
  if (age >= limit::kLagFailing) {
    return Finding::failing(name, std::move(seen),
                            "If the number falls, an import is being worked off: wait. Else see the finding "
                            "`derivation` and the server's log.");
  }
  if (age >= limit::kLagWarning) {
    return Finding::warning(name, std::move(seen),
                            "Wait: it should fall. An import or a start after a long stop takes its time.");
  }
  return Finding::ok(name, std::move(seen));
}

Finding check_derivation(const engine::EngineStats& stats) {
  const std::string name = "derivation";
  if (stats.superseded) {
    return Finding::warning(name,
                            "a replica that was started later works with another configuration, so this one computes "
                            "nothing; deliveries are taken",
                            "Give all replicas the same configuration, and start this one again.");
  }
  if (!stats.derive_error.empty()) {
    return Finding::failing(
        name,
        fmt::format("the latest round failed: {} ({} failed since the start)", stats.derive_error,
                    stats.derive_failures),
        "Make room or mend the disk; it is tried again by itself. If the derived data is damaged: stop the "
        "server and run `fairlead replay`.");
  }
  return Finding::ok(
      name, fmt::format("{} to be linked again; rounds that failed since the start and were repeated: {}",
                        counted(stats.dirty_services, "service waits", "services wait"), stats.derive_failures));
}

Finding check_disk(const Result<DiskSpace>& space, const std::string& folder) {
  const std::string name = "disk";
  if (!space) return Finding::failing(name, space.error().message, "Mount the disk again, or give the folder back.");
  std::string seen =
      fmt::format("{} of {} are free in {}", bytes_text(space->free_bytes), bytes_text(space->total_bytes), folder);
  const std::string action =
      "Make room, or move the data folder to a larger disk. With no space left deliveries are answered 507.";
  if (space->read_only) {
    return Finding::failing(name, fmt::format("the file system of {} is read-only", folder),
                            "Look at the system's log for errors of the disk, and mount it for writing.");
  }
  if (space->free_bytes < limit::kDiskFailingBytes) return Finding::failing(name, std::move(seen), action);
  if (space->total_files > 0 && space->free_files < limit::kFilesWarning) {
    return Finding::warning(name, fmt::format("only {} more files fit into {}", space->free_files, folder),
                            "Remove files that nobody needs: the file system runs out of inodes.");
  }
  if (space->free_bytes < limit::kDiskWarningBytes ||
      share(space->free_bytes, space->total_bytes) < limit::kDiskWarningShare) {
    return Finding::warning(name, std::move(seen), action);
  }
  return Finding::ok(name, std::move(seen));
}

Finding check_descriptors(const Usage& usage) {
  const std::string name = "descriptors";
  std::string seen = fmt::format("{} of {} file descriptors are open", usage.used, usage.limit);
  const std::string action = "Raise the limit (systemd: LimitNOFILE=65536; a shell: ulimit -n 65536) and restart.";
  if (usage.limit < limit::kDescriptorsMin) return Finding::warning(name, std::move(seen), action);
  return check_usage(name, usage, std::move(seen), action);
}

Finding check_memory(const Usage& usage) {
  return check_usage("memory", usage,
                     fmt::format("{} of {} are in use", bytes_text(usage.used), bytes_text(usage.limit)),
                     "Raise the limit of the service or the container, before the system ends the process.");
}

Finding check_clock(Instant now, std::optional<Duration> jump, std::optional<Instant> newest_received_at) {
  const std::string name = "clock";
  const std::string action =
      "Let a time service (chrony, systemd-timesyncd) keep the clock. No delivery is lost or counted "
      "twice by it; ages and `now` in reports are off meanwhile.";
  if (newest_received_at && *newest_received_at - now >= limit::kClockFuture) {
    return Finding::warning(name,
                            fmt::format("a delivery was received {} in the future: the clock went back",
                                        duration_text(*newest_received_at - now)),
                            action);
  }
  if (jump) {
    return Finding::warning(
        name,
        fmt::format("the clock was set {} by {} within the last hour", jump->ms < 0 ? "back" : "forward",
                    duration_text(jump->ms < 0 ? Duration{-jump->ms} : *jump)),
        action);
  }
  return Finding::ok(name, fmt::format("it is {}, and no jump was noticed", format_time(now)));
}

Finding check_source(const SourceFacts& facts, Instant now) {
  std::string name = "sources." + facts.name;
  const std::uint64_t quarantined = count_of(facts.outcomes, "quarantined");
  const std::uint64_t all = quarantined + count_of(facts.outcomes, "accepted") + count_of(facts.outcomes, "ignored");
  if (facts.hooks_without_secret > 0) {
    return Finding::warning(std::move(name),
                            fmt::format("{} of {} hooks have no secret, so that every delivery to them is refused",
                                        facts.hooks_without_secret, facts.hooks),
                            "Give them one in the configuration or the environment, or take them out.");
  }
  if (!facts.last_delivered_at) {
    return Finding::warning(std::move(name),
                            fmt::format("nothing ever came to {}; requests with a wrong signature since the start: {}",
                                        counted(facts.hooks, "hook"), facts.signature_failures),
                            "Look at the list of deliveries in the tool: address, secret, events.");
  }
  const Duration silent = now - *facts.last_delivered_at;
  std::string seen = fmt::format(
      "{}, {} of them quarantined ({}), the latest {} ago; requests with a wrong signature since the start: {}",
      counted(all, "delivery", "deliveries"), quarantined, percent(share(quarantined, all)),
      duration_text(silent.ms < 0 ? Duration{} : silent), facts.signature_failures);
  if (share(quarantined, all) > limit::kQuarantinedWarning) {
    return Finding::warning(std::move(name), std::move(seen),
                            "Look at the reasons on the page of sources. The raw deliveries are kept, and a later "
                            "version may read them by `fairlead replay`.");
  }
  if (facts.signature_failures > 0) {
    return Finding::warning(std::move(name), std::move(seen),
                            "Compare the secret here with the one in the tool; or somebody tries addresses.");
  }
  if (facts.hooks > 0 && silent >= limit::kSourceSilent) {
    return Finding::warning(std::move(name), std::move(seen),
                            "If work went on there: look at the list of deliveries in the tool.");
  }
  return Finding::ok(std::move(name), std::move(seen));
}

Finding check_spool(const store::SpoolStats& spool, Instant now) {
  const std::string name = "spool";
  const Duration age = spool.oldest ? now - *spool.oldest : Duration{};
  std::string seen =
      fmt::format("{} here for the store ({} of {}){}", counted(spool.rows, "delivery waits", "deliveries wait"),
                  bytes_text(spool.bytes), bytes_text(spool.bytes_max),
                  spool.oldest ? ", the oldest since " + duration_text(age) : std::string());
  if (spool.refusing) {
    return Finding::failing(name, "a write to this machine's spool failed, so that it takes nothing any more; " + seen,
                            "Look at the disk of the data folder, then restart the server.");
  }
  if (spool.store_away) {
    seen += fmt::format("; the store is away: {}", spool.store_error);
    const std::string action =
        "Bring the store back, or mend the way to it: what waits is handed over by itself. Once "
        "the spool is full, deliveries are answered 503.";
    if (share(spool.bytes, spool.bytes_max) >= limit::kUsageFailing) return Finding::failing(name, seen, action);
    return Finding::warning(name, std::move(seen), action);
  }
  if (!spool.error.empty()) {
    return Finding::warning(name, fmt::format("{}; {}", seen, spool.error),
                            "See the server's log. What waits is safe, and tried again.");
  }
  if (spool.set_aside > 0 || spool.kept_bytes > 0) {
    return Finding::warning(name,
                            fmt::format("{} by the store for good and kept in files "
                                        "below spool ({})",
                                        counted(spool.set_aside, "delivery was refused", "deliveries were refused"),
                                        bytes_text(spool.kept_bytes)),
                            "See the server's log for the reason. Remove the files once nobody needs them.");
  }
  if (age >= limit::kLagWarning)
    return Finding::warning(name, std::move(seen), "Wait: it should fall. Else look at the store.");
  return Finding::ok(name, std::move(seen));
}

Finding check_fleet(std::span<const store::Replica> replicas, bool asked_by_one, Instant now) {
  const std::string name = "replicas";
  if (replicas.empty()) {
    return Finding::warning(name, "the database heard of no replica lately, so that nothing is derived",
                            "Start one, or look at the log of the one that runs for lost connections.");
  }
  std::size_t parts = 0;
  bool ours = false;
  Instant newest = replicas.front().seen_at;
  std::string names;
  for (const store::Replica& replica : replicas) {
    parts += replica.parts.size();
    ours = ours || replica.ours;
    newest = std::max(newest, replica.seen_at);
    names += fmt::format("{}{} (version {}, {} parts{})", names.empty() ? "" : ", ", replica.name, replica.version,
                         replica.parts.size(), replica.ours ? ", this one" : "");
  }
  std::string seen =
      fmt::format("{} of {} parts of the derived state are worked on by {}", parts, store::Fleet::kParts, names);
  if (asked_by_one && !ours) {
    return Finding::warning(name, seen + "; the database did not hear of this one lately",
                            "Look at this server's log for lost connections. It takes part again by itself.");
  }
  const Duration skew = now - newest;
  if (skew >= limit::kClockSkew || Duration{-skew.ms} >= limit::kClockSkew) {
    return Finding::warning(
        name,
        fmt::format("{}; the clock of this machine is {} {} the database's", seen,
                    duration_text(skew.ms < 0 ? Duration{-skew.ms} : skew), skew.ms < 0 ? "behind" : "before"),
        "Let a time service keep the clocks of both.");
  }
  if (parts < store::Fleet::kParts) {
    return Finding::warning(name, std::move(seen),
                            "Wait a few seconds: what a replica left is taken over by the others.");
  }
  return Finding::ok(name, std::move(seen));
}

std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
  if (n == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", n, one) : fmt::format("{} {}", n, many);
}

std::string bytes_text(std::uint64_t bytes) {
  static constexpr std::array kUnits{"bytes", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string duration_text(Duration duration) {
  static constexpr std::array kUnits{std::pair(86'400'000, "d"), std::pair(3'600'000, "h"), std::pair(60'000, "min")};
  for (const auto& [ms, unit] : kUnits) {
    if (duration.ms >= ms) return fmt::format("{} {}", duration.ms / ms, unit);
  }
  return fmt::format("{} s", duration.ms / 1000);
}

}  // namespace fairlead::api
