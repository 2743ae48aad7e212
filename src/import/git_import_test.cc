#include "import/git_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "base/hash.h"
#include "import/testing/generated_history.h"
#include "sources/events.h"

namespace fairlead::imports {
namespace {

namespace json = boost::json;
using git::testing::ScratchRepository;
using ::testing::ElementsAre;
using testing::GeneratedHistory;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

/// What was handed on, in order; knows what it got before, as a journal does.
class Taken {
 public:
  SendBatch sink() {
    return [this](std::string body) -> Result<bool> {
      if (bodies.size() == full_at) return fail(ErrorCode::kIo, "the disk is full");
      const auto checked = sources::check_events(body, true);
      EXPECT_TRUE(checked && checked->rejected.empty());
      bodies.push_back(body);
      return known_.insert(std::move(body)).second;
    };
  }
  std::vector<json::object> events() const {
    std::vector<json::object> out;
    for (const std::string& body : bodies) {
      std::istringstream lines(body);
      for (std::string line; std::getline(lines, line);) out.push_back(json::parse(line).as_object());
    }
    return out;
  }
  std::vector<std::string> texts_of(std::string_view type, std::string_view member) const {
    std::vector<std::string> out;
    for (const json::object& event : events()) {
      if (event.at("type").as_string() == type) out.emplace_back(event.at(member).as_string());
    }
    return out;
  }
  const std::set<std::string>& known() const { return known_; }

  std::vector<std::string> bodies;
  std::size_t full_at = std::numeric_limits<std::size_t>::max();

