#include "source_check/source_tree.h"

#include <fstream>

namespace source_check {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> read_lines(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".cc" || path.extension() == ".h";
}

void read_folder(const fs::path& root, const char* folder, SourceTree& tree) {
  if (!fs::is_directory(root / folder)) return;
  for (auto entry = fs::recursive_directory_iterator(root / folder); entry != fs::recursive_directory_iterator();
       ++entry) {
    if (entry->is_directory() && entry->path().filename() == "node_modules") entry.disable_recursion_pending();
    if (!entry->is_regular_file() || !is_source(entry->path())) continue;
    SourceFile file{fs::relative(entry->path(), root).generic_string(), read_lines(entry->path())};
    tree.files.emplace(file.path, std::move(file));
  }
}

}  // namespace

bool SourceFile::test() const {
  return path.ends_with("_test.cc") || path.ends_with("_fuzz.cc") || path.ends_with("_test.h") ||
         path.starts_with("tests/") || path.starts_with("bench/") || path.find("/testing/") != std::string::npos;
}

std::string_view SourceFile::module() const {
  constexpr std::string_view kPrefix = "src/";
  if (!path.starts_with(kPrefix)) return {};
  const auto end = path.find('/', kPrefix.size());
  if (end == std::string::npos) return {};
  return std::string_view(path).substr(kPrefix.size(), end - kPrefix.size());
}

std::vector<Include> includes_of(const SourceFile& file) {
  constexpr std::string_view kDirective = "#include ";
  std::vector<Include> includes;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    if (!line.starts_with(kDirective) || line.size() < kDirective.size() + 2) continue;
    const bool ours = line[kDirective.size()] == '"';
    const auto begin = kDirective.size() + 1;
    const auto end = line.find(ours ? '"' : '>', begin);
    if (end == std::string::npos) continue;
    includes.push_back({i + 1, line.substr(begin, end - begin), ours});
  }
  return includes;
}

SourceTree SourceTree::read(const fs::path& root) {
  SourceTree tree;
  for (const char* folder : {"src", "tests", "bench"}) read_folder(root, folder, tree);
  tree.architecture = read_lines(root / "ARCHITECTURE.md");
  return tree;
}

}  // namespace source_check
