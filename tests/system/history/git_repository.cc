#include "system/history/git_repository.h"

#include <fmt/format.h>

#include <random>
#include <sstream>
#include <stdexcept>

#include "system/harness/process.h"

namespace fairlead::system_test {

namespace {

// No configuration of the machine may change what git does here.
ProcessOptions git_options(std::int64_t at, std::int64_t authored_at) {
  ProcessOptions options;
  options.environment = {"GIT_CONFIG_NOSYSTEM=1",
                         "GIT_CONFIG_GLOBAL=/dev/null",
                         "GIT_AUTHOR_NAME=Ada",
                         "GIT_AUTHOR_EMAIL=ada@example.org",
                         "GIT_COMMITTER_NAME=Ada",
                         "GIT_COMMITTER_EMAIL=ada@example.org",
                         fmt::format("GIT_AUTHOR_DATE={} +0000", authored_at),
                         fmt::format("GIT_COMMITTER_DATE={} +0000", at)};
  return options;
}

}  // namespace

GitRepository GitRepository::init(const std::filesystem::path& path) {
  const Finished result = run({"git", "init", "-q", "--bare", path.string()}, Milliseconds(60'000), git_options(0, 0));
  if (result.code != 0) throw std::runtime_error("git init: " + result.err);
  return GitRepository(path);
}

std::string GitRepository::git(std::vector<std::string> arguments, std::int64_t at, std::int64_t authored_at) const {
  // The owner of a repository that a person names may be somebody else.
  arguments.insert(arguments.begin(), {"git", "-c", "safe.directory=*", "-C", path_.string()});
  const std::string name = arguments[5];
  Finished result =
      run(std::move(arguments), Milliseconds(600'000), git_options(at, authored_at == 0 ? at : authored_at));
  if (result.code != 0) throw std::runtime_error(fmt::format("git {}: {}", name, result.err));
  while (result.out.ends_with('\n')) result.out.pop_back();
  return std::move(result.out);
}

std::vector<std::string> GitRepository::git_lines(std::vector<std::string> arguments) const {
  std::vector<std::string> lines;
  std::istringstream stream(git(std::move(arguments)));
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string GitRepository::commit(const std::vector<std::string>& parents, const std::string& message, std::int64_t at,
                                  std::int64_t authored_at) const {
  static constexpr const char* kEmptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
  std::vector<std::string> arguments = {"commit-tree", kEmptyTree, "-m", message};
  for (const std::string& parent : parents) arguments.insert(arguments.end(), {"-p", parent});
  return git(std::move(arguments), at, authored_at);
}

namespace {

constexpr std::int64_t kStart = 1'700'000'000;
constexpr int kReleases = 14;
constexpr int kStepsPerRelease = 12;
constexpr std::int64_t kStepSecondsMax = 40'000;

/// Texts that end fields, records, strings or pages of those who are careless with them.
const std::vector<std::string> kHostileMessages = {
    "\x01\x02 controls \x7f\t",
    "\xff\xfe no UTF-8 \xc3\x28\n\nThis reverts commit nothing",
    "<script>alert(1)</script> \"quoted\" \\ \x1b[31mred\x1b[0m \xe2\x80\xae",
    "0123456789012345678901234567890123456789\n\n1234567890123456789012345678901234567890 1700000000",
    "-h --upload-pack=x $(id) `id` %H%x00",
    "Squashed commit of the following:\n\ncommit 1f3\nAuthor: A <a@example.org>\n\n    one\n",
    std::string(50'000, 'x') + "\n\n" + std::string(50'000, 'y'),  // one argument of a command has at most 128 KiB
};

class HistoryWriter {
 public:
  HistoryWriter(const std::filesystem::path& path, std::uint64_t seed)
      : repository_(GitRepository::init(path)), random_(seed) {
    repository_.git({"hash-object", "-w", "-t", "tree", "/dev/null"});
    main_ = keep(repository_.commit({}, "first", later()));
  }

  GitRepository write() {
    for (int release = 0; release < kReleases; ++release) {
      for (int step = 0; step < kStepsPerRelease; ++step) take_step();
      if (release == 5) join_second_root();
      tag(fmt::format("v1.{}", release), main_);
      if (release % 4 == 3) maintain(release);
    }
    repository_.git({"symbolic-ref", "HEAD", "refs/heads/master"});
    tag_in_one_second();
    repository_.git({"update-ref", "refs/heads/master", main_});
    repository_.git({"tag", "snapshot-7", main_});
    repository_.git({"tag", "v1.2-rc1", main_});
    repository_.git({"tag", "v99.1", main_ + "^{tree}"});
    return repository_;
  }

 private:
  std::int64_t later() { return now_ += 1 + static_cast<std::int64_t>(random_() % kStepSecondsMax); }
  std::string keep(std::string sha) {
    all_.push_back(sha);
    return sha;
  }
  const std::string& any() { return all_[random_() % all_.size()]; }

  void take_step() {
    switch (random_() % 10) {
      case 0:
        sides_.push_back(keep(repository_.commit({any()}, "begin \"side\"\tbranch", later())));
        break;
      case 1:
        if (!sides_.empty()) sides_.back() = keep(repository_.commit({sides_.back()}, "on the side: Grüße", later()));
        break;
      case 2:
        if (sides_.empty()) break;
        main_ = keep(repository_.commit({main_, sides_.back()}, "Merge branch side", later()));
        sides_.pop_back();
        break;
      case 3: {
        const std::string target = any();
        main_ = keep(repository_.commit(
            {main_}, fmt::format("Revert \"something\"\n\nThis reverts commit {}.\n\nIt broke.", target), later()));
        break;
      }
      case 4: {
        // A cherry-pick keeps the time at which it was authored, and may even come from a clock that is ahead.
        const std::int64_t at = later();
        const std::int64_t authored_at = at + 20'000 - static_cast<std::int64_t>(random_() % 400'000);
        main_ = keep(repository_.commit({main_}, "pick (#12)\n\n(cherry picked from commit 1234567)", at, authored_at));
        break;
      }
      case 5:
        main_ = keep(repository_.commit({main_}, kHostileMessages[random_() % kHostileMessages.size()], later()));
        break;
      default:
        main_ = keep(repository_.commit({main_}, "work", later()));
    }
  }

  void tag(const std::string& name, const std::string& sha) {
    if (random_() % 3 == 0) {
      repository_.git({"tag", name, sha});  // without a date of its own: its commit's counts
    } else {
      repository_.git({"tag", "-a", "-m", name, name, sha}, later());
    }
    released_.push_back(sha);
  }

  /// A fix on top of an old release, released after newer ones.
  void maintain(int release) {
    const std::string fix = repository_.commit({released_[released_.size() / 2]}, "fix", later());
    tag(fmt::format("v1.{}.1", release / 2), keep(fix));
  }

  /// Two releases of the same second, one of them through a tag of a tag.
  void tag_in_one_second() {
    const std::int64_t at = later();
    const std::string first = keep(repository_.commit({main_}, "the first of two", at));
    main_ = keep(repository_.commit({first}, "the second of two", at));
    repository_.git({"tag", "-a", "-m", "one", "v2.0", first}, at);
    repository_.git({"tag", "-a", "-m", "inner", "inner-2.1", main_}, at);
    repository_.git({"tag", "-a", "-m", "two", "v2.1", "inner-2.1"}, at);
  }

  void join_second_root() {
    const std::string root = repository_.commit({}, "another project", kStart - 500);
    main_ = keep(repository_.commit({main_, keep(root)}, "Merge another project", later()));
  }

  GitRepository repository_;
  std::mt19937_64 random_;
  std::int64_t now_ = kStart;
  std::string main_;
  std::vector<std::string> sides_;
  std::vector<std::string> all_;
  std::vector<std::string> released_;
};

}  // namespace

GitRepository generate_history(const std::filesystem::path& path, std::uint64_t seed) {
  return HistoryWriter(path, seed).write();
}

}  // namespace fairlead::system_test
