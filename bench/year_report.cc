#include "bench/year_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "bench/year_of_deliveries.h"

namespace fairlead::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRequestsPerRound = 40;
constexpr int kLoadConnections = 4;
constexpr double kLoadSecondsMax = 3 * 3'600;
constexpr std::string_view kYear = "from=2025-01-01&to=2026-01-01";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double report_ms(FairleadUnderTest& fairlead, const std::string& metrics, const std::string& service) {
  const std::string timing = year_report(fairlead, metrics, service).header("server-timing");
  const auto at = timing.find("report;dur=");
  if (at == std::string::npos) throw std::runtime_error("no Server-Timing in the answer");
  return std::stod(timing.substr(at + 11));
}

}  // namespace

void load_year(FairleadUnderTest& fairlead, std::uint64_t deployments) {
  const YearOfDeliveries year(deployments);
  const auto start = Clock::now();
  fairlead.load([&](std::string& out, std::uint64_t n) { year.append_request(out, fairlead.token(), n); },
                {.connections = kLoadConnections, .seconds = kLoadSecondsMax, .requests = year.requests()});
  const double stored = seconds_since(start);
  fairlead.drain();
  fmt::print("{} events acknowledged in {:.1f} s, projected and linked after {:.1f} s ({:.0f} events/s)\n",
             year.events(), stored, seconds_since(start), static_cast<double>(year.events()) / seconds_since(start));
}

system_test::HttpResponse year_report(FairleadUnderTest& fairlead, const std::string& metrics,
                                      const std::string& service) {
  const std::string of_service = service.empty() ? "" : "&service=" + service;
  auto response = fairlead.get(fmt::format("/api/v1/metrics/delivery?{}&metric={}{}", kYear, metrics, of_service));
  if (response.status != 200) throw std::runtime_error(response.body);
  return response;
}

double report_round_ms(FairleadUnderTest& fairlead, const std::string& metrics, const std::string& service) {
  std::vector<double> times;
  for (int i = 0; i < kRequestsPerRound; ++i) times.push_back(report_ms(fairlead, metrics, service));
  std::ranges::sort(times);
  return quantile(times, 0.5);
}

}  // namespace fairlead::bench
