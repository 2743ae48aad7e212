#include "git/mirror.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "git/child.h"
#include "git/testing/dumb_server.h"
#include "git/testing/scratch_repository.h"

namespace fairlead::git {
namespace {

using testing::DumbServer;
using testing::ScratchRepository;

/// Knows one address, whatever it is asked for; counts how often it is asked.
class OneAddress final : public http::Resolver {
 public:
  explicit OneAddress(std::string_view address) : address_(http::TargetAddress::parse(address).value()) {}
  Result<std::vector<http::TargetAddress>> resolve(const std::string&) const override {
    ++asked;
    return std::vector{address_};
  }
  mutable std::atomic<int> asked = 0;

 private:
  http::TargetAddress address_;
};

/// A repository behind a server that calls itself project.example.
class MirrorTest : public ::testing::Test {
 protected:
  MirrorTest() : served_(remote_.path()) {
    tip_ = remote_.commit({remote_.commit({}, "one")}, "two");
    remote_.git({"update-ref", "refs/heads/master", tip_});
    remote_.git({"update-ref", "refs/heads/-h", tip_});
    remote_.git({"update-ref", "refs/heads/--upload-pack=x", tip_});
    remote_.git({"tag", "v1.0", tip_});
    remote_.git({"update-server-info"});
  }

  RemoteUrl url(const std::string& path = "/.git") const {
    return parse_remote_url(fmt::format("http://project.example:{}{}", served_.port(), path), rules_).value();
  }
  Result<Repository> fetch(const RemoteUrl& from) const {
    return fetch_mirror(from, rules_, scratch_.path() / "mirrors", here_);
  }

