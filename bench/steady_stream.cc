#include "bench/steady_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "bench/workload.h"

namespace fairlead::bench {
namespace {

constexpr std::size_t kBatchEvents = 100;
constexpr double kSeconds = 20;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

bool keeps_up(FairleadUnderTest& fairlead, std::uint64_t salt, double events_per_second) {
  const auto posts = mixed_batches(fairlead.token(), salt, kBatchEvents);
  const double batches_per_second = events_per_second / static_cast<double>(kBatchEvents);
  std::vector<double> lag;
  double sent = 0;
  const auto start = std::chrono::steady_clock::now();
  for (double second = 0; second < kSeconds; ++second) {
    const auto result = fairlead.load(posts, {.connections = 8, .seconds = 1, .rate = batches_per_second});
    sent += static_cast<double>(result.completed * kBatchEvents);
    lag.push_back(fairlead.gauge("fairlead_projection_lag_rows") * static_cast<double>(kBatchEvents));
  }
  const double taken = seconds_since(start);
  const auto middle = lag.begin() + static_cast<std::ptrdiff_t>(lag.size() / 2);
  const double first_half = *std::max_element(lag.begin(), middle);
  const double second_half = *std::max_element(middle, lag.end());
  const auto drain_start = std::chrono::steady_clock::now();
  fairlead.drain();
  const double drained = seconds_since(drain_start);
  const bool met = second_half <= first_half + events_per_second && sent / taken >= 0.9 * events_per_second;
  fmt::print(
      "\nprojector at {:.0f} mixed events/s for {:.0f} s: lag at most {:.0f} events in the first half, {:.0f} in the "
      "second, caught up {:.2f} s after the end: {}\n",
      sent / taken, taken, first_half, second_half, drained, met ? "met" : "NOT MET");
  return met;
}

}  // namespace fairlead::bench
