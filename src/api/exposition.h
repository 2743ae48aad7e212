#pragma once

#include <prometheus/metric_family.h>

#include <mutex>
#include <string>
#include <vector>

#include "api/context.h"

namespace fairlead::api {

/// What `/metrics` shows, in the text format of Prometheus. Label values are route patterns, words of our own, and
/// service and environment names, the latter for at most kPairsMax pairs (invariant I9). A number that is unknown has
/// no series: unknown is never zero (invariant I6).
class Exposition {
 public:
  static constexpr std::size_t kPairsMax = 500;
  /// The delivery metrics are computed at most this often, and only while someone scrapes.
  static constexpr Duration kReportAge = Duration::seconds(10);

  explicit Exposition(Context& context) : context_(&context) {}

  Result<std::string> text();

 private:
  using Families = std::vector<prometheus::MetricFamily>;

  void add_engine(Families& families) const;
  void add_spool(Families& families) const;
  void add_api(Families& families) const;
  void add_outcomes(Families& families, store::DerivedReader& reader) const;
  Result<Families> delivery_metrics(store::DerivedReader& reader) const;

  Context* const context_;

  std::mutex mutex_;  // guards what follows
  Families delivery_;
  Instant delivery_at_;
  bool delivery_made_ = false;
};

/// CPU time, memory, descriptors and start time of this process, by the names that Prometheus clients share.
std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace fairlead::api
