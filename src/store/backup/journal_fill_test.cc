#include "store/backup/journal_fill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/backup/testing/journal_worlds.h"
#include "store/backup/testing/laned_journal.h"
#include "store/sqlite/sqlite_store.h"

namespace fairlead::store {
namespace {

using testing::HasSubstr;

const AuditRow kMark{{100}, "local", "restore.begin", "abc"};

/// Stops a visit after some deliveries, as a killed process does.
class Interrupted final : public JournalVisitor {
 public:
  Interrupted(JournalFill& fill, std::uint64_t calls) : fill_(fill), left_(calls) {}
  Status extent(const JournalExtent& extent) override { return fill_.extent(extent); }
  Status deliveries(std::span<const JournalRow> rows) override {
    for (const JournalRow& row : rows) {
      RETURN_IF_ERROR(spend());
      RETURN_IF_ERROR(fill_.deliveries({&row, 1}));
    }
    return {};
  }
  Status audit(std::span<const AuditRow> rows) override {
    for (const AuditRow& row : rows) {
      RETURN_IF_ERROR(spend());
      RETURN_IF_ERROR(fill_.audit({&row, 1}));
    }
    return {};
  }
  Status tokens(std::span<const TokenRow> rows) override {
    RETURN_IF_ERROR(spend());
    return fill_.tokens(rows);
  }
  Status users(std::span<const UserRow> rows) override {
    RETURN_IF_ERROR(spend());
    return fill_.users(rows);
  }

