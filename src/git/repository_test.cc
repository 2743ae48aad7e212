#include "git/repository.h"

#include <gtest/gtest.h>

#include <fstream>

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

// What git says of a signature would stand between the commits.
TEST(Repository, signatures_are_not_shown_though_its_configuration_asks_for_them) {
  const ScratchRepository scratch;
  std::ofstream(scratch.path() / "signed")
      << "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
         "author A <a> 1700000000 +0000\ncommitter A <a> 1700000000 +0000\n"
         "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n"
         "\nsigned\n";
  const std::string sha = scratch.git({"hash-object", "-w", "-t", "commit", "signed"});
  scratch.git({"config", "log.showSignature", "true"});
  const auto commits = commits_of(opened(scratch), {sha});
  ASSERT_EQ(commits.size(), 1u);
  EXPECT_EQ(commits[0].sha, sha);
}

}  // namespace
}  // namespace fairlead::git
