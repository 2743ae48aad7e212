// The files themselves: damage is noticed (R5), newer schemas are refused and interrupted migrations resume (R16), and
// what cannot be opened says what to do.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "store/sqlite/derived_schema.h"
#include "store/sqlite/journal_sql.h"
#include "store/sqlite/paced_vfs.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_store.h"
#include "store/testing/fault_disk.h"
#include "store/testing/random_rows.h"

namespace fairlead::store {
namespace {

using sqlite::Database;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// A closed journal of some deliveries, a token, a user and audit rows; and what it holds, as text.
void fill_journal(const std::filesystem::path& folder) {
  auto journal = std::move(open_sqlite_journal(folder).value());
  RandomRows random(3);
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(journal->append(random.many<Delivery>(12, [&] { return random.delivery(1000, 4000); })));
  }
  ASSERT_TRUE(journal->put_token({"t", "hash", Role::kViewer, "name", {1}, Instant{2}}));
  ASSERT_TRUE(journal->put_user({"u", "hash", Role::kAdmin, {1}}));
  ASSERT_TRUE(journal->append_audit({{1}, "local", "action", "subject"}));
}

Result<std::string> content_of(const std::filesystem::path& folder) {
  ASSIGN_OR_RETURN(const auto journal, open_sqlite_journal(folder));
  RETURN_IF_ERROR(journal->verify({}));
  ASSIGN_OR_RETURN(const auto rows, journal->read(0, 0, SIZE_MAX, SIZE_MAX));
  std::string text;
  for (const auto& [position, d] : rows) {
    text += std::to_string(position.sequence) + d.source.text + d.origin.text + d.id + format_time(d.received_at);
    for (const auto& [name, value] : d.headers) text += name + value;
    text += d.body;
  }
  ASSIGN_OR_RETURN(const auto tokens, journal->tokens());
  for (const auto& t : tokens) {
    text += t.id + t.secret_hash + t.name + std::to_string(static_cast<int>(t.role)) + format_time(t.created_at) +
            (t.revoked_at ? format_time(*t.revoked_at) : "");
  }
  ASSIGN_OR_RETURN(const auto users, journal->users());
  for (const auto& u : users) text += u.name + u.password_hash + std::to_string(static_cast<int>(u.role));
  ASSIGN_OR_RETURN(const auto audit, journal->audit(SIZE_MAX));
  for (const auto& row : audit) text += format_time(row.at) + row.actor + row.action + row.subject;
  return text;
}

/// Every damaged copy must be refused, or found by verify, or read exactly as before.
void expect_noticed_or_harmless(const std::string& damaged, const std::string& expected, const std::string& what) {
  TemporaryFolder folder;
  write_file(folder.path() / "journal.db", damaged);
  const auto content = content_of(folder.path());
  if (content) {
    EXPECT_TRUE(*content == expected) << what << " went unnoticed";
  } else {
    EXPECT_TRUE(content.error().code == ErrorCode::kCorrupt || content.error().code == ErrorCode::kUnsupported)
        << what << ": " << content.error().message;
  }
}

TEST(JournalFile, a_flipped_bit_is_noticed_or_harmless) {
  TemporaryFolder folder;
  fill_journal(folder.path());
  const std::string expected = content_of(folder.path()).value();
  const std::string bytes = read_file(folder.path() / "journal.db");
  ASSERT_FALSE(std::filesystem::exists(folder.path() / "journal.db-wal")) << "closing must leave one file";
  RandomRows random(first_seed());
  for (std::uint64_t i = 0, flips = seeds(400); i < flips && !HasFailure(); ++i) {
    // The header and the beginnings of pages say most; the rest is tried at random.
    const auto kind = random.below(3);
    const std::size_t page = random.below(bytes.size() / 4096) * 4096;
    const std::size_t at = kind == 0   ? random.below(100)
                           : kind == 1 ? page + random.below(64)
                                       : random.below(bytes.size());
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
    expect_noticed_or_harmless(damaged, expected, "byte " + std::to_string(at));
  }
}

TEST(PacedVfs, a_long_transaction_reaches_the_disk_in_portions) {
  FaultDisk disk(1);
  const auto syncs_of_a_megabyte = [&](const std::string& vfs, const char* name) {
    auto database = std::move(Database::open(name, Database::Mode::kReadWriteCreate, vfs, "").value());
    EXPECT_TRUE(database->run_script("PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF;CREATE TABLE t (b)"));
    const std::uint64_t before = disk.syncs();
    EXPECT_TRUE(database->run_script("INSERT INTO t VALUES (zeroblob(1048576))"));
    return disk.syncs() - before;
  };
  EXPECT_EQ(syncs_of_a_megabyte(disk.vfs(), "plain.db"), 0u);
  const std::uint64_t paced = syncs_of_a_megabyte(sqlite::paced_vfs(disk.vfs()), "paced.db");
  EXPECT_GE(paced, 8u);
  EXPECT_LE(paced, 9u);
}

TEST(JournalFile, a_cut_off_end_is_noticed) {
  TemporaryFolder folder;
  fill_journal(folder.path());
  const std::string expected = content_of(folder.path()).value();
  const std::string bytes = read_file(folder.path() / "journal.db");
  for (std::size_t pages = 1; pages < bytes.size() / 4096; ++pages) {
    expect_noticed_or_harmless(bytes.substr(0, pages * 4096), expected, std::to_string(pages) + " pages");
    expect_noticed_or_harmless(bytes.substr(0, pages * 4096 + 77), expected,
                               std::to_string(pages) + " pages and a bit");
  }
}

TEST(JournalFile, a_damaged_row_is_named_and_the_others_are_read) {
  TemporaryFolder folder;
  Delivery first, second;
  first.id = "1";
  first.body = "the body of the first";
  second.id = "2";
  second.body = "another body";
  {
    auto journal = std::move(open_sqlite_journal(folder.path()).value());
    ASSERT_TRUE(journal->append(std::vector{first, second}));
  }
  std::string bytes = read_file(folder.path() / "journal.db");
  bytes[bytes.find("the body of the first")] ^= 1;
  write_file(folder.path() / "journal.db", bytes);
  auto journal = std::move(open_sqlite_journal(folder.path()).value());
  EXPECT_EQ(journal->row({0, 1}).error().code, ErrorCode::kCorrupt);
  EXPECT_NE(journal->row({0, 1}).error().message.find("delivery 1 "), std::string::npos);
  EXPECT_EQ(journal->read(0, 0, 9, 999).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ((*journal->row({0, 2}))->delivery.body, "another body");
  EXPECT_EQ(journal->read(0, 1, 9, 999)->size(), 1u);
  EXPECT_EQ(journal->verify({}).error().code, ErrorCode::kCorrupt);
}

TEST(StoreFiles, what_is_no_database_is_refused_with_advice) {
  TemporaryFolder folder;
  write_file(folder.path() / "journal.db", std::string(5000, 'x'));
  write_file(folder.path() / "derived.db", std::string(5000, 'x'));
  const auto journal = open_sqlite_journal(folder.path());
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(journal.error().message.find("backup"), std::string::npos) << journal.error().message;
  const auto derived = open_sqlite_derived(folder.path());
  ASSERT_FALSE(derived);
  EXPECT_EQ(derived.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(derived.error().message.find("replay"), std::string::npos) << derived.error().message;
  EXPECT_EQ(read_file(folder.path() / "journal.db"), std::string(5000, 'x')) << "it must stay as it is";
}

TEST(StoreFiles, the_other_kind_of_file_is_refused) {
  TemporaryFolder folder;
  { ASSERT_TRUE(open_sqlite_derived(folder.path(), {}, "journal.db")); }
  EXPECT_EQ(open_sqlite_journal(folder.path()).error().code, ErrorCode::kCorrupt);
}

TEST(StoreFiles, a_newer_schema_is_refused_and_left_alone) {
  for (const bool is_journal : {true, false}) {
    TemporaryFolder folder;
    const auto path = folder.path() / (is_journal ? "journal.db" : "derived.db");
    const auto open = [&]() -> Status {
      if (is_journal) {
        RETURN_IF_ERROR(open_sqlite_journal(folder.path()));
      } else {
        RETURN_IF_ERROR(open_sqlite_derived(folder.path()));
      }
      return {};
    };
    ASSERT_TRUE(open());
    {
      auto database = std::move(Database::open(path.string(), Database::Mode::kReadWriteCreate, "", "").value());
      ASSERT_TRUE(database->run_script("PRAGMA user_version=99"));
    }
    const std::string before = read_file(path);
    const auto refused = open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(refused.error().message.find("99"), std::string::npos) << refused.error().message;
    EXPECT_EQ(read_file(path), before);
  }
}

TEST(StoreFiles, a_folder_that_cannot_be_made_or_written_is_named) {
  TemporaryFolder folder;
  write_file(folder.path() / "file", "x");
  const auto inside_a_file = open_sqlite_journal(folder.path() / "file" / "data");
  ASSERT_FALSE(inside_a_file);
  EXPECT_EQ(inside_a_file.error().code, ErrorCode::kIo);
  EXPECT_NE(inside_a_file.error().message.find("file/data"), std::string::npos) << inside_a_file.error().message;

  FaultDisk disk(1);
  { ASSERT_TRUE(open_sqlite_journal("", {disk.vfs()})); }
  disk.refuse_writers(true);
  const auto read_only = open_sqlite_journal("", {disk.vfs()});
  ASSERT_FALSE(read_only);
  EXPECT_EQ(read_only.error().code, ErrorCode::kIo);
  EXPECT_NE(read_only.error().message.find("journal.db"), std::string::npos) << read_only.error().message;
}

TEST(Migration, steps_that_a_power_cut_interrupts_are_resumed) {
  constexpr std::array<std::string_view, 3> kSteps = {
      "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);",
      "CREATE TABLE b (x INTEGER); INSERT INTO b SELECT x + 1 FROM a;",
      "INSERT INTO b SELECT x * 10 FROM b; DROP TABLE a;",
  };
  const sqlite::Schema schema{77, kSteps};
  std::uint64_t interrupted = 0;
  for (std::uint64_t cut = 1;; ++cut) {
    SCOPED_TRACE(cut);
    FaultDisk disk(cut);
    const auto migrate = [&]() -> Status {
      ASSIGN_OR_RETURN(auto database, Database::open("x.db", Database::Mode::kReadWriteCreate, disk.vfs(), ""));
      RETURN_IF_ERROR(sqlite::check_schema(*database, "x.db", schema));
      RETURN_IF_ERROR(database->run_script("PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL"));
      RETURN_IF_ERROR(sqlite::migrate(*database, schema));
      ASSIGN_OR_RETURN(const auto sum, database->integer("SELECT sum(x) FROM b"));
      EXPECT_EQ(sum, 22);
      return {};
    };
    disk.cut_power_after(cut);
    const bool whole = migrate().has_value();
    disk.restart();
    const auto resumed = migrate();
    ASSERT_TRUE(resumed) << resumed.error().message;
    if (whole) break;
    ++interrupted;
  }
  EXPECT_GT(interrupted, 10u);
}

}  // namespace
}  // namespace fairlead::store
