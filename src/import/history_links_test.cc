// The promise of an import: what each release ships is what `git rev-list TAG --not EARLIER…` lists, and the median
// lead time is that of plain arithmetic over git's own times.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "engine/report/reporter.h"
#include "engine/testing/deliveries.h"
#include "engine/testing/settled.h"
#include "import/git_import.h"
#include "import/testing/generated_history.h"
#include "metrics/registry.h"
#include "store/memory/memory_store.h"

namespace fairlead::imports {
namespace {

using engine::testing::must;
using testing::GeneratedHistory;

struct Release {
  std::int64_t at = 0;
  EntityKey key;  ///< Decides between those of one second.
  std::string tag;
  friend auto operator<=>(const Release&, const Release&) = default;
};

class HistoryLinks : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  HistoryLinks() {
    const auto repository = must(git::Repository::open(history_.repository().path()));
    GitImport what;
    what.names.repository = RepositoryName("github.com/acme/api");
    must(import_git(repository, what,
                    [&](std::string body) -> Result<bool> {
                      const Delivery delivery =
                          engine::testing::delivery(std::to_string(deliveries_++), std::move(body));
                      must(journal_->append({&delivery, 1}));
                      return true;
                    },
                    {}));
    must(engine::project_all(*journal_, *derived_, {}, {}));
    reader_ = must(derived_->read());
  }

  /// In the order in which they happened, by git's own word.
  std::vector<Release> releases() const {
    std::vector<Release> out;
    for (const std::string& line : history_.lines(
             {"for-each-ref", "--format=%(creatordate:unix) %(refname:short)", "refs/tags/v1.*", "refs/tags/v2.*"})) {
      const auto space = line.find(' ');
      const std::string tag = line.substr(space + 1);
      out.push_back({std::stoll(line.substr(0, space)),
                     EntityKey::of(EntityKind::kDeployment, Origin("events"), "github.com/acme/api@" + tag), tag});
    }
    std::ranges::sort(out);
    return out;
  }

  const GeneratedHistory history_{GetParam()};
  const std::unique_ptr<store::Journal> journal_ = store::make_memory_journal();
  const std::unique_ptr<store::Derived> derived_ = store::make_memory_derived();
  std::unique_ptr<store::DerivedReader> reader_;
  int deliveries_ = 0;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

TEST_P(HistoryLinks, agree_with_git) {
  std::map<std::string, std::int64_t> authored;  // of those that are no merges
  for (const std::string& line : history_.lines({"log", "--all", "--no-merges", "--format=%H %at"})) {
    authored[line.substr(0, 40)] = std::stoll(line.substr(41));
  }
  std::vector<std::string> arguments = {"rev-list", "", "--not"};
  std::vector<double> lead_times;
  const auto in_order = releases();
  ASSERT_EQ(in_order.size(), 11u);
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    const Release& release = in_order[i];
    arguments[1] = release.tag;
    std::set<std::string> expected;
    if (i > 0) std::ranges::copy(history_.lines(arguments), std::inserter(expected, expected.end()));
    arguments.push_back(release.tag);
    std::set<std::string> shipped;
    for (const Shipped& one : must(reader_->shipped_by(release.key))) shipped.insert(one.sha.text);
    EXPECT_EQ(shipped, expected) << release.tag;
    for (const std::string& sha : expected) {
      const auto found = authored.find(sha);
      if (found == authored.end() || found->second > release.at) continue;
      lead_times.push_back(static_cast<double>(release.at - found->second));
    }
  }
  ASSERT_GT(lead_times.size(), 20u);

  ReportQuery query;
  query.range = {Instant{0}, Instant{1'900'000'000'000}};
  query.as_of = query.range.to;
  query.metrics = {MetricName(std::string(metrics::kChangeLeadTime))};
  const Policy policy;
  const Report report = must(engine::Reporter(policy).report(*reader_, query));
  ASSERT_EQ(report.metrics.size(), 1u);
  EXPECT_EQ(report.metrics[0].n, static_cast<std::int64_t>(lead_times.size()));
  EXPECT_DOUBLE_EQ(report.metrics[0].value.value(), median(lead_times));
}

INSTANTIATE_TEST_SUITE_P(Seeds, HistoryLinks, ::testing::Range(std::uint64_t{1}, std::uint64_t{7}));

}  // namespace
}  // namespace fairlead::imports
