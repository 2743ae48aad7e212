#include "api/request_durations.h"

#include <algorithm>

namespace fairlead::api {

void RequestDurations::lay_out(const http::Router& router) {
  routes_.push_back(std::make_unique<OfRoute>());
  routes_.back()->route = "none";
  routes_.back()->method = "any";
  for (const auto& route : router.routes()) {
    routes_.push_back(std::make_unique<OfRoute>());
    routes_.back()->route = route->pattern;
    routes_.back()->method = http::to_string(route->method);
    places_[route.get()] = routes_.back().get();
  }
}

void RequestDurations::observe(const http::Route* route, int status, double seconds) {
  if (routes_.empty()) return;
  const auto place = places_.find(route);
  OfRoute& of_route = place == places_.end() ? *routes_.front() : *place->second;
  const auto known = std::ranges::find(kStatuses, status);
  const std::size_t slot =
      known == kStatuses.end() ? kStatuses.size() - 1 : static_cast<std::size_t>(known - kStatuses.begin());
  Series& series = of_route.by_status[slot];
  const auto bound = std::ranges::lower_bound(kBucketSeconds, seconds);
  series.buckets[static_cast<std::size_t>(bound - kBucketSeconds.begin())].fetch_add(1, std::memory_order_relaxed);
  series.microseconds.fetch_add(static_cast<std::uint64_t>(std::max(0.0, seconds) * 1e6), std::memory_order_relaxed);
}

prometheus::MetricFamily RequestDurations::collect() const {
  prometheus::MetricFamily family{"fairlead_http_request_duration_seconds",
                                  "Time from the whole request to the answer, by route, method and status.",
                                  prometheus::MetricType::Histogram,
                                  {}};
  for (const auto& of_route : routes_) {
    for (std::size_t slot = 0; slot < kStatuses.size(); ++slot) {
      const Series& series = of_route->by_status[slot];
      prometheus::ClientMetric metric;
      std::uint64_t count = 0;
      for (std::size_t i = 0; i < series.buckets.size(); ++i) {
        count += series.buckets[i].load(std::memory_order_relaxed);
        const double bound = i < kBucketSeconds.size() ? kBucketSeconds[i] : std::numeric_limits<double>::infinity();
        metric.histogram.bucket.push_back({count, bound});
      }
      if (count == 0) continue;
      metric.histogram.sample_count = count;
      metric.histogram.sample_sum = static_cast<double>(series.microseconds.load(std::memory_order_relaxed)) / 1e6;
      metric.label = {{"method", of_route->method},
                      {"route", of_route->route},
                      {"status", kStatuses[slot] == 0 ? "other" : std::to_string(kStatuses[slot])}};
      family.metric.push_back(std::move(metric));
    }
  }
  return family;
}

}  // namespace fairlead::api
