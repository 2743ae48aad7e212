// How long a report over one year takes, with 100 thousand and with a million deployments stored, and how fast a server
// with that much data starts. All of it goes in through the normal door, over HTTP.
//
// The time of a report is the server's own (`Server-Timing`), because a client on the same two processors would measure
// itself. Both servers run side by side and are asked in turn.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "bench/fairlead_under_test.h"
#include "bench/measurements.h"
#include "bench/year_of_deliveries.h"

namespace fairlead::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRoundsByDefault = 9;
constexpr int kRequestsPerRound = 40;
constexpr int kLoadConnections = 4;
constexpr std::uint64_t kSmall = 100'000;
constexpr std::uint64_t kLarge = 1'000'000;
constexpr std::string_view kYear = "from=2025-01-01&to=2026-01-01";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A server that holds the year.
class Filled {
 public:
  explicit Filled(std::uint64_t deployments) {
    const YearOfDeliveries year(deployments);
    const auto start = Clock::now();
    fairlead_.load([&](std::string& out, std::uint64_t n) { year.append_request(out, fairlead_.token(), n); },
                   {.connections = kLoadConnections, .seconds = 3'600, .requests = year.requests()});
    const double stored = seconds_since(start);
    fairlead_.drain();
    fmt::print("{} events acknowledged in {:.1f} s, projected and linked after {:.1f} s ({:.0f} events/s)\n",
               year.events(), stored, seconds_since(start), static_cast<double>(year.events()) / seconds_since(start));
  }

  FairleadUnderTest& fairlead() { return fairlead_; }

  /// Milliseconds of server time of one report.
  double report_ms(const std::string& metrics) {
    const auto response = fairlead_.get(fmt::format("/api/v1/metrics/delivery?{}&metric={}", kYear, metrics));
    if (response.status != 200) throw std::runtime_error(response.body);
    const std::string timing = response.header("server-timing");
    const auto at = timing.find("report;dur=");
    if (at == std::string::npos) throw std::runtime_error("no Server-Timing in the answer");
    return std::stod(timing.substr(at + 11));
  }

  /// The median of a round, so that one interruption by the machine does not count as the report's time.
  double round_ms(const std::string& metrics) {
    std::vector<double> times;
    for (int i = 0; i < kRequestsPerRound; ++i) times.push_back(report_ms(metrics));
    std::ranges::sort(times);
    return quantile(times, 0.5);
  }

 private:
  FairleadUnderTest fairlead_;
};

struct Kind {
  const char* what;
  const char* metrics;
  double goal_ms;
};

std::vector<Goal> measure_reports(Filled& small, Filled& large) {
  static constexpr std::array<Kind, 2> kKinds = {
      Kind{"counts and rates", "deployment_frequency,change_fail_rate,deployment_rework_rate", 1},
      Kind{"medians", "change_lead_time,failed_deployment_recovery_time", 5}};
  std::vector<Goal> goals;
  for (const Kind& kind : kKinds) {
    Goal of_small{fmt::format("report of a year, {}", kind.what),
                  "100 thousand deployments",
                  Goal::Direction::kAtMost,
                  kind.goal_ms,
                  "ms",
                  {}};
    Goal of_large = of_small;
    of_large.against = "1 million deployments";
    for (int round = 0; round < rounds_wanted(kRoundsByDefault); ++round) {
      of_small.rounds.push_back(small.round_ms(kind.metrics));
      of_large.rounds.push_back(large.round_ms(kind.metrics));
    }
    goals.push_back(std::move(of_small));
    goals.push_back(std::move(of_large));
  }
  return goals;
}

/// From the start of the process to its first answer, and its memory once it is idle.
std::vector<Goal> measure_starts(FairleadUnderTest& fairlead) {
  Goal start{"start to the first 200", "2 million events stored", Goal::Direction::kAtMost, 50, "ms", {}};
  Goal memory{"resident memory, idle", "2 million events stored", Goal::Direction::kAtMost, 30, "MB", {}};
  for (int round = 0; round < rounds_wanted(kRoundsByDefault); ++round) {
    fairlead.server().stop();
    const auto begin = Clock::now();
    fairlead.start();
    if (fairlead.get("/readyz").status != 200) throw std::runtime_error("started and not ready");
    start.rounds.push_back(seconds_since(begin) * 1'000);
    fairlead.server().process().wait(std::chrono::seconds(2));  // what a start leaves to do is done by then
    memory.rounds.push_back(static_cast<double>(fairlead.server().process().resident_kib()) / 1'000);
  }
  return {start, memory};
}

bool run() {
  Filled small(kSmall);
  Filled large(kLarge);
  std::vector<Goal> goals = measure_reports(small, large);
  for (Goal& goal : measure_starts(large.fairlead())) goals.push_back(std::move(goal));
  return print_goals(goals);
}

}  // namespace
}  // namespace fairlead::bench

int main() try { return fairlead::bench::run() ? 0 : 1; } catch (const std::exception& error) {
  fmt::print(stderr, "bench: {}\n", error.what());
  return 2;
}
