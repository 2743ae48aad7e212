#include "app/journal_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/testing/child.h"

namespace fairlead::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(std::string_view address, const std::filesystem::path& data = "/data") {
  const auto parsed = parse_journal_address(address, data);
  return parsed ? parsed->text() : "refused";
}

TEST(JournalAddress, one_folder_has_one_name) {
  EXPECT_EQ(text_of("sqlite"), "sqlite:/data");
  EXPECT_EQ(text_of("sqlite:/data"), "sqlite:/data");
  EXPECT_EQ(text_of("sqlite:/data/x/.."), "sqlite:/data/");
  EXPECT_EQ(text_of("sqlite:here"), "sqlite:" + (std::filesystem::current_path() / "here").string());
}

TEST(JournalAddress, a_database_is_named_without_what_is_secret) {
  EXPECT_EQ(text_of("postgres://fair:sec@ret@db.acme:5432/lead?sslmode=verify-full&password=hidden"),
            "postgres://db.acme:5432/lead");
  EXPECT_EQ(text_of("postgresql://db1,db2/lead"), "postgres://db1,db2/lead");
  EXPECT_EQ(text_of("postgres:///lead?host=/run/pg&passfile=x&port=6000"), "postgres:///lead?host=/run/pg&port=6000");
  EXPECT_EQ(text_of("postgres://"), "postgres://");
}

TEST(JournalAddress, anything_else_is_refused_and_not_repeated) {
  for (const std::string_view text : {"", "sqlite:", "oracle://me:canary@db", "posgres://me:canary@db", "/data"}) {
    const auto parsed = parse_journal_address(text, "/data");
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, Not(HasSubstr("canary")));
    EXPECT_THAT(parsed.error().message, HasSubstr("sqlite:DIR"));
  }
  EXPECT_EQ(text_of("sqlite", {}), "refused") << "without a folder it names nothing";
}

TEST(JournalAddress, an_absent_journal_is_made_only_where_that_is_wanted) {
  const testing::TempFolder folder;
  const JournalAddress address{folder.path(), {}};
  const auto refused = open_journal(address, DataFolder::Missing::kRefuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(open_journal(address, DataFolder::Missing::kCreate));
  EXPECT_TRUE(open_journal(address, DataFolder::Missing::kRefuse));
}

}  // namespace
}  // namespace fairlead::app