 private:
  std::set<std::string> known_;
};

Result<GitImportCounts> import(const ScratchRepository& scratch, Taken& taken, const GitImportProgress& progress = {}) {
  GitImport what;
  what.names.repository = RepositoryName("github.com/acme/api");
  return import_git(git::Repository::open(scratch.path()).value(), what, taken.sink(), progress);
}

class Generated : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Generated, every_commit_that_a_release_or_head_reaches_is_sent_once_and_no_other) {
  const GeneratedHistory history(GetParam());
  std::vector<std::string> arguments = {"rev-list"};
  for (const std::string& tag : history.lines({"tag", "--list", "v1.*", "v2.*"})) arguments.push_back(tag);
  if (GetParam() % 2 == 0) arguments.emplace_back("HEAD");
  Taken taken;
  const auto counts = import(history.repository(), taken);
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_THAT(taken.texts_of("commit", "sha"), UnorderedElementsAreArray(history.lines(arguments)));
  EXPECT_EQ(counts->commits, taken.texts_of("commit", "sha").size());
  EXPECT_EQ(counts->releases, taken.texts_of("deployment", "version").size());
  EXPECT_EQ(counts->events, counts->commits + counts->releases);
  EXPECT_EQ(counts->deliveries, taken.bodies.size());
  // Commits come first, so that each release finds what it ships.
  const auto events = taken.events();
  EXPECT_TRUE(std::ranges::is_partitioned(events, [](const json::object& e) { return e.at("type") == "commit"; }));
}

TEST_P(Generated, the_same_history_is_the_same_batches) {
  const GeneratedHistory history(GetParam());
  Taken taken;
  ASSERT_TRUE(import(history.repository(), taken));
  const auto first = std::exchange(taken.bodies, {});
  const auto again = import(history.repository(), taken);
  EXPECT_EQ(taken.bodies, first);
  EXPECT_EQ(again->new_deliveries, 0u);
  EXPECT_EQ(again->deliveries, first.size());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Generated, ::testing::Values(1, 2, 3));

TEST(GitImport, a_release_has_the_date_of_the_outermost_tag_or_else_its_commits) {
  const ScratchRepository scratch;
  const std::string sha = scratch.commit({}, "one", 1'600'000'000);
  scratch.git({"tag", "v1.0", sha});
  scratch.git({"tag", "-a", "-m", "x", "v1.1", sha}, 1'600'000'100);
  scratch.git({"-c", "advice.nestedTag=false", "tag", "-a", "-m", "x", "v1.2", "v1.1"}, 1'600'000'200);
  scratch.git({"tag", "v1.3", sha + "^{tree}"});
  Taken taken;
  const auto counts = import(scratch, taken);
  EXPECT_THAT(taken.texts_of("deployment", "version"), ElementsAre("v1.0", "v1.1", "v1.2"));
  EXPECT_THAT(taken.texts_of("deployment", "finished_at"),
              ElementsAre("2020-09-13T12:26:40Z", "2020-09-13T12:28:20Z", "2020-09-13T12:30:00Z"));
  EXPECT_EQ(counts->first_release, 1'600'000'000);
  EXPECT_EQ(counts->last_release, 1'600'000'200);
}

TEST(GitImport, with_an_unborn_head_only_releases_count) {
  const ScratchRepository scratch;
  const std::string one = scratch.commit({}, "one");
  const std::string two = scratch.commit({one}, "two");
  scratch.git({"update-ref", "refs/heads/other", two});
  scratch.git({"symbolic-ref", "HEAD", "refs/heads/unborn"});
  Taken none;
  EXPECT_EQ(import(scratch, none)->deliveries, 0u);
  EXPECT_THAT(none.bodies, IsEmpty());
  scratch.git({"tag", "v1.0", one});
  Taken taken;
  ASSERT_TRUE(import(scratch, taken));
  EXPECT_THAT(taken.texts_of("commit", "sha"), ElementsAre(one));
}

TEST(GitImport, a_release_without_a_time_that_an_event_may_have_is_left_out_and_counted) {
  const ScratchRepository scratch;
  std::ofstream(scratch.path() / "late") << "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a> 1 +0000\n"
                                            "committer A <a> 7258118400 +0000\n\nin 2200\n";
  scratch.git({"tag", "v1.0", scratch.git({"hash-object", "-w", "-t", "commit", "late"})});
  Taken taken;
  const auto counts = import(scratch, taken);
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(counts->skipped_tags, 1u);
  EXPECT_EQ(counts->releases, 0u);
  EXPECT_EQ(counts->commits, 1u);
}

TEST(GitImport, names_of_tags_that_are_too_long_are_no_release) {
  const ScratchRepository scratch;
  const std::string sha = scratch.commit({}, "one");
  const std::string longest = "1." + std::string(kTagNameBytesMax / 2 - 2, '1');
  // A file's name may have 255 bytes, a ref's name more: it goes into folders.
  const std::string pattern = "/\\d+$";
  for (const std::size_t more : {0u, 1u}) {
    scratch.git({"tag", longest + "/" + std::string(kTagNameBytesMax / 2 - 1 + more, '2'), sha});
  }
  const auto releases = release_tags(git::Repository::open(scratch.path()).value(), pattern).value();
  ASSERT_EQ(releases.size(), 1u);
  EXPECT_EQ(releases[0].name.size(), kTagNameBytesMax);
}

TEST(GitImport, a_pattern_that_is_none_is_refused) {
  const ScratchRepository scratch;
  const auto repository = git::Repository::open(scratch.path()).value();
  for (const std::string& pattern : {std::string(), std::string("("), std::string(kTagPatternBytesMax + 1, 'a')}) {
    EXPECT_EQ(release_tags(repository, pattern).error().code, ErrorCode::kInvalid) << pattern;
  }
  EXPECT_TRUE(release_tags(repository, std::string(kTagPatternBytesMax, 'a')));
}

/// A line of `commits` commits with messages of `message_bytes`, and `tags` releases on the last one whose names do not
/// end a batch. Through fast-import, which takes a moment where single commands take minutes.
void fill(const ScratchRepository& scratch, int commits, std::size_t message_bytes, int tags = 0) {
  std::ofstream stream(scratch.path() / "stream");
  const std::string message(message_bytes, 'x');
  for (int i = 0; i < commits; ++i) {
    stream << "commit refs/heads/master\ncommitter A <a> " << 1'700'000'000 + i << " +0000\ndata " << message.size()
           << "\n"
           << message << "\n";
  }
  for (int n = 0, made = 0; made < tags; ++n) {
    const std::string name = "1." + std::to_string(n);
    if (checksum64(name) % 1'024 == 0) continue;
    stream << "reset refs/tags/" << name << "\nfrom refs/heads/master\n\n";
    ++made;
  }
  stream.close();
  scratch.git({"symbolic-ref", "HEAD", "refs/heads/master"});
  scratch.git({"-c", "alias.load=!git fast-import --quiet <stream", "load"});
}

std::size_t lines_in(const std::string& body) {
  return static_cast<std::size_t>(std::ranges::count(body, '\n'));
}

TEST(GitImport, batches_end_at_their_number_of_events) {
  const ScratchRepository scratch;
  fill(scratch, 1, 10, kBatchEventsMax + 1);
  Taken taken;
  ASSERT_TRUE(import(scratch, taken));
  ASSERT_EQ(taken.bodies.size(), 3u);
  EXPECT_EQ(lines_in(taken.bodies[1]), kBatchEventsMax);
  EXPECT_EQ(lines_in(taken.bodies[2]), 1u);
}

TEST(GitImport, batches_end_at_their_size) {
  const ScratchRepository scratch;
  constexpr std::size_t kMessageBytes = 60'000;
  fill(scratch, 150, kMessageBytes);
  Taken taken;
  ASSERT_TRUE(import(scratch, taken));
  EXPECT_GE(taken.bodies.size(), 3u);
  for (const std::string& body : taken.bodies) EXPECT_LT(body.size(), kBatchBytesMax + kMessageBytes + 1'000);
}

// Where batches were cut by count, one commit more would shift all of them.
TEST(GitImport, one_commit_more_is_almost_all_that_is_new) {
  const ScratchRepository scratch;
  fill(scratch, 8'000, 10);
  Taken taken;
  std::vector<std::uint64_t> seen;
  const auto first = import(scratch, taken, [&](const GitImportCounts& counts) { seen.push_back(counts.commits); });
  ASSERT_GT(first->deliveries, 3u);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(seen.back(), 8'000u);
  EXPECT_GE(seen.size(), 8u);
  scratch.git({"update-ref", "refs/heads/master", scratch.commit({scratch.git({"rev-parse", "master"})}, "more")});
  const auto second = import(scratch, taken);
  EXPECT_EQ(second->commits, 8'001u);
  EXPECT_LE(second->new_deliveries, 2u);
}

TEST(GitImport, one_that_was_broken_off_goes_on_where_it_was) {
  const ScratchRepository scratch;
  fill(scratch, 8'000, 10, 3);
  Taken whole;
  ASSERT_TRUE(import(scratch, whole));
  Taken taken;
  taken.full_at = 2;
  EXPECT_EQ(import(scratch, taken).error().code, ErrorCode::kIo);
  EXPECT_EQ(taken.bodies.size(), 2u);
  taken.full_at = std::numeric_limits<std::size_t>::max();
  const auto resumed = import(scratch, taken);
  EXPECT_EQ(resumed->new_deliveries, whole.bodies.size() - 2);
  EXPECT_EQ(taken.known(), whole.known());
}

TEST(HistoryNames, come_from_the_origin_without_its_secrets_or_else_from_the_folder) {
  const ScratchRepository scratch;
  const auto names = [&](const std::string& service = {}) {
    return history_names(git::Repository::open(scratch.path()).value(), service).value();
  };
  const std::string folder = scratch.path().filename().string();
  EXPECT_EQ(names().repository.text, "file:" + folder);
  EXPECT_EQ(names().service, folder);
  EXPECT_EQ(names("api").service, "api");
  EXPECT_EQ(history_names(git::Repository::open(scratch.path() / ".git").value(), {})->repository.text,
            "file:" + folder);
  for (const char* const url :
       {"https://ada:secret@GitHub.com/acme/api.git", "git@github.com:acme/api.git", "ssh://git@github.com/acme/api"}) {
    scratch.git({"config", "remote.origin.url", url});
    EXPECT_EQ(names().repository.text, "github.com/acme/api") << url;
    EXPECT_EQ(names().service, "") << url;
  }
  scratch.git({"config", "remote.origin.url", "/srv/api.git"});
  EXPECT_EQ(names().repository.text, "file:" + folder);
}

}  // namespace
}  // namespace fairlead::imports
