// ARCHITECTURE.md numbers the invariants, and each names the tests that hold it. A name that no test bears is a promise
// that nobody keeps, so it fails here.

#include <fmt/format.h>

#include <regex>
#include <set>

#include "source_check/source_tree.h"

namespace source_check {

namespace {

constexpr int kInvariants = 12;

/// `Suite.test` of every TEST, TEST_F and TEST_P.
std::set<std::string> test_names(const SourceTree& tree) {
  static const std::regex kTest(R"(^TEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
  std::set<std::string> names;
  for (const auto& [path, file] : tree.files) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::string line = file.lines[i];
      // A long name may put its second half on the next line.
      if (line.starts_with("TEST") && line.ends_with(',') && i + 1 < file.lines.size()) line += file.lines[i + 1];
      std::smatch match;
      if (std::regex_search(line, match, kTest)) names.insert(match[1].str() + "." + match[2].str());
    }
  }
  return names;
}

void check_row(std::size_t line_number, const std::string& line, const std::set<std::string>& tests,
               std::vector<Finding>& findings) {
  static const std::regex kTestReference(R"(`([A-Za-z]\w*\.\w+)`)");
  int references = 0;
  for (std::sregex_iterator match(line.begin(), line.end(), kTestReference), end; match != end; ++match) {
    const std::string name = (*match)[1].str();
    if (name.ends_with(".h") || name.ends_with(".cc") || name.ends_with(".md")) continue;
    ++references;
    if (!tests.contains(name)) {
      findings.push_back({"ARCHITECTURE.md", line_number, fmt::format("there is no test {}", name)});
    }
  }
  if (references == 0) findings.push_back({"ARCHITECTURE.md", line_number, "this invariant names no test"});
}

}  // namespace

std::vector<Finding> check_invariants(const SourceTree& tree) {
  std::vector<Finding> findings;
  const std::set<std::string> tests = test_names(tree);
  std::set<int> seen;
  static const std::regex kRow(R"(^\| I(\d+) \|)");
  for (std::size_t i = 0; i < tree.architecture.size(); ++i) {
    std::smatch match;
    if (!std::regex_search(tree.architecture[i], match, kRow)) continue;
    seen.insert(std::stoi(match[1].str()));
    check_row(i + 1, tree.architecture[i], tests, findings);
  }
  for (int number = 1; number <= kInvariants; ++number) {
    if (!seen.contains(number)) {
      findings.push_back({"ARCHITECTURE.md", 0, fmt::format("invariant I{} has no row `| I{} | …`", number, number)});
    }
  }
  return findings;
}

}  // namespace source_check
