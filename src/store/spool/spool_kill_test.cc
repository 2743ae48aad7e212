// Promises R1 and R6 for the spool: a process that is killed at any point, while the store comes and goes, loses no
// delivery that it acknowledged, counts none twice, and goes on recognising those that wait.
//
// A child process appends deliveries to a spooling journal before a SQLite journal that is away at random, and writes
// down each acknowledgement in a pipe. It is killed after some of them, FAIRLEAD_KILLS times in all.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "store/spool/spooling_journal.h"
#include "store/spool/testing/away_journal.h"
#include "store/spool/testing/spooled.h"
#include "store/sqlite/sqlite_store.h"
#include "store/testing/random_rows.h"

namespace fairlead::store {
namespace {

using spool::AwayJournal;
using spool::numbered_delivery;
using Mood = AwayJournal::Mood;
using Outcome = Appended::Outcome;

int kills() {
  const char* wanted = std::getenv("FAIRLEAD_KILLS");
  return wanted != nullptr ? std::atoi(wanted) : 50;
}

struct Opened {
  std::unique_ptr<SpoolingJournal> journal;
  AwayJournal* away = nullptr;
};

Opened open(const std::filesystem::path& folder, Mood mood, bool in_background) {
  auto sqlite = open_sqlite_journal(folder);
  if (!sqlite) throw std::runtime_error(sqlite.error().message);
  auto inner = std::make_unique<AwayJournal>(std::shared_ptr<Journal>(*std::move(sqlite)));
  inner->be(mood);
  AwayJournal* away = inner.get();
  SpoolingOptions options;
  options.in_background = in_background;
  options.retry_first = {1};
  options.retry_max = {2};
  options.batch_rows_max = 9;
  options.spool.segment_bytes = 4'096;
  auto journal = open_spooling_journal(folder / "spool", std::move(inner), options);
  if (!journal) throw std::runtime_error(journal.error().message);
  return {*std::move(journal), away};
}

/// Appends deliveries from number `next` until somebody kills it; each number that was acknowledged goes to `pipe`.
[[noreturn]] void run_child(const std::filesystem::path& folder, std::uint64_t next, std::uint64_t seed, int pipe) {
  std::mt19937_64 random(seed);
  const Opened opened = open(folder, Mood::kAway, true);
  while (true) {
    if (random() % 4 == 0) {
      constexpr Mood kMoods[] = {Mood::kHere, Mood::kAway, Mood::kAway, Mood::kAnswerLost};
      opened.away->be(kMoods[random() % 4]);
    }
    std::vector<Delivery> batch;
    for (auto left = random() % 6 + 1; left > 0; --left) batch.push_back(numbered_delivery(next++, random() % 900));
    // A client that saw no answer sends again what it sent before.
    if (random() % 8 == 0) batch.push_back(batch.front());
    if (!opened.journal->append(batch)) ::_exit(3);
    const std::uint64_t acknowledged = next;
    if (::write(pipe, &acknowledged, sizeof acknowledged) != sizeof acknowledged) ::_exit(4);
  }
}

/// Starts a child, kills it after some acknowledgements, and returns the number up to which everything is acknowledged.
std::uint64_t live_and_die(const std::filesystem::path& folder, std::uint64_t next, std::mt19937_64& random) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const std::uint64_t seed = random();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    run_child(folder, next, seed, ends[1]);
  }
  ::close(ends[1]);
  std::uint64_t acknowledged = next;
  for (auto left = random() % 120; left > 0; --left) {
    if (::read(ends[0], &acknowledged, sizeof acknowledged) != sizeof acknowledged) break;
  }
  ::kill(child, SIGKILL);
  // What it had written before it died counts, too.
  while (::read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
  return acknowledged;
}

std::multiset<std::string> stored_ids(Journal& journal) {
  std::multiset<std::string> ids;
  for (std::uint64_t after = 0;;) {
    const auto rows = journal.read(0, after, 1'000, 64u << 20);
    EXPECT_TRUE(rows) << rows.error().message;
    if (!rows || rows->empty()) return ids;
    for (const JournalRow& row : *rows) ids.insert(row.delivery.id);
    after = rows->back().position.sequence;
  }
}

TEST(SpoolKill, every_acknowledged_delivery_is_there_exactly_once_wherever_it_is_killed) {
  const std::uint64_t seed = first_seed();
  SCOPED_TRACE("FAIRLEAD_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const TemporaryFolder folder;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> acknowledged;  // Ranges of numbers.
  std::uint64_t next = 0;
  std::uint64_t count = 0;
  for (int i = 0; i < kills(); ++i) {
    const std::uint64_t end = live_and_die(folder.path(), next, random);
    if (end > next) acknowledged.emplace_back(next, end);
    count += end - next;
    // What was under way when it died may be there or not: those numbers are never used again.
    next = end + 100;
  }
  ASSERT_GT(count, static_cast<std::uint64_t>(kills())) << "the load was too small to prove anything";

  const Opened opened = open(folder.path(), Mood::kHere, false);
  const std::multiset<std::string> before = stored_ids(*opened.journal);
  const std::uint64_t waiting = opened.journal->spool()->rows;
  opened.away->be(Mood::kAway);
  std::uint64_t waited = 0;
  for (const auto& [from, to] : acknowledged) {
    for (std::uint64_t number = from; number < to; ++number) {
      // Its body is not known here, but an id that waits is never new.
      const Delivery delivery = numbered_delivery(number, 1);
      if (before.contains(delivery.id)) continue;
      const auto appended = opened.journal->append(std::span(&delivery, 1));
      ASSERT_TRUE(appended) << appended.error().message;
      ASSERT_NE(appended->front().outcome, Outcome::kSpooled) << delivery.id << " is lost or not recognised";
      ++waited;
    }
  }
  EXPECT_GT(waited, 0u) << "nothing waited at the end";
  EXPECT_EQ(opened.journal->spool()->rows, waiting);
  opened.away->be(Mood::kHere);
  for (auto delivered = opened.journal->deliver_some(); *delivered; delivered = opened.journal->deliver_some()) {
    ASSERT_TRUE(delivered);
  }
  const std::multiset<std::string> stored = stored_ids(*opened.journal);
  for (const auto& [from, to] : acknowledged) {
    for (std::uint64_t number = from; number < to; ++number) {
      ASSERT_EQ(stored.count(numbered_delivery(number, 1).id), 1u) << number;
    }
  }
  EXPECT_EQ(std::set<std::string>(stored.begin(), stored.end()).size(), stored.size()) << "stored twice";
  EXPECT_EQ(opened.journal->spool()->set_aside, 0u);
  std::printf("%d kills, %lu acknowledged, %lu of them waited at the end\n", kills(), count, waited);
}

}  // namespace
}  // namespace fairlead::store
