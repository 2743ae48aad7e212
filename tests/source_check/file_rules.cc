// Rules that one file can break by itself: length, guards, words that do not belong into a finished source.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "source_check/source_tree.h"

namespace source_check {

namespace {

constexpr std::size_t kFileLinesMax = 600;
constexpr std::size_t kBlockLinesMax = 80;

// The banned words are written in halves, so that this file does not ban itself.
constexpr std::array kUnfinished = {
    "TO"
    "DO",
    "FIX"
    "ME"};
constexpr std::array kSleeps = {
    "sleep"
    "_for(",
    "sleep"
    "_until(",
    "usle"
    "ep(",
    "nanosle"
    "ep(",
    " sle"
    "ep("};
constexpr std::array kWallClocks = {
    "system"
    "_clock",
    "time(nul"
    "lptr)",
    "gettimeof"
    "day",
    "CLOCK_REAL"
    "TIME"};

template <std::size_t N>
const char* first_of(const std::array<const char*, N>& words, std::string_view line) {
  for (const char* word : words) {
    if (line.find(word) != std::string_view::npos) return word;
  }
  return nullptr;
}

void check_words(const SourceFile& file, std::vector<Finding>& findings) {
  const bool keeps_time = file.path == "src/base/clock.cc" || file.path.starts_with("bench/");
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string_view line = file.lines[i];
    if (const char* word = first_of(kUnfinished, line)) {
      findings.push_back({file.path, i + 1, fmt::format("{}: finish it, or drop it", word)});
    }
    if (const char* word = first_of(kSleeps, line); word && file.test() && !file.path.starts_with("bench/")) {
      findings.push_back({file.path, i + 1, fmt::format("{} in a test: wait for what should happen", word)});
    }
    if (const char* word = first_of(kWallClocks, line); word && !keeps_time) {
      findings.push_back({file.path, i + 1, fmt::format("{}: take the time from a Clock (base/clock.h)", word)});
    }
  }
}

void check_header(const SourceFile& file, std::vector<Finding>& findings) {
  if (file.header() && std::ranges::find(file.lines, "#pragma once") == file.lines.end()) {
    findings.push_back({file.path, 0, "a header begins with #pragma once"});
  }
}

std::size_t indentation(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

/// Namespaces, types and lists of values may be long; code may not.
bool opens_code(std::string_view line) {
  if (!line.ends_with('{')) return false;
  line.remove_prefix(indentation(line));
  for (std::string_view start : {"namespace", "class ", "struct ", "enum ", "union ", "template", "extern \"C\" {"}) {
    if (line.starts_with(start)) return line.find(") {") != std::string_view::npos;
  }
  return line.ends_with(") {") || line.ends_with("const {") || line.ends_with("noexcept {") ||
         line.ends_with("override {");
}

/// The line on which the statement begins that ends on line `last`: a head that does not fit one line closes more
/// parentheses on its last line than it opens there.
std::size_t first_line_of(const std::vector<std::string>& lines, std::size_t last) {
  std::ptrdiff_t open = 0;
  for (std::size_t i = last;; --i) {
    open += std::ranges::count(lines[i], ')') - std::ranges::count(lines[i], '(');
    if (open <= 0 || i == 0) return i;
  }
}

/// At the indentation of its head, or left of it where the head ends with an indented list of initialisers.
bool closes_block(std::string_view line, std::size_t indent) {
  const std::size_t own = indentation(line);
  return own <= indent && line.substr(own).starts_with('}');
}

/// Relies on the layout of clang-format, which the tests enforce: a block ends with a brace at its own indentation.
void check_lengths(const SourceFile& file, std::vector<Finding>& findings) {
  if (file.lines.size() > kFileLinesMax) {
    findings.push_back(
        {file.path, 0, fmt::format("{} lines; split files by subject below {}", file.lines.size(), kFileLinesMax)});
  }
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (!opens_code(file.lines[i])) continue;
    const std::size_t indent = indentation(file.lines[first_line_of(file.lines, i)]);
    std::size_t end = i + 1;
    while (end < file.lines.size() && !closes_block(file.lines[end], indent)) {
      ++end;
    }
    if (end - i > kBlockLinesMax) {
      findings.push_back(
          {file.path, i + 1, fmt::format("{} lines in one block; the limit is {}", end - i, kBlockLinesMax)});
      i = end;  // its inner blocks are the same finding
    }
  }
}

}  // namespace

std::vector<Finding> check_files(const SourceTree& tree) {
  std::vector<Finding> findings;
  for (const auto& [path, file] : tree.files) {
    check_words(file, findings);
    check_header(file, findings);
    check_lengths(file, findings);
  }
  return findings;
}

}  // namespace source_check
