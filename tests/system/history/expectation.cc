#include "system/history/expectation.h"

#include <algorithm>
#include <cmath>
#include <regex>
#include <sstream>

namespace fairlead::system_test {

namespace {

constexpr std::int64_t kRevertWindowSeconds = 30 * 86'400;

struct CommitFacts {
  std::int64_t authored_at = 0;
  bool merge = false;
};

std::map<std::string, CommitFacts> commits_of(const GitRepository& repository) {
  std::map<std::string, CommitFacts> commits;
  for (const std::string& line : repository.git_lines({"log", "--all", "--format=%H %at %P"})) {
    std::istringstream words(line);
    std::string sha, parent;
    CommitFacts facts;
    words >> sha >> facts.authored_at >> parent;
    facts.merge = static_cast<bool>(words >> parent);
    commits.emplace(sha, facts);
  }
  return commits;
}

/// Reverting commit → reverted commit, for every message that says so.
std::map<std::string, std::string> reverts_of(const GitRepository& repository) {
  static const std::regex kRevert(R"(This reverts commit ([0-9a-f]{40}))");
  std::map<std::string, std::string> reverts;
  const std::string log = repository.git({"log", "--all", "--grep=This reverts commit", "--format=%x1e%H%x1f%B"});
  std::istringstream records(log);
  for (std::string record; std::getline(records, record, '\x1e');) {
    const auto separator = record.find('\x1f');
    if (separator == std::string::npos) continue;
    std::smatch match;
    const std::string message = record.substr(separator + 1);
    if (std::regex_search(message, match, kRevert)) reverts[record.substr(0, separator)] = match[1].str();
  }
  return reverts;
}

}  // namespace

HistoryExpectation expect_history(const GitRepository& repository, const std::vector<Release>& releases) {
  HistoryExpectation expected;
  const auto commits = commits_of(repository);
  std::map<std::string, std::size_t> shipper;
  std::vector<std::string> earlier;
  for (std::size_t i = 0; i < releases.size(); ++i) {
    std::vector<std::string> arguments = {"rev-list", releases[i].sha, "--not"};
    arguments.insert(arguments.end(), earlier.begin(), earlier.end());
    earlier.push_back(releases[i].sha);
    auto& shipped = expected.shipped.emplace_back();
    if (i == 0) continue;  // the baseline ships nothing
    for (const std::string& sha : repository.git_lines(arguments)) {
      shipped.insert(sha);
      shipper[sha] = i;
      if (commits.at(sha).merge) continue;
      const std::int64_t lead = releases[i].finished_at - commits.at(sha).authored_at;
      if (lead < 0) {
        ++expected.negative_lead_times;
      } else {
        expected.lead_times.push_back(static_cast<double>(lead));
      }
    }
  }
  for (const auto& [revert, target] : reverts_of(repository)) {
    const auto by = shipper.find(revert);
    const auto failed = shipper.find(target);
    // What ships only after its revert (a side branch merged late) was not taken back by it.
    if (by == shipper.end() || failed == shipper.end() || by->second <= failed->second) continue;
    const std::int64_t apart = releases[by->second].finished_at - releases[failed->second].finished_at;
    if (apart <= kRevertWindowSeconds) expected.failed.insert(releases[failed->second].tag);
  }
  return expected;
}

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace fairlead::system_test