 private:
  Status spend() {
    if (left_ == 0) return fail(ErrorCode::kUnavailable, "interrupted");
    --left_;
    return {};
  }
  JournalFill& fill_;
  std::uint64_t left_;
};

Status fill(Journal& source, Journal& target, const AuditRow& mark = kMark, std::uint64_t* appended = nullptr) {
  JournalFill filling(target, mark);
  RETURN_IF_ERROR(filling.prepare());
  ASSIGN_OR_RETURN(const JournalExtent extent, extent_of(source, {}, ""));
  RETURN_IF_ERROR(visit_journal(source, extent, filling));
  if (appended != nullptr) *appended = filling.appended();
  return filling.finish();
}

void interrupt(Journal& source, Journal& target, std::uint64_t calls) {
  JournalFill filling(target, kMark);
  const Status prepared = filling.prepare();
  ASSERT_TRUE(prepared) << prepared.error().message;
  Interrupted visitor(filling, calls);
  ASSERT_FALSE(visit_journal(source, *extent_of(source, {}, ""), visitor));
}

/// Less the row that says where it came from.
std::string transcript_without_mark(Journal& journal) {
  std::string text = transcript_of(journal);
  const auto at = text.find("audit 100 local restore.begin abc\n");
  EXPECT_NE(at, std::string::npos);
  return text.erase(at, text.find('\n', at) + 1 - at);
}

std::vector<std::string> sorted_bodies(Journal& journal) {
  std::vector<std::string> out;
  for (std::uint32_t lane = 0; lane < journal.lanes(); ++lane) {
    const auto rows = journal.read(lane, 0, SIZE_MAX, SIZE_MAX).value();
    for (const JournalRow& row : rows) {
      out.push_back(row.delivery.origin.text + "|" + row.delivery.id + "|" + row.delivery.body);
    }
  }
  std::ranges::sort(out);
  return out;
}

TEST(JournalFill, the_same_kind_of_journal_becomes_equal_with_its_positions) {
  for (const std::uint32_t lanes : {1u, 4u}) {
    LanedJournal source(lanes), target(lanes);
    fill_with_everything(source, 1, 300);
    const Status filled = fill(source, target);
    ASSERT_TRUE(filled) << filled.error().message;
    EXPECT_EQ(transcript_without_mark(target), transcript_of(source));
  }
}

TEST(JournalFill, another_kind_of_journal_holds_every_delivery_once) {
  for (const auto& [from, to] : {std::pair(1u, 4u), std::pair(4u, 1u)}) {
    LanedJournal source(from), target(to);
    fill_with_everything(source, 2, 300);
    ASSERT_TRUE(fill(source, target));
    EXPECT_EQ(sorted_bodies(target), sorted_bodies(source));
  }
}

TEST(JournalFill, goes_on_wherever_it_was_interrupted) {
  for (const auto& [from, to] : {std::pair(1u, 1u), std::pair(1u, 4u), std::pair(4u, 4u), std::pair(4u, 1u)}) {
    LanedJournal source(from);
    fill_with_everything(source, 3, 30);
    for (std::uint64_t calls = 0; calls < 35; ++calls) {
      LanedJournal target(to);
      interrupt(source, target, calls / 2);
      interrupt(source, target, calls);
      std::uint64_t appended = 0;
      const Status filled = fill(source, target, kMark, &appended);
      ASSERT_TRUE(filled) << filled.error().message << " after " << calls;
      EXPECT_EQ(sorted_bodies(target), sorted_bodies(source));
      EXPECT_EQ(target.audit(SIZE_MAX)->size(), 4u);
      EXPECT_EQ(appended, 30 - std::min<std::uint64_t>(30, calls));
    }
  }
}

TEST(JournalFill, a_second_run_brings_what_came_since) {
  LanedJournal source(1), target(4);
  fill_with_everything(source, 4, 50);
  ASSERT_TRUE(fill(source, target));
  ASSERT_TRUE(source.append(std::vector{Delivery{SourceName("events"), Origin("new"), "1", {}, {}, "later"}}));
  ASSERT_TRUE(source.append_audit({{9}, "zoe", "user.remove", "zoe"}));
  ASSERT_TRUE(source.remove_user("zoe"));
  ASSERT_TRUE(source.put_token({"a", "hash", Role::kIngest, "first", {1}, Instant{10}}));
  std::uint64_t appended = 0;
  ASSERT_TRUE(fill(source, target, kMark, &appended));
  EXPECT_EQ(appended, 1u);
  EXPECT_EQ(sorted_bodies(target), sorted_bodies(source));
  EXPECT_FALSE(target.user("zoe").value());
  EXPECT_EQ(target.token("a").value()->revoked_at, Instant{10});
  EXPECT_EQ(target.audit(1).value()[0].action, "user.remove");
}

TEST(JournalFill, a_target_in_use_is_refused_and_stays_as_it_is) {
  LanedJournal source(1);
  fill_with_everything(source, 5, 10);
  const auto refused = [&](const std::function<void(Journal&)>& use, const char* why) {
    LanedJournal target(1);
    use(target);
    const std::string before = transcript_of(target);
    const Status filled = fill(source, target);
    ASSERT_FALSE(filled);
    EXPECT_EQ(filled.error().code, ErrorCode::kConflict);
    EXPECT_THAT(filled.error().message, HasSubstr(why));
    EXPECT_EQ(transcript_of(target), before);
  };
  const std::vector<Delivery> one{{SourceName("events"), Origin("o"), "1", {}, {}, "b"}};
  refused([&](Journal& target) { ASSERT_TRUE(target.append(one)); }, "1 deliveries");
  refused([](Journal& target) { ASSERT_TRUE(target.put_user({"ann", "", Role::kAdmin, {}})); }, "1 users");
  refused([](Journal& target) { ASSERT_TRUE(target.put_token({"t", "", Role::kAdmin, "", {}, {}})); }, "1 tokens");
  refused([](Journal& target) { ASSERT_TRUE(target.append_audit({{1}, "local", "user.add", "x"})); }, "user.add");
  refused(
      [](Journal& target) {
        ASSERT_TRUE(target.append_audit({{1}, "local", "restore.begin", "other"}));
      },
      "in use");
}

/// What a server did with the target between two runs is never overwritten.
TEST(JournalFill, a_target_that_was_used_since_is_refused) {
  const auto refused = [](const std::function<void(Journal&)>& use) {
    LanedJournal source(1), target(1);
    fill_with_everything(source, 6, 10);
    ASSERT_TRUE(fill(source, target));
    use(target);
    ASSERT_TRUE(source.append(std::vector{Delivery{SourceName("events"), Origin("s"), "1", {}, {}, "later"},
                                          Delivery{SourceName("events"), Origin("s"), "2", {}, {}, "later"}}));
    const auto users = target.users().value();
    const Status filled = fill(source, target);
    ASSERT_FALSE(filled);
    EXPECT_EQ(filled.error().code, ErrorCode::kConflict) << filled.error().message;
    ASSERT_EQ(target.users().value().size(), users.size());
    EXPECT_EQ(target.users().value()[0].password_hash, users[0].password_hash);
  };
  const std::vector<Delivery> one{{SourceName("events"), Origin("t"), "1", {}, {}, "b"}};
  refused([&](Journal& target) { ASSERT_TRUE(target.append(one)); });
  refused([](Journal& target) {
    ASSERT_TRUE(target.append_audit({{9}, "zoe", "user.add", "zoe"}));
    ASSERT_TRUE(target.put_user({"zoe", "changed", Role::kViewer, {9}}));
  });
}

TEST(JournalFill, works_on_files) {
  TemporaryFolder from, to;
  const auto source = open_sqlite_journal(from.path()).value();
  fill_with_everything(*source, 8, 3'000);
  {
    const auto target = open_sqlite_journal(to.path()).value();
    interrupt(*source, *target, 700);
  }
  const auto target = open_sqlite_journal(to.path()).value();
  const Status filled = fill(*source, *target);
  ASSERT_TRUE(filled) << filled.error().message;
  EXPECT_EQ(transcript_without_mark(*target), transcript_of(*source));
  EXPECT_EQ(target->verify({}).value(), 3'000u);
}

}  // namespace
}  // namespace fairlead::store
