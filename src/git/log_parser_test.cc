#include "git/log_parser.h"

#include <gtest/gtest.h>

namespace fairlead::git {
namespace {

const std::string kOne(40, '1');
const std::string kTwo(40, '2');
const std::string kThree(64, 'a');

std::string record(const std::vector<std::string>& fields) {
  std::string out;
  for (const std::string& field : fields) out += field + '\0';
  return out;
}

struct Parsed {
  std::vector<Commit> commits;
  Status status;
};

Parsed parse(std::string_view bytes, std::size_t piece_bytes = SIZE_MAX) {
  Parsed out;
  LogParser parser([&](const Commit& commit) -> Status {
    out.commits.push_back(commit);
    return {};
  });
  while (!bytes.empty() && out.status) {
    const auto piece = bytes.substr(0, piece_bytes);
    out.status = parser.feed(piece);
    bytes.remove_prefix(piece.size());
  }
  if (out.status) out.status = parser.finish();
  return out;
}

TEST(LogParser, reads_every_field) {
  const Parsed out = parse(record({kOne, kTwo + " " + kThree, "-5", "1700000000", "Ada", "subject", "body\n"}));
  ASSERT_TRUE(out.status);
  ASSERT_EQ(out.commits.size(), 1u);
  const Commit& commit = out.commits[0];
  EXPECT_EQ(commit.sha, kOne);
  EXPECT_EQ(commit.parents, (std::vector{kTwo, kThree}));
  EXPECT_EQ(commit.authored_at, -5);
  EXPECT_EQ(commit.committed_at, 1'700'000'000);
  EXPECT_EQ(commit.author, "Ada");
  EXPECT_EQ(commit.subject, "subject");
  EXPECT_EQ(commit.body, "body\n");
}

TEST(LogParser, pieces_of_any_size_give_the_same) {
  std::string bytes;
  for (int i = 0; i < 50; ++i) {
    bytes += record({i % 2 == 0 ? kOne : kTwo, i % 3 == 0 ? "" : kThree, "1", "2", "A\xff", std::string(i, '\n'), ""});
  }
  const Parsed whole = parse(bytes);
  ASSERT_EQ(whole.commits.size(), 50u);
  for (const std::size_t piece : {1u, 2u, 39u, 40u, 41u, 1000u}) {
    const Parsed parts = parse(bytes, piece);
    ASSERT_TRUE(parts.status);
    ASSERT_EQ(parts.commits.size(), whole.commits.size());
    for (std::size_t i = 0; i < parts.commits.size(); ++i) {
      EXPECT_EQ(parts.commits[i].sha, whole.commits[i].sha);
      EXPECT_EQ(parts.commits[i].subject, whole.commits[i].subject);
      EXPECT_EQ(parts.commits[i].parents, whole.commits[i].parents);
    }
  }
}

TEST(LogParser, a_message_cannot_pretend_to_be_a_commit) {
  const std::string lie = "\n" + kTwo + "\n" + kOne + " 1 2 x\x1e\x1f";
  const Parsed out = parse(record({kOne, "", "1", "2", lie, lie, lie}));
  ASSERT_EQ(out.commits.size(), 1u);
  EXPECT_EQ(out.commits[0].body, lie);
}

TEST(LogParser, of_a_long_field_the_beginning_is_kept) {
  for (const std::size_t size : {LogParser::kFieldBytesMax, LogParser::kFieldBytesMax + 1, 5'000'000ul}) {
    const Parsed out = parse(record({kOne, "", "1", "2", "A", "s", std::string(size, 'x')}) +
                             record({kTwo, "", "1", "2", "A", "s", ""}));
    ASSERT_TRUE(out.status);
    ASSERT_EQ(out.commits.size(), 2u);
    EXPECT_EQ(out.commits[0].body.size(), LogParser::kFieldBytesMax);
    EXPECT_EQ(out.commits[1].sha, kTwo);
    EXPECT_EQ(out.commits[1].body, "");
  }
}

TEST(LogParser, times_that_are_no_numbers_are_unknown) {
  for (const std::string text : {"", "x", "1x", "99999999999999999999"}) {
    const Parsed out = parse(record({kOne, "", text, text, "A", "s", ""}));
    ASSERT_EQ(out.commits.size(), 1u) << text;
    EXPECT_FALSE(out.commits[0].authored_at) << text;
    EXPECT_FALSE(out.commits[0].committed_at) << text;
  }
}

TEST(LogParser, refuses_what_git_does_not_write) {
  EXPECT_EQ(parse(record({"x", "", "1", "2", "A", "s", ""})).status.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(parse(record({std::string(40, 'G'), "", "1", "2", "A", "s", ""})).status.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(parse(record({kOne, "x", "1", "2", "A", "s", ""})).status.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(parse(record({kOne, kTwo + "  " + kTwo, "1", "2", "A", "s", ""})).status.error().code, ErrorCode::kCorrupt);
}

TEST(LogParser, an_end_within_a_commit_is_no_end) {
  const std::string whole = record({kOne, "", "1", "2", "A", "s", "b"});
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_FALSE(parse(std::string_view(whole).substr(0, size)).status) << size;
  }
  EXPECT_TRUE(parse("").status);
}

TEST(LogParser, an_error_of_the_receiver_ends_it) {
  int seen = 0;
  LogParser parser([&](const Commit&) -> Status {
    ++seen;
    return fail(ErrorCode::kIo, "full");
  });
  const std::string one = record({kOne, "", "1", "2", "A", "s", ""});
  EXPECT_EQ(parser.feed(one + one).error().code, ErrorCode::kIo);
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace fairlead::git
