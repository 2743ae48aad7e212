#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "system/history/git_repository.h"

namespace fairlead::system_test {

struct Release {
  std::string tag;
  std::string sha;
  std::int64_t finished_at = 0;  ///< Epoch seconds.
};

/// What the delivery metrics of a repository's releases must be, worked out by git and plain arithmetic.
struct HistoryExpectation {
  std::vector<std::set<std::string>>
      shipped;                          ///< Per release: `git rev-list TAG --not EARLIER…`; nothing for the first.
  std::vector<double> lead_times;       ///< Seconds from authored to released, of shipped commits that are no merges.
  std::size_t negative_lead_times = 0;  ///< Left out above.
  std::set<std::string> failed;         ///< Tags of which a later release, at most 30 days on, took something back.
};

/// `releases` in the order in which they happened.
HistoryExpectation expect_history(const GitRepository& repository, const std::vector<Release>& releases);

/// PERCENTILE_CONT 0.5.
double median(std::vector<double> values);

}  // namespace fairlead::system_test
