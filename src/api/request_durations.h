#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/router.h"

namespace fairlead::api {

/// Durations of requests by route, method and status, as a Prometheus histogram. Written once per request on the
/// connection's thread, so it takes no lock: every series that can ever be is laid out when the routes are known, and
/// statuses beyond the known ones share the last place. That bounds the cardinality, too (invariant I9).
class RequestDurations {
 public:
  static constexpr std::array kBucketSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                             0.1,    0.25,  0.5,    1.0,   2.5,  10.0};
  static constexpr std::array kStatuses{200, 201, 204, 206, 304, 400, 401, 403, 404, 405, 408,
                                        409, 413, 415, 422, 429, 431, 500, 501, 503, 507, 0};

  /// Called once, before requests come; the routes outlive this.
  void lay_out(const http::Router& router);

  /// `route` null: no route matched.
  void observe(const http::Route* route, int status, double seconds);

  /// Only series that were observed.
  prometheus::MetricFamily collect() const;

 private:
  struct Series {
    std::array<std::atomic<std::uint64_t>, kBucketSeconds.size() + 1> buckets{};  // the last: above all bounds
    std::atomic<std::uint64_t> microseconds = 0;
  };
  struct OfRoute {
    std::string route;
    std::string method;
    std::array<Series, kStatuses.size()> by_status;
  };

  std::unordered_map<const http::Route*, OfRoute*> places_;  // constant after lay_out
  std::vector<std::unique_ptr<OfRoute>> routes_;             // the first: no route
};

}  // namespace fairlead::api