  ScratchRepository remote_;
  ScratchRepository scratch_;
  DumbServer served_;
  std::string tip_;
  OneAddress here_{"127.0.0.1"};
  RemoteRules rules_{.schemes = {"http"}, .hosts_allowed = {"project.example"}};
};

TEST_F(MirrorTest, has_the_branches_and_tags_of_the_remote) {
  const auto mirror = fetch(url());
  ASSERT_TRUE(mirror) << mirror.error().message;
  EXPECT_EQ(mirror->tags().value().size(), 1u);
  EXPECT_EQ(mirror->head().value(), tip_);
  EXPECT_EQ(mirror->count_commits({tip_}).value(), 2u);
  EXPECT_EQ(mirror->origin_url().value(), url().text());
}

// project.example exists nowhere: only the pinned address can have been used, and it was asked for once.
TEST_F(MirrorTest, connects_to_the_address_that_was_checked) {
  ASSERT_TRUE(fetch(url()));
  EXPECT_EQ(here_.asked, 1);
  EXPECT_FALSE(served_.requests().empty());
}

TEST_F(MirrorTest, is_used_again_and_follows_the_remote) {
  const auto first = fetch(url());
  ASSERT_TRUE(first);
  const std::string next = remote_.commit({tip_}, "three");
  remote_.git({"update-ref", "refs/heads/master", next});
  remote_.git({"tag", "-d", "v1.0"});
  remote_.git({"tag", "v1.1", next});
  remote_.git({"update-server-info"});
  const auto second = fetch(url());
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->path(), first->path());
  EXPECT_EQ(second->head().value(), next);
  ASSERT_EQ(second->tags().value().size(), 1u);
  EXPECT_EQ(second->tags().value()[0].name, "v1.1");
}

TEST_F(MirrorTest, a_host_inside_of_this_network_is_not_asked) {
  rules_.hosts_allowed.clear();
  EXPECT_EQ(fetch(url()).error().code, ErrorCode::kForbidden);
  for (const char* const address : {"10.0.0.1", "169.254.169.254", "::1", "::ffff:7f00:1"}) {
    EXPECT_EQ(fetch_mirror(url(), rules_, scratch_.path() / "mirrors", OneAddress(address)).error().code,
              ErrorCode::kForbidden)
        << address;
  }
  EXPECT_TRUE(served_.requests().empty());
}

TEST_F(MirrorTest, a_redirect_is_not_followed) {
  DumbServer inside(remote_.path());
  served_.redirect_to(fmt::format("http://127.0.0.1:{}", inside.port()));
  const auto mirror = fetch(url("/moved/.git"));
  ASSERT_FALSE(mirror);
  EXPECT_FALSE(served_.requests().empty());
  EXPECT_TRUE(inside.requests().empty());
}

TEST_F(MirrorTest, what_is_no_repository_fails_and_says_so) {
  const auto mirror = fetch(url("/nothing.git"));
  ASSERT_FALSE(mirror);
  EXPECT_THAT(mirror.error().message, ::testing::HasSubstr("could not be fetched"));
}

TEST_F(MirrorTest, past_its_size_a_fetch_ends) {
  const MirrorLimits limits{.timeout_ms = 60'000, .file_bytes_max = 100, .memory_bytes_max = 8ull << 30};
  EXPECT_FALSE(fetch_mirror(url(), rules_, scratch_.path() / "mirrors", here_, limits));
}

TEST_F(MirrorTest, past_its_time_a_fetch_ends) {
  const MirrorLimits limits{.timeout_ms = 0, .file_bytes_max = 1u << 30, .memory_bytes_max = 8ull << 30};
  EXPECT_EQ(fetch_mirror(url(), rules_, scratch_.path() / "mirrors", here_, limits).error().code, ErrorCode::kTimeout);
}

// A git that was killed in the middle of a fetch must not be the end of a mirror.
TEST_F(MirrorTest, what_an_ended_fetch_left_behind_is_cleared_away) {
  remote_.git({"update-ref", "refs/heads/tmp_branch", tip_});
  remote_.git({"update-server-info"});
  const auto first = fetch(url());
  ASSERT_TRUE(first);
  const auto half_a_pack = first->path() / "objects" / "pack" / "tmp_pack_aB3dEf";
  for (const auto& file : {half_a_pack, first->path() / "packed-refs.lock", first->path() / "HEAD.lock",
                           first->path() / "config.lock", first->path() / "refs" / "heads" / "master.lock"}) {
    std::ofstream(file) << "half";
  }
  const std::string next = remote_.commit({tip_}, "three");
  remote_.git({"update-ref", "refs/heads/master", next});
  remote_.git({"update-server-info"});
  const auto second = fetch(url());
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->head().value(), next);
  EXPECT_FALSE(std::filesystem::exists(half_a_pack));
  EXPECT_EQ(git_output({{"-C", second->path().string(), "rev-parse", "tmp_branch"}, {}, {}}).value(), tip_ + "\n");
}

TEST_F(MirrorTest, two_fetches_at_a_time_do_not_meet) {
  served_.hold();
  std::thread other([&] { EXPECT_TRUE(fetch(url())); });
  served_.await_request();
  const MirrorLimits short_time{.timeout_ms = 10'000};
  EXPECT_EQ(fetch_mirror(url(), rules_, scratch_.path() / "mirrors", here_, short_time).error().code,
            ErrorCode::kConflict);
  served_.let_go();
  other.join();
  EXPECT_TRUE(fetch(url()));
}

TEST_F(MirrorTest, a_fetch_that_is_told_to_stop_ends) {
  served_.hold();
  std::stop_source stop;
  Result<Repository> stopped = fail(ErrorCode::kInvalid, "not yet");
  std::thread other(
      [&] { stopped = fetch_mirror(url(), rules_, scratch_.path() / "mirrors", here_, {}, stop.get_token()); });
  served_.await_request();
  stop.request_stop();
  other.join();
  served_.let_go();
  EXPECT_EQ(stopped.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(fetch(url()));
}

// A mirror's remote cannot make git run or write anything: no hooks, no submodules, no checkout.
TEST_F(MirrorTest, nothing_but_commits_lies_in_it) {
  const auto mirror = fetch(url());
  ASSERT_TRUE(mirror);
  for (const char* const name : {"hooks", "index", "modules", "FETCH_HEAD"}) {
    EXPECT_FALSE(std::filesystem::exists(mirror->path() / name)) << name;
  }
}

}  // namespace
}  // namespace fairlead::git
