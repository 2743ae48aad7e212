#include "import/testing/generated_history.h"

#include <fmt/format.h>

#include <sstream>

namespace fairlead::imports::testing {

namespace {

constexpr int kReleases = 8;
constexpr int kStepsPerRelease = 12;

}  // namespace

GeneratedHistory::GeneratedHistory(std::uint64_t seed) : random_(seed) {
  main_ = keep(repository_.commit({}, "first", now_));
  for (int i = 0; i < kReleases; ++i) {
    for (int step = 0; step < kStepsPerRelease; ++step) take_step();
    release(fmt::format("v1.{}", i), main_);
    if (i == kReleases / 2) release("v1.0.1", keep(repository_.commit({any()}, "a fix for old users", later())));
  }
  const std::string root = keep(repository_.commit({}, "another project", now_ - 5'000'000));
  main_ = keep(repository_.commit({main_, root, any()}, "Merge both", later()));
  // Two of one second, one of them through a tag of a tag.
  const std::int64_t at = later();
  const std::string next = keep(repository_.commit({main_}, "next", at));
  repository_.git({"tag", "-a", "-m", "x", "v2.0", main_}, at);
  repository_.git({"tag", "-a", "-m", "x", "inner", next}, at - 7);
  repository_.git({"-c", "advice.nestedTag=false", "tag", "-a", "-m", "x", "v2.1", "inner"}, at);
  repository_.git({"tag", "v3.0", next + "^{tree}"});
  repository_.git({"tag", "nightly-7", next});
  repository_.git({"tag", "v9.9-\xff\xfe", next});
  // What no release has: reached from HEAD, where HEAD is born.
  repository_.git({"update-ref", "refs/heads/trunk", keep(repository_.commit({next}, "not released", later()))});
  repository_.git({"update-ref", "refs/heads/elsewhere", repository_.commit({next}, "not reached", later())});
  repository_.git({"symbolic-ref", "HEAD", seed % 2 == 0 ? "refs/heads/trunk" : "refs/heads/unborn"});
}

std::vector<std::string> GeneratedHistory::lines(const std::vector<std::string>& arguments) const {
  std::istringstream text(repository_.git(arguments));
  std::vector<std::string> out;
  for (std::string line; std::getline(text, line);) out.push_back(line);
  return out;
}

std::string GeneratedHistory::keep(std::string sha) {
  all_.push_back(sha);
  return sha;
}

void GeneratedHistory::take_step() {
  switch (random_() % 8) {
    case 0:
      sides_.push_back(keep(repository_.commit({any()}, "begin a side branch", later())));
      return;
    case 1:
      if (sides_.empty()) return;
      sides_.back() = keep(repository_.commit({sides_.back()},
                                              "on the side: Gr\xfc\xdf"
                                              "e",
                                              later()));
      return;
    case 2:
      if (sides_.empty()) return;
      main_ = keep(repository_.commit({main_, sides_.back()}, "Merge branch side", later()));
      sides_.pop_back();
      return;
    case 3:
      main_ =
          keep(repository_.commit({main_}, fmt::format("Revert \"it\"\n\nThis reverts commit {}.", any()), later()));
      return;
    case 4: {
      // It keeps the time at which it was authored, sometimes by a clock that is ahead.
      const std::int64_t at = later();
      const std::int64_t authored_at = at + 20'000 - static_cast<std::int64_t>(random_() % 400'000);
      main_ = keep(repository_.commit({main_}, "pick (#12)\n\n(cherry picked from commit 1234567)", at, authored_at));
      return;
    }
    case 5:
      main_ = keep(repository_.commit({main_}, "Squashed commit of the following:\n\ncommit 1f3\n\n    one", later()));
      return;
    default:
      main_ = keep(repository_.commit({main_}, "work", later()));
  }
}

void GeneratedHistory::release(const std::string& tag, const std::string& sha) {
  if (random_() % 3 == 0) {
    repository_.git({"tag", tag, sha});  // without a date of its own: its commit's counts
  } else {
    repository_.git({"tag", "-a", "-m", tag, tag, sha}, later());
  }
}

}  // namespace fairlead::imports::testing
