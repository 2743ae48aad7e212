// source_check ROOT: prints every place of the tree that breaks a rule of ours; fails if there is one.

#include <cstdio>

#include "source_check/source_tree.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: source_check ROOT\n");
    return 2;
  }
  const auto tree = source_check::SourceTree::read(argv[1]);
  if (tree.files.empty()) {
    std::fprintf(stderr, "no sources under %s\n", argv[1]);
    return 1;
  }
  const auto findings = source_check::check_all(tree);
  for (const auto& finding : findings) {
    std::printf("%s:%zu: %s\n", finding.file.c_str(), finding.line, finding.message.c_str());
  }
  std::printf("%zu files, %zu findings\n", tree.files.size(), findings.size());
  return findings.empty() ? 0 : 1;
}
