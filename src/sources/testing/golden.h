#pragma once

// Golden files: the expected text beside the input, read in review as a diff. `./dev golden` rewrites them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace fairlead::sources {

inline std::filesystem::path testdata_dir() {
  return std::filesystem::path(FAIRLEAD_SOURCE_DIR) / "src/sources/testdata";
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << "cannot read " << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline bool rewrites_goldens() {
  const char* value = std::getenv("FAIRLEAD_REWRITE_GOLDENS");
  return value != nullptr && std::string(value) == "1";
}

inline void expect_golden(const std::filesystem::path& path, const std::string& actual) {
  if (rewrites_goldens()) {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(path)) << path << " is missing; ./dev golden writes it";
  EXPECT_EQ(actual, read_file(path)) << "differs from " << path << "; ./dev golden rewrites it";
}

/// The files of a folder of testdata whose names end with `ending`, sorted.
inline std::vector<std::filesystem::path> testdata_files(const std::string& folder, const std::string& ending) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(testdata_dir() / folder)) {
    if (entry.path().filename().string().ends_with(ending)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

/// `push.forced` of `…/push.forced.json`.
inline std::string case_name(const std::filesystem::path& path) {
  return path.stem().string();
}

/// A test's name may hold letters, digits and underscores only.
inline std::string test_name(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

}  // namespace fairlead::sources
