// How long a report over one year takes, with 100 thousand and with a million deployments stored, and how fast a server
// with that much data starts. All of it goes in through the normal door, over HTTP.
//
// Both servers run side by side and are asked in turn.

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "bench/fairlead_under_test.h"
#include "bench/measurements.h"
#include "bench/year_report.h"

namespace fairlead::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRoundsByDefault = 9;
constexpr std::uint64_t kSmall = 100'000;
constexpr std::uint64_t kLarge = 1'000'000;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::vector<Goal> measure_reports(FairleadUnderTest& small, FairleadUnderTest& large) {
  struct Kind {
    ReportKind report;
    double goal_ms;
  };
  static constexpr std::array kKinds = {Kind{kCountsAndRates, 1}, Kind{kMedians, 5}};
  std::vector<Goal> goals;
  for (const auto& [report, goal_ms] : kKinds) {
    Goal of_small{fmt::format("report of a year, {}", report.what),
                  "100 thousand deployments",
                  Goal::Direction::kAtMost,
                  goal_ms,
                  "ms",
                  {}};
    Goal of_large = of_small;
    of_large.against = "1 million deployments";
    for (int round = 0; round < rounds_wanted(kRoundsByDefault); ++round) {
      of_small.rounds.push_back(report_round_ms(small, report.metrics));
      of_large.rounds.push_back(report_round_ms(large, report.metrics));
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
    start.rounds.push_back(milliseconds_since(begin));
    fairlead.server().process().wait(std::chrono::seconds(2));  // what a start leaves to do is done by then
    memory.rounds.push_back(static_cast<double>(fairlead.server().process().resident_kib()) / 1'000);
  }
  return {start, memory};
}

bool run() {
  FairleadUnderTest small;
  load_year(small, kSmall);
  FairleadUnderTest large;
  load_year(large, kLarge);
  std::vector<Goal> goals = measure_reports(small, large);
  for (Goal& goal : measure_starts(large)) goals.push_back(std::move(goal));
  return print_goals(goals);
}

}  // namespace
}  // namespace fairlead::bench

int main() try { return fairlead::bench::run() ? 0 : 1; } catch (const std::exception& error) {
  fmt::print(stderr, "bench: {}\n", error.what());
  return 2;
}
