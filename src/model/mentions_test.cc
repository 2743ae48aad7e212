#include "model/mentions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead {
namespace {

using ::testing::ElementsAre;

constexpr Stamp kSaid{0, {1000}};

template <class T>
Register<T> said(T value) {
  return {kSaid, std::move(value)};
}

Deployment deployment() {
  Deployment d;
  d.identity = {Origin{"events"}, "d-17"};
  d.version = said<std::string>("1.4.2");
  d.run_id = said<std::string>("4711");
  d.commits = said<std::vector<CommitRef>>(
      {{RepositoryName{"github.com/acme/api"}, CommitSha{"1f3"}}, {RepositoryName{}, CommitSha{"2a4"}}});
  return d;
}

TEST(Mentions, a_deployment_names_itself_its_shas_its_version_and_its_run) {
  EXPECT_THAT(mentions_of(Entity{deployment()}, ServiceName{"api"}),
              ElementsAre("deployment:d-17", "run:events/4711", "sha:@1f3", "sha:@2a4", "sha:github.com/acme/api@1f3",
                          "version:api/1.4.2"));
}

TEST(Mentions, a_version_without_a_service_finds_nothing_so_it_is_left_out) {
  const auto terms = mentions_of(Entity{deployment()}, ServiceName{});
  EXPECT_THAT(terms, ::testing::Not(::testing::Contains(::testing::StartsWith("version:"))));
}

TEST(Mentions, a_change_names_its_number_and_every_sha_once) {
  Change change;
  change.identity = {Origin{"github.com/acme/api"}, "12"};
  change.merge_sha = said(CommitSha{"aa"});
  change.head_sha = said(CommitSha{"bb"});
  change.commits = {{CommitSha{"bb"}, std::nullopt, ""}, {CommitSha{"cc"}, std::nullopt, ""}};
  change.reverts = said(CommitSha{"dd"});
  EXPECT_THAT(mentions_of(Entity{change}, {}),
              ElementsAre("number:github.com/acme/api#12", "sha:@aa", "sha:@bb", "sha:@cc", "sha:@dd",
                          "sha:github.com/acme/api@aa", "sha:github.com/acme/api@bb", "sha:github.com/acme/api@cc",
                          "sha:github.com/acme/api@dd"));
}

TEST(Mentions, a_commit_names_itself_the_change_it_merges_and_the_sha_it_reverts) {
  Commit commit;
  commit.identity = {Origin{"github.com/acme/api"}, "ff"};
  EXPECT_THAT(mentions_of(Entity{commit}, {}), ElementsAre("sha:@ff"));
  commit.message = said<std::string>("Revert \"Pay twice\" (#13)\n\nThis reverts commit 1f3aa000.\n");
  EXPECT_THAT(mentions_of(Entity{commit}, {}), ElementsAre("number:github.com/acme/api#13", "sha:@1f3aa000", "sha:@ff",
                                                           "sha:github.com/acme/api@1f3aa000"));
}

TEST(Mentions, an_incident_names_its_suspects) {
  Incident incident;
  incident.identity = {Origin{"events"}, "i-1"};
  incident.deployment_id = said<std::string>("d-17");
  incident.caused_by_sha = said(CommitSha{"1f3"});
  incident.caused_by_version = said<std::string>("1.4.2");
  EXPECT_THAT(mentions_of(Entity{incident}, ServiceName{"api"}),
              ElementsAre("deployment:d-17", "sha:@1f3", "version:api/1.4.2"));
  incident.repository = said(RepositoryName{"github.com/acme/api"});
  EXPECT_THAT(mentions_of(Entity{incident}, ServiceName{"api"}),
              ElementsAre("deployment:d-17", "sha:@1f3", "sha:github.com/acme/api@1f3", "version:api/1.4.2"));
}

TEST(Mentions, a_task_names_its_run) {
  Task task;
  task.identity = {Origin{"github.com"}, "9"};
  task.run_id = said<std::string>("4711");
  EXPECT_THAT(mentions_of(Entity{task}, {}), ElementsAre(mention_run(Origin{"github.com"}, "4711")));
}

TEST(Mentions, what_is_known_to_be_empty_is_not_mentioned) {
  Change change;
  change.identity = {Origin{"github.com/acme/api"}, "12"};
  change.merge_sha = said(CommitSha{""});
  EXPECT_THAT(mentions_of(Entity{change}, {}), ElementsAre("number:github.com/acme/api#12"));
}

struct MessageCase {
  std::string_view message;
  std::optional<std::string> number;
};

TEST(MergedChange, is_read_from_what_the_forges_write) {
  const MessageCase cases[] = {
      {"Merge pull request #12 from kim/fix", "12"},
      {"Merge pull request #12 from kim/fix\n\nAdd (#99)", "12"},
      {"Pay once (#12)", "12"},
      {"Pay once (#12)\r\n\r\nmore (#13)", "12"},
      {"Pay once (#12) ", "12"},
      {"Merged in fix (pull request #12)", "12"},
      {"Merged PR 12: Pay once", "12"},
      {"Merge branch 'fix' into 'main'\n\nPay once\n\nSee merge request acme/group/api!12", "12"},
      {"Merge branch 'fix'\n\nSee merge request acme/api!12\n", "12"},
      {"Pay once", std::nullopt},
      {"Fixes #12", std::nullopt},
      {"Pay once (see #12)", std::nullopt},
      {"Pay once (#12) and twice", std::nullopt},
      {"Pay once (#12a)", std::nullopt},
      {"Pay once (#)", std::nullopt},
      {"Merge pull request #x", std::nullopt},
      {"See merge request ", std::nullopt},
      {"Pay (#1234567890123456789)", std::nullopt},
      {"", std::nullopt},
      {")", std::nullopt},
  };
  for (const auto& [message, number] : cases) EXPECT_EQ(merged_change_number(message), number) << message;
}

TEST(RevertedSha, is_read_from_what_git_writes) {
  EXPECT_EQ(reverted_sha("Revert \"x\"\n\nThis reverts commit 1F3aa0001f3aa0001f3aa0001f3aa0001f3aa000."),
            CommitSha{"1f3aa0001f3aa0001f3aa0001f3aa0001f3aa000"});
  EXPECT_EQ(reverted_sha("This reverts commit 1f3aa00, reversing changes"), CommitSha{"1f3aa00"});
  EXPECT_EQ(reverted_sha("This reverts commit 1f3aa0"), std::nullopt);
  EXPECT_EQ(reverted_sha("This reverts commit " + std::string(64, 'a')), CommitSha{std::string(64, 'a')});
  EXPECT_EQ(reverted_sha("This reverts commit " + std::string(65, 'a')), std::nullopt);
  EXPECT_EQ(reverted_sha("This reverts commit the-one"), std::nullopt);
  EXPECT_EQ(reverted_sha("Revert \"x\""), std::nullopt);
}

}  // namespace
}  // namespace fairlead
