#include "import/history_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/limits.h"
#include "base/time.h"
#include "sources/events.h"

namespace fairlead::imports {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

const HistoryNames kNames{RepositoryName("github.com/acme/api"), "", "release"};

git::Commit commit() {
  git::Commit commit;
  commit.sha = std::string(40, '1');
  commit.parents = {std::string(40, '2')};
  commit.authored_at = 1'700'000'000;
  commit.committed_at = 1'700'000'060;
  commit.author = "Ada";
  commit.subject = "Faster login";
  return commit;
}

/// The event as an object; and our own rules for events take it.
json::object parsed(const std::string& line) {
  EXPECT_TRUE(line.ends_with("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto checked = sources::check_events(line, true);
  EXPECT_TRUE(checked && checked->rejected.empty()) << line.substr(0, 500);
  return json::parse(line).as_object();
}
json::object event_of(const git::Commit& commit) {
  std::string line;
  append_commit_event(line, kNames, commit);
  return parsed(line);
}
json::object release_of(const HistoryNames& names, const git::Tag& tag, std::int64_t at = 1'700'000'000) {
  std::string line;
  append_release_event(line, names, tag, at);
  return parsed(line);
}

TEST(CommitEvent, says_what_git_says) {
  const json::object event = event_of(commit());
  EXPECT_EQ(json::serialize(event),
            R"({"type":"commit","repository":"github.com/acme/api","sha":"1111111111111111111111111111111111111111",)"
            R"("parents":["2222222222222222222222222222222222222222"],"authored_at":"2023-11-14T22:13:20Z",)"
            R"("committed_at":"2023-11-14T22:14:20Z","author":"Ada","message":"Faster login"})");
}

TEST(CommitEvent, a_root_has_no_parents_and_a_merge_all_of_them) {
  git::Commit one = commit();
  one.parents.clear();
  EXPECT_TRUE(event_of(one).at("parents").as_array().empty());
  one.parents = {std::string(40, '2'), std::string(40, '3'), std::string(64, 'a')};
  EXPECT_EQ(event_of(one).at("parents").as_array().size(), 3u);
}

TEST(CommitEvent, of_a_message_the_body_goes_along_only_where_it_tells_of_other_work) {
  git::Commit one = commit();
  one.body = "Squashed commit of the following:\n\ncommit 1f3\n\n    secret\n";
  EXPECT_EQ(event_of(one).at("message"), "Faster login");
  one.body = "This reverts commit 1f3a5c7e9b.\n";
  EXPECT_EQ(event_of(one).at("message"), "Faster login\n\nThis reverts commit 1f3a5c7e9b.\n");
  one.body = "Closes it\n\nSee merge request acme/api!7\n";
  EXPECT_THAT(std::string(event_of(one).at("message").as_string()), HasSubstr("acme/api!7"));
}

TEST(CommitEvent, a_time_that_no_event_may_have_is_left_out) {
  git::Commit one = commit();
  for (const std::optional<std::int64_t> wrong :
       {std::optional<std::int64_t>(), std::optional<std::int64_t>(-1),
        std::optional<std::int64_t>(kPlausibleTo.ms / 1000),
        std::optional<std::int64_t>(std::numeric_limits<std::int64_t>::max())}) {
    one.authored_at = wrong;
    EXPECT_FALSE(event_of(one).contains("authored_at"));
    EXPECT_TRUE(event_of(one).contains("committed_at"));
  }
  one.authored_at = 0;
  EXPECT_EQ(event_of(one).at("authored_at"), "1970-01-01T00:00:00Z");
  one.authored_at = kPlausibleTo.ms / 1000 - 1;
  EXPECT_EQ(event_of(one).at("authored_at"), "2199-12-31T23:59:59Z");
}

TEST(CommitEvent, texts_of_any_bytes_become_an_event_of_one_line) {
  for (const std::string& text :
       {std::string("\xff\xfe\xc3\x28"), std::string("\"quoted\" \\ {}"), std::string("a\r\nb\tc\x01\x7f"),
        std::string("\x1b[31mred\x1b[0m \xe2\x80\xae"), std::string("<script>alert(1)</script>"),
        std::string(limits::kTextBytesMax * 2, 'x'), std::string("\xc3"), std::string()}) {
    git::Commit one = commit();
    one.author = text;
    one.subject = text;
    one.body = "This reverts commit x\n" + text;
    const json::object event = event_of(one);
    EXPECT_LE(event.at("message").as_string().size(), limits::kTextBytesMax);
    if (!text.empty()) EXPECT_LE(event.at("author").as_string().size(), limits::kNameBytesMax);
  }
}

TEST(CommitEvent, names_hold_no_control_characters_and_end_at_their_limit) {
  git::Commit one = commit();
  one.author = "A\nB\x01\x7f\xff";
  EXPECT_EQ(event_of(one).at("author"), "A B  \xef\xbf\xbd");
  one.author = std::string(limits::kNameBytesMax, 'x');
  EXPECT_EQ(event_of(one).at("author").as_string(), one.author);
  one.author += "y";
  EXPECT_EQ(event_of(one).at("author").as_string().size(), limits::kNameBytesMax);
  one.author = std::string(limits::kNameBytesMax - 1, 'x') + "\xc3\xa9";  // would be cut within a character
  EXPECT_EQ(event_of(one).at("author").as_string().size(), limits::kNameBytesMax - 1);
  one.author.clear();
  EXPECT_FALSE(event_of(one).contains("author"));
}

TEST(ReleaseEvent, is_a_successful_production_deployment_of_the_repository) {
  const json::object event = release_of(kNames, {"v1.2", std::string(40, '1'), {}});
  EXPECT_EQ(json::serialize(event),
            R"({"type":"deployment","id":"github.com/acme/api@v1.2","environment":"release","tier":"production",)"
            R"("version":"v1.2","repository":"github.com/acme/api","sha":"1111111111111111111111111111111111111111",)"
            R"("ref":"v1.2","status":"success","finished_at":"2023-11-14T22:13:20Z"})");
}

// Two services of one repository release each on its own: the ids must not meet.
TEST(ReleaseEvent, a_service_that_was_named_has_releases_of_its_own) {
  HistoryNames names = kNames;
  names.service = "api";
  const json::object event = release_of(names, {"v1.2", std::string(40, '1'), {}});
  EXPECT_EQ(event.at("id"), "api@v1.2");
  EXPECT_EQ(event.at("service"), "api");
}

TEST(ReleaseEvent, a_tag_whose_name_is_no_text_is_an_event_all_the_same) {
  const json::object event = release_of(kNames, {"v1.0-\xff\xfe", std::string(40, '1'), {}});
  EXPECT_THAT(std::string(event.at("version").as_string()), Not(HasSubstr("\xff")));
}

}  // namespace
}  // namespace fairlead::imports
