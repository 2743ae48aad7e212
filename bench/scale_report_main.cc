// How long a report over one year takes on PostgreSQL with ten million deployments, of all services and of one.
//
// Ten million through the front door take the better part of an hour, so this is what happens instead: a part of them
// (FAIRLEAD_BENCH_DEPLOYMENTS) goes in over HTTP, and then, with the server stopped, the rows that reports read (facts,
// places, sums of services) are multiplied inside the database (FAIRLEAD_BENCH_MULTIPLY), as so many times the
// services. The sums over all services are Fairlead's own: started again it makes them anew from the facts of all ten
// million. Rows that no report reads (the journal, entities, links) are there for what came through the door only.
// FAIRLEAD_BENCH_MULTIPLY=1 with FAIRLEAD_BENCH_DEPLOYMENTS=10000000 is the long way, where nothing is multiplied.

#include <fmt/format.h>

#include <array>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "bench/database_under_test.h"
#include "bench/fairlead_under_test.h"
#include "bench/measurements.h"
#include "bench/workload.h"
#include "bench/year_of_deliveries.h"
#include "bench/year_report.h"

namespace fairlead::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRoundsByDefault = 9;
constexpr double kGoalMs = 10;
constexpr std::uint64_t kLoadedByDefault = 500'000;
constexpr std::uint64_t kTimesByDefault = 20;
constexpr std::uint64_t kSingleDeliveries = 50'000;
constexpr std::uint64_t kSalt = 1;
constexpr double kLoadSecondsMax = 600;
constexpr auto kSummingTimeMax = std::chrono::hours(1);

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::uint64_t number_wanted(const char* variable, std::uint64_t by_default) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? by_default : std::stoull(text);
}

class ScaleReportBenchmark {
 public:
  bool run() {
    load_single_deliveries();
    load();
    multiply();
    check_count();
    return print_goals(measure());
  }

 private:
  /// What a delivery costs that comes alone: those of the year carry a thousand events each.
  void load_single_deliveries() {
    DatabaseUnderTest database(server_);
    FairleadUnderTest fairlead({"--store", database.address()});
    const std::uint64_t log_before = database.log_bytes();
    const LoadResult result = fairlead.load(single_event_posts("/api/v1/events", fairlead.token(), kSalt),
                                            {.seconds = kLoadSecondsMax, .requests = kSingleDeliveries});
    fairlead.drain();
    fmt::print("{} deliveries of one deployment each, {:.0f}/s; write-ahead log: {:.0f} bytes per delivery\n",
               result.completed, result.per_second(),
               static_cast<double>(database.log_bytes() - log_before) / static_cast<double>(result.completed));
    database.print_table_bytes(result.completed, "delivery");
  }

  void load() {
    const std::uint64_t log_before = database_.log_bytes();
    load_year(fairlead_, loaded_);
    fmt::print("write-ahead log: {:.0f} bytes per deployment with its commit; server: {:.0f} MB resident\n",
               static_cast<double>(database_.log_bytes() - log_before) / static_cast<double>(loaded_),
               static_cast<double>(fairlead_.server().process().resident_kib()) / 1'000);
    database_.print_table_bytes(loaded_, "deployment with its commit");
  }

  void multiply() {
    if (times_ < 2) return;
    if (database_.marked_days() > 0) throw std::runtime_error("drained, and days are still to be summed");
    fairlead_.server().stop();
    auto start = Clock::now();
    database_.multiply_services(times_);
    fmt::print("MULTIPLIED IN THE DATABASE: {} deployments as {} times the services, in {:.0f} s; {} facts\n", loaded_,
               times_, seconds_since(start), database_.rows("facts"));
    const std::uint64_t marked = database_.marked_days();
    fairlead_.start();
    start = Clock::now();
    std::uint64_t resident_kib = 0;
    while (database_.marked_days() > 0) {
      if (Clock::now() - start > kSummingTimeMax)
        throw std::runtime_error("the roll-ups are not summed within an hour");
      resident_kib = std::max<std::uint64_t>(resident_kib,
                                             static_cast<std::uint64_t>(fairlead_.server().process().resident_kib()));
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    fmt::print("Fairlead summed {} days of all services anew in {:.0f} s, {} MB resident at most; database {} MB\n",
               marked, seconds_since(start), resident_kib / 1'000, database_.bytes() / 1'000'000);
  }

  /// A report over all services must count all of them.
  void check_count() {
    const auto report = boost::json::parse(year_report(fairlead_, "deployment_frequency").body);
    const auto counted = report.at("metrics").at("deployment_frequency").at("n").to_number<std::uint64_t>();
    fmt::print("deployments in the report of all services: {}\n", counted);
    if (counted != loaded_ * times_) throw std::runtime_error(fmt::format("{} were stored", loaded_ * times_));
  }

  std::vector<Goal> measure() {
    const std::string stored =
        fmt::format("{} million deployments, PostgreSQL", static_cast<double>(loaded_ * times_) / 1e6);
    std::vector<Goal> goals;
    for (const ReportKind& kind : kReportKinds) {
      for (const std::string service : {"", "s7"}) {
        const char* const of = service.empty() ? "all services" : "one service";
        Goal goal{fmt::format("report of a year, {}, {}", kind.what, of),
                  stored,
                  Goal::Direction::kAtMost,
                  kGoalMs,
                  "ms",
                  {}};
        for (int round = 0; round < rounds_wanted(kRoundsByDefault); ++round) {
          goal.rounds.push_back(report_round_ms(fairlead_, kind.metrics, service));
        }
        goals.push_back(std::move(goal));
      }
    }
    return goals;
  }

  const std::uint64_t loaded_ = number_wanted("FAIRLEAD_BENCH_DEPLOYMENTS", kLoadedByDefault);
  const std::uint64_t times_ = number_wanted("FAIRLEAD_BENCH_MULTIPLY", kTimesByDefault);
  store::PostgresServer server_{{.durable = true}};
  DatabaseUnderTest database_{server_};
  FairleadUnderTest fairlead_{{"--store", database_.address()}};
};

}  // namespace
}  // namespace fairlead::bench

int main() try { return fairlead::bench::ScaleReportBenchmark().run() ? 0 : 1; } catch (const std::exception& error) {
  fmt::print(stderr, "bench: {}\n", error.what());
  return 2;
}
