#include "bench/year_of_deliveries.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "bench/workload.h"

namespace fairlead::bench {

namespace {

constexpr std::uint64_t kServices = 100;
constexpr std::uint64_t kPerRequest = 500;  // deployments, each with its commit
constexpr std::uint64_t kIncidentOneIn = 100;
constexpr std::uint64_t kStart = 1'735'689'600;  // 2025-01-01T00:00:00Z
constexpr std::uint64_t kSeconds = 365 * 86'400;
constexpr std::uint64_t kLeadSecondsMax = 3 * 86'400;

/// Spreads numbers over 64 bits, the same way every time (SplitMix64).
std::uint64_t scatter(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::string sha(std::uint64_t service, std::uint64_t i) {
  return fmt::format("{:016x}{:024x}", service, i);
}

}  // namespace

std::uint64_t YearOfDeliveries::requests() const {
  const std::uint64_t per_service = deployments_ / kServices;
  return kServices * ((per_service + kPerRequest - 1) / kPerRequest);
}

std::uint64_t YearOfDeliveries::events() const {
  return deployments_ * 2 + deployments_ / kIncidentOneIn;
}

std::string YearOfDeliveries::body(std::uint64_t n) const {
  const std::uint64_t per_service = deployments_ / kServices;
  const std::uint64_t service = n % kServices;
  const std::uint64_t first = n / kServices * kPerRequest;
  const std::uint64_t last = std::min(first + kPerRequest, per_service);
  std::string out;
  auto at = std::back_inserter(out);
  for (std::uint64_t i = first; i < last; ++i) {
    const std::uint64_t finished = kStart + i * kSeconds / per_service + service;
    const std::uint64_t authored = finished - 60 - scatter(service * per_service + i) % kLeadSecondsMax;
    fmt::format_to(at,
                   R"({{"type":"commit","repository":"example.org/acme/s{}","sha":"{}","parents":[{}],)"
                   R"("authored_at":{},"committed_at":{},"author":"dev","message":"step {}"}})"
                   "\n",
                   service, sha(service, i), i == 0 ? "" : '"' + sha(service, i - 1) + '"', authored, authored, i);
    fmt::format_to(at,
                   R"({{"type":"deployment","id":"s{}/{}","service":"s{}","environment":"production","version":"{}",)"
                   R"("repository":"example.org/acme/s{}","sha":"{}","status":"success","finished_at":{}}})"
                   "\n",
                   service, i, service, i, service, sha(service, i), finished);
    if (i % kIncidentOneIn != kIncidentOneIn - 1) continue;
    fmt::format_to(at,
                   R"({{"type":"incident","id":"s{}/i{}","service":"s{}","environment":"production","severity":"high",)"
                   R"("title":"down","opened_at":{},"resolved_at":{},"deployment_id":"s{}/{}"}})"
                   "\n",
                   service, i, service, finished + 60, finished + 60 + scatter(i) % 7200, service, i);
  }
  return out;
}

void YearOfDeliveries::append_request(std::string& out, const std::string& token, std::uint64_t n) const {
  append_post(out, "/api/v1/events", token, fmt::format("year-{}-{}", deployments_, n), "application/x-ndjson",
              body(n));
}

}  // namespace fairlead::bench
