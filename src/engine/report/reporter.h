#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/policy.h"
#include "model/report.h"
#include "store/store.h"

namespace fairlead::engine {

/// A page of the rows behind one number: counted and excluded, each with its reason.
struct Explanation {
  MetricValue number;
  std::string formula;  ///< In one sentence.
  std::vector<Fact> rows;
  std::string next_cursor;
  struct Pending {
    EntityKey deployment;
    Instant at;
  };
  std::vector<Pending> pending;  ///< Deployments younger than the attribution window without evidence.
};

/// Which rows of a number, and how many of them at once.
struct RowQuery {
  std::optional<bool> excluded = {};  ///< Only rows that count (false), or only the others (true).
  bool ascending = true;              ///< By time.
  std::size_t limit = 100;
  std::string cursor = {};  ///< From the page before.
};

/// Makes reports from summaries and facts. What depends on now (pending) is decided here, never stored (invariant I12).
class Reporter {
 public:
  explicit Reporter(const Policy& policy) : policy_(&policy) {}

  Result<Report> report(store::DerivedReader& reader, const ReportQuery& query) const;
  Result<Explanation> explain(store::DerivedReader& reader, const ReportQuery& query, const MetricName& metric,
                              const RowQuery& rows) const;

 private:
  const Policy* policy_;
};

}  // namespace fairlead::engine
