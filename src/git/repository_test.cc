#include "git/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "git/child.h"
#include "git/testing/scratch_repository.h"

namespace fairlead::git {
namespace {

using testing::ScratchRepository;

Repository opened(const ScratchRepository& scratch) {
  return Repository::open(scratch.path()).value();
}

std::vector<Commit> commits_of(const Repository& repository, const std::vector<std::string>& tips) {
  std::vector<Commit> commits;
  const Status status = repository.read_commits(tips, [&](const Commit& commit) -> Status {
    commits.push_back(commit);
    return {};
  });
  EXPECT_TRUE(status) << status.error().message;
  return commits;
}

TEST(Repository, a_folder_without_one_is_not_found) {
  EXPECT_EQ(Repository::open("/dev").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Repository::open("/no such folder").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Repository::open("--upload-pack=x").error().code, ErrorCode::kNotFound);
}

TEST(Repository, an_empty_one_has_nothing) {
  const ScratchRepository scratch;
  const Repository repository = opened(scratch);
  EXPECT_TRUE(repository.tags().value().empty());
  EXPECT_FALSE(repository.head().value());
  EXPECT_EQ(repository.origin_url().value(), "");
  EXPECT_TRUE(commits_of(repository, {}).empty());
}

TEST(Repository, an_unborn_head_is_no_head_though_there_are_commits) {
  const ScratchRepository scratch;
  const std::string sha = scratch.commit({}, "one");
  scratch.git({"update-ref", "refs/heads/other", sha});
  scratch.git({"symbolic-ref", "HEAD", "refs/heads/unborn"});
  EXPECT_FALSE(opened(scratch).head().value());
  EXPECT_EQ(commits_of(opened(scratch), {sha}).size(), 1u);
}

TEST(Repository, commits_have_what_git_says) {
  const ScratchRepository scratch;
  const std::string one = scratch.commit({}, "one", 1'600'000'000);
  const std::string two = scratch.commit({}, "two", 1'600'000'010);
  const std::string merge = scratch.commit({one, two}, "Merge\n\nboth \xff\xfe of them", 1'600'000'020);
  const auto commits = commits_of(opened(scratch), {merge});
  ASSERT_EQ(commits.size(), 3u);
  EXPECT_EQ(commits[0].sha, merge);
  EXPECT_EQ(commits[0].parents, (std::vector{one, two}));
  EXPECT_EQ(commits[0].committed_at, 1'600'000'020);
  EXPECT_EQ(commits[0].author, "Ada");
  EXPECT_EQ(commits[0].subject, "Merge");
  EXPECT_EQ(commits[1].sha, two);
  EXPECT_EQ(opened(scratch).count_commits({merge}).value(), 3u);
}

TEST(Repository, tags_are_peeled_and_those_of_no_commit_left_out) {
  const ScratchRepository scratch;
  const std::string sha = scratch.commit({}, "one", 1'600'000'000);
  scratch.git({"tag", "light", sha});
  scratch.git({"tag", "-a", "-m", "x", "annotated", sha}, 1'600'000'500);
  scratch.git({"tag", "-a", "-m", "x", "outer", "annotated"}, 1'600'000'900);
  scratch.git({"tag", "tree", sha + "^{tree}"});
  scratch.git({"tag", "-a", "-m", "x", "annotated-tree", "tree"});
  const auto tags = opened(scratch).tags().value();
  ASSERT_EQ(tags.size(), 3u);
  EXPECT_EQ(tags[0].name, "annotated");
  EXPECT_EQ(tags[0].tagged_at, 1'600'000'500);
  EXPECT_EQ(tags[1].name, "light");
  EXPECT_EQ(tags[1].tagged_at, 1'600'000'000);
  EXPECT_EQ(tags[2].name, "outer");
  EXPECT_EQ(tags[2].tagged_at, 1'600'000'900);
  for (const Tag& tag : tags) EXPECT_EQ(tag.sha, sha) << tag.name;
}

// Reading somebody else's repository must not run what its configuration names.
TEST(Repository, nothing_that_its_configuration_names_is_run) {
  const ScratchRepository scratch;
  const auto trap = scratch.path() / "trap";
  const auto sprung = scratch.path() / "sprung";
  std::ofstream(trap) << "#!/bin/sh\ntouch '" << sprung.string() << "'\n";
  chmod(trap.c_str(), 0755);
  const std::string sha = scratch.commit({}, "one");
  scratch.git({"update-ref", "refs/heads/master", sha});
  scratch.git({"tag", "-a", "-m", "x", "v1.0", sha});
  for (const char* const key : {"core.fsmonitor", "core.pager", "gpg.program", "core.sshCommand", "core.askPass",
                                "credential.helper", "diff.external", "core.editor"}) {
    scratch.git({"config", key, trap.string()});
  }
  scratch.git({"config", "log.showSignature", "true"});
  scratch.git({"config", "core.hooksPath", scratch.path().string()});
  // A missing object would be fetched from here on demand.
  scratch.git({"config", "core.repositoryFormatVersion", "1"});
  scratch.git({"config", "extensions.partialClone", "origin"});
  scratch.git({"config", "remote.origin.promisor", "true"});
  scratch.git({"config", "remote.origin.url", "ext::" + trap.string()});
  scratch.git({"config", "protocol.ext.allow", "always"});
  const Repository repository = opened(scratch);
  EXPECT_EQ(repository.tags().value().size(), 1u);
  EXPECT_EQ(commits_of(repository, {sha}).size(), 1u);
  const std::string missing(40, '7');
  EXPECT_FALSE(repository.read_commits({missing}, [](const Commit&) -> Status { return {}; }));
  // Not even where it may write files, which a fetch would need.
  Command question{{"-C", scratch.path().string(), "cat-file", "-p", missing}, {}, {}};
  question.limits.file_bytes_max = 1'000'000;
  EXPECT_FALSE(git_output(question));
  EXPECT_FALSE(std::filesystem::exists(sprung));
}

TEST(Child, past_its_time_it_is_ended) {
  const ScratchRepository scratch;
  Command command{{"-C", scratch.path().string(), "-c", "alias.wait=!exec tail -f /dev/null", "wait"}, {}, {}};
  command.limits.timeout_ms = 200;
  EXPECT_EQ(git_output(command).error().code, ErrorCode::kTimeout);
}

TEST(Child, past_its_output_it_is_ended) {
  Command command{{"version"}, {}, {}};
  command.limits.output_bytes_max = 3;
  EXPECT_EQ(git_output(command).error().code, ErrorCode::kLimit);
  command.limits.output_bytes_max = 1'000;
  EXPECT_TRUE(git_output(command));
}

TEST(Child, writes_no_file_unless_it_may) {
  const ScratchRepository scratch;
  Command command{{"-C", scratch.path().string(), "hash-object", "-w", "--stdin"}, "text", {}};
  EXPECT_FALSE(git_output(command));
  command.limits.file_bytes_max = 1'000'000;
  EXPECT_TRUE(git_output(command));
}

TEST(Child, a_failure_says_what_git_said_on_one_line) {
  const auto failed = git_output({{"no-such-command\x1b[31m"}, {}, {}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  EXPECT_THAT(failed.error().message, ::testing::HasSubstr("not a git command"));
  EXPECT_EQ(failed.error().message.find_first_of("\n\x1b"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::git
