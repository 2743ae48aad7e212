#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace source_check {

/// One place that breaks a rule.
struct Finding {
  std::string file;
  std::size_t line = 0;  ///< From 1; 0 where the whole file is meant.
  std::string message;
};

struct SourceFile {
  std::string path;  ///< From the root, with `/`.
  std::vector<std::string> lines;

  bool header() const { return path.ends_with(".h"); }
  /// Tests and fuzz targets run outside of the product: some rules spare them, some are for them alone.
  bool test() const;
  /// The folder under src/, or empty.
  std::string_view module() const;
};

struct Include {
  std::size_t line;
  std::string target;
  bool ours;  ///< Written with quotes.
};
std::vector<Include> includes_of(const SourceFile& file);

/// All C++ files of src/, tests/ and bench/, and ARCHITECTURE.md.
struct SourceTree {
  std::map<std::string, SourceFile> files;  ///< By path.
  std::vector<std::string> architecture;    ///< Lines; empty when there is no such file.

  static SourceTree read(const std::filesystem::path& root);
};

std::vector<Finding> check_modules(const SourceTree& tree);
std::vector<Finding> check_files(const SourceTree& tree);
std::vector<Finding> check_invariants(const SourceTree& tree);

inline std::vector<Finding> check_all(const SourceTree& tree) {
  auto findings = check_modules(tree);
  for (auto check : {check_files, check_invariants}) {
    for (auto& finding : check(tree)) findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace source_check
