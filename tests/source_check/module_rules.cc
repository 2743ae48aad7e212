// Who may include whom. A module sees itself, what its row names, and what those see: the table of ARCHITECTURE.md.
// A pure module does no I/O and knows no clock, thread or log, in its own files and in every header of ours that these
// pull in.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "source_check/source_tree.h"

namespace source_check {

namespace {

struct ModuleRow {
  std::string_view name;
  std::vector<std::string_view> uses;
  bool pure = false;
};

const std::vector<ModuleRow>& module_table() {
  static const std::vector<ModuleRow> table = {
      {"base", {}},
      {"model", {"base"}, true},
      {"sources", {"model"}, true},
      {"metrics", {"model"}, true},
      {"canary", {"model"}, true},
      {"http", {"base"}},
      {"git", {"model", "http"}},
      {"store", {"model"}},
      {"engine", {"sources", "metrics", "canary", "store"}},
      {"import", {"model", "sources", "git", "http", "engine"}},
      {"watch", {"model", "http", "engine"}},
      {"simulate", {"model", "engine"}},
      {"api", {"engine", "http", "git", "import", "watch", "simulate"}},
      {"app", {"api"}},
  };
  return table;
}

const ModuleRow* find_module(std::string_view name) {
  for (const ModuleRow& row : module_table()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

void add_visible(std::string_view module, std::set<std::string_view>& visible) {
  if (!visible.insert(module).second) return;
  if (const ModuleRow* row = find_module(module)) {
    for (std::string_view used : row->uses) add_visible(used, visible);
  }
}

/// Standard and system headers that bring in I/O, time, threads, chance or logging.
bool impure(std::string_view header) {
  static constexpr std::array kNames = {"thread",        "mutex",    "shared_mutex", "condition_variable",
                                        "future",        "chrono",   "ctime",        "fstream",
                                        "iostream",      "ostream",  "istream",      "filesystem",
                                        "cstdio",        "random",   "stdio.h",      "time.h",
                                        "pthread.h",     "unistd.h", "fcntl.h",      "stop_token",
                                        "poll.h",        "netdb.h",  "sqlite3.h",    "base/clock.h",
                                        "base/random.h", "semaphore"};
  static constexpr std::array kPrefixes = {"sys/",       "netinet/",    "arpa/", "spdlog/",
                                           "boost/asio", "boost/beast", "curl/"};
  return std::ranges::find(kNames, header) != kNames.end() ||
         std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return header.starts_with(prefix); });
}

void check_direction(const SourceFile& file, std::vector<Finding>& findings) {
  const std::string_view module = file.module();
  if (!find_module(module)) {
    findings.push_back({file.path, 0, fmt::format("module '{}' is not in the table of modules", module)});
    return;
  }
  std::set<std::string_view> visible;
  add_visible(module, visible);
  for (const Include& include : includes_of(file)) {
    if (!include.ours) continue;
    const std::string_view target = std::string_view(include.target).substr(0, include.target.find('/'));
    if (target.size() == include.target.size()) {
      findings.push_back({file.path, include.line, "includes of ours are written from src/"});
    } else if (!visible.contains(target)) {
      findings.push_back({file.path, include.line, fmt::format("{} must not include {}", module, include.target)});
    }
  }
}

/// Concrete stores are named in store/ and app/ only; Beast and Asio live in http/ only.
void check_confinement(const SourceFile& file, std::vector<Finding>& findings) {
  for (const Include& include : includes_of(file)) {
    const std::string_view target = include.target;
    const bool concrete_store = target.starts_with("store/sqlite/") || target.starts_with("store/postgres/") ||
                                target.starts_with("store/memory/");
    if (concrete_store && !file.test() && file.module() != "store" && file.module() != "app") {
      findings.push_back({file.path, include.line, "only app/ names a concrete store; use store/store.h"});
    }
    const bool network_library = target.starts_with("boost/asio") || target.starts_with("boost/beast");
    if (network_library && file.module() != "http") {
      findings.push_back({file.path, include.line, "Beast and Asio stay inside http/"});
    }
  }
}

/// Reports what is impure among everything that `file` includes, directly or through headers of ours.
void check_purity(const SourceTree& tree, const SourceFile& file, std::vector<Finding>& findings) {
  std::set<std::string> seen;
  std::vector<std::pair<const SourceFile*, std::size_t>> open = {{&file, 0}};  // and the line of `file` that led there
  while (!open.empty()) {
    const auto [current, line] = open.back();
    open.pop_back();
    for (const Include& include : includes_of(*current)) {
      const std::size_t origin = line == 0 ? include.line : line;
      if (impure(include.target)) {
        findings.push_back({file.path, origin, fmt::format("{} is pure, {} is not", file.module(), include.target)});
        continue;
      }
      const auto next = tree.files.find("src/" + include.target);
      if (include.ours && next != tree.files.end() && seen.insert(include.target).second) {
        open.emplace_back(&next->second, origin);
      }
    }
  }
}

}  // namespace

std::vector<Finding> check_modules(const SourceTree& tree) {
  std::vector<Finding> findings;
  for (const auto& [path, file] : tree.files) {
    if (!path.starts_with("src/")) continue;
    check_direction(file, findings);
    check_confinement(file, findings);
    const ModuleRow* module = find_module(file.module());
    if (module && module->pure && !file.test()) check_purity(tree, file, findings);
  }
  return findings;
}

}  // namespace source_check
