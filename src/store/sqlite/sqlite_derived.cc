// The derived state in one SQLite file: one writing connection, and readers that each hold a snapshot on a connection
// of their own.

#include <mutex>
#include <utility>

#include "store/outcome_counts.h"
#include "store/sqlite/derived_schema.h"
#include "store/sqlite/derived_writer.h"
#include "store/sqlite/open_file.h"
#include "store/sqlite/paced_vfs.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/sqlite_store.h"

namespace fairlead::store {
namespace sqlite {
namespace {

constexpr Schema kDerivedSchema{0x464C4431, kDerivedSteps};  // "FLD1"

/// NORMAL: a power cut may take the newest transactions, never half of one; the projector then goes on from the older
/// position. The checkpoint is rarer than SQLite's default, because a page that several batches change is then copied
/// once.
const std::string kDerivedPragmas =
    "PRAGMA synchronous=NORMAL;PRAGMA wal_autocheckpoint=4000;PRAGMA cache_size=-32768;PRAGMA temp_store=MEMORY;"
    "PRAGMA secure_delete=OFF;";

/// After every row.
constexpr JournalPosition kLastPosition{0, std::numeric_limits<std::int64_t>::max()};

/// A snapshot. Its names are read anew: they are few and a report needs a handful.
class Reader final : public View {
 public:
  explicit Reader(ReaderPool::Loan loan) : Reader(std::make_unique<State>(std::move(loan))) {}
  ~Reader() override { static_cast<void>(state_->loan->execute("COMMIT")); }

  /// The snapshot is taken by the first read, so one follows at once.
  Status begin() {
    RETURN_IF_ERROR(state_->loan->execute("BEGIN"));
    RETURN_IF_ERROR(state_->loan->integer("SELECT 1 FROM positions LIMIT 1"));
    return {};
  }

 private:
  struct State {
    explicit State(ReaderPool::Loan lent) : loan(std::move(lent)), names(*loan) {}
    ReaderPool::Loan loan;
    NameTable names;
  };
  explicit Reader(std::unique_ptr<State> state) : View(*state->loan, state->names), state_(std::move(state)) {}

  std::unique_ptr<State> state_;
};

class SqliteDerived final : public Derived {
 public:
  SqliteDerived(std::unique_ptr<Database> writer, std::shared_ptr<ReaderPool> readers)
      : readers_(std::move(readers)), writer_(std::move(writer)), names_(*writer_) {}
  ~SqliteDerived() override { readers_->close(); }

  Result<std::unique_ptr<DerivedReader>> read() override {
    ASSIGN_OR_RETURN(auto loan, readers_->lend());
    auto reader = std::make_unique<Reader>(std::move(loan));
    RETURN_IF_ERROR(reader->begin());
    return reader;
  }

  Result<std::unique_ptr<DerivedWriter>> write() override {
    {
      const std::lock_guard lock(mutex_);
      if (writing_) return fail(ErrorCode::kUnavailable, "another write transaction is open");
      writing_ = true;
    }
    auto writer = std::make_unique<Writer>(*writer_, names_, [this] {
      const std::lock_guard lock(mutex_);
      writing_ = false;
    });
    RETURN_IF_ERROR(writer->begin());
    return writer;
  }

 private:
  const std::shared_ptr<ReaderPool> readers_;
  std::unique_ptr<Database> writer_;  ///< With `names_` the open writer's alone.
  NameTable names_;
  std::mutex mutex_;  ///< Guards everything below.
  bool writing_ = false;
};

}  // namespace

Writer::Writer(Database& database, NameTable& names, std::function<void()> ended)
    : View(database, names), ended_(std::move(ended)) {}

Writer::~Writer() {
  if (open_) {
    static_cast<void>(database_.execute("ROLLBACK"));
    names_.forget();
  }
  end();
}

Status Writer::begin() {
  database_.clear_status();
  RETURN_IF_ERROR(database_.execute("BEGIN IMMEDIATE"));
  open_ = true;
  return {};
}

Status Writer::commit() {
  if (!open_) return fail(ErrorCode::kInvalid, "this write transaction is over");
  flush();
  if (error_) return std::unexpected(*error_);
  RETURN_IF_ERROR(database_.status());
  RETURN_IF_ERROR(database_.execute("COMMIT"));
  open_ = false;
  end();
  return {};
}

void Writer::end() {
  if (ended_) std::exchange(ended_, nullptr)();
}

void Writer::note(const Error& error) {
  if (!error_) error_ = error;
}

void Writer::flush() {
  const auto add = [this](Counts& changes, std::string_view sql) {
    for (const auto& [number, change] : changes) {
      if (change != 0) run(sql, number, change);
    }
    changes.clear();
  };
  for (const auto& [place, change] : outcome_changes_) {
    if (change == 0) continue;
    run("INSERT INTO outcome_counts (source, outcome, count) VALUES ($1, $2, $3) "
        "ON CONFLICT (source, outcome) DO UPDATE SET count = outcome_counts.count + excluded.count",
        place.first, place.second, change);
  }
  outcome_changes_.clear();
  add(service_changes_,
      "INSERT INTO service_counts (name, count) VALUES ($1, $2) ON CONFLICT (name) "
      "DO UPDATE SET count = service_counts.count + excluded.count");
  add(environment_changes_,
      "INSERT INTO environment_counts (name, count) VALUES ($1, $2) ON CONFLICT (name) "
      "DO UPDATE SET count = environment_counts.count + excluded.count");
}

Result<std::uint64_t> View::position(std::uint32_t lane) {
  ASSIGN_OR_RETURN(const auto sequence, database_.integer("SELECT sequence FROM positions WHERE lane = $1", lane));
  return static_cast<std::uint64_t>(sequence.value_or(0));
}

Result<std::string> View::setting(std::string_view name) {
  Query query(database_, "SELECT value FROM settings WHERE name = $1", name);
  std::string value;
  if (query.next()) value = query.text(0);
  RETURN_IF_ERROR(names_.status());
  return value;
}

std::vector<DeliveryOutcome> View::outcome_rows(Query& query, std::size_t limit) {
  std::vector<DeliveryOutcome> rows;
  while (rows.size() < limit && query.next()) {
    rows.push_back({{static_cast<std::uint32_t>(query.integer(1)), query.number(0)},
                    SourceName(names_.text_of(query.integer(2))),
                    static_cast<Interpretation::Outcome>(query.integer(3)),
                    std::string(query.text(4)),
                    query.integer(5),
                    query.instant(6)});
  }
  return rows;
}

Result<std::vector<DeliveryOutcome>> View::outcomes(std::optional<JournalPosition> before, std::size_t limit) {
  const JournalPosition end = before.value_or(kLastPosition);
  Query query(database_,
              "SELECT sequence, lane, source, outcome, reason, observations, received_at FROM outcomes "
              "WHERE (sequence, lane) < ($1, $2) ORDER BY sequence DESC, lane DESC",
              end.sequence, end.lane);
  auto rows = outcome_rows(query, limit);
  RETURN_IF_ERROR(names_.status());
  return rows;
}

Result<std::vector<DeliveryOutcome>> View::outcomes_of(const SourceName& source, std::optional<JournalPosition> before,
                                                       std::size_t limit) {
  const auto number = names_.find(source.text);
  if (!number) return none<std::vector<DeliveryOutcome>>();
  const JournalPosition end = before.value_or(kLastPosition);
  Query query(database_,
              "SELECT sequence, lane, source, outcome, reason, observations, received_at "
              "FROM outcomes WHERE source = $1 AND (sequence, lane) < ($2, $3) ORDER BY sequence DESC, lane DESC",
              *number, end.sequence, end.lane);
  auto rows = outcome_rows(query, limit);
  RETURN_IF_ERROR(names_.status());
  return rows;
}

Result<std::map<std::string, std::int64_t>> View::outcome_counts() {
  ASSIGN_OR_RETURN(const auto by_source, outcome_counts_by_source());
  return total_of(by_source);
}

Result<std::map<SourceName, std::map<std::string, std::int64_t>>> View::outcome_counts_by_source() {
  flush();
  std::map<SourceName, OutcomeCounts> counts;
  // A count falls to zero where a delivery's outcome was put again.
  Query query(database_, "SELECT source, outcome, count FROM outcome_counts WHERE count <> 0");
  while (query.next()) {
    auto& theirs = counts.try_emplace(SourceName(names_.text_of(query.integer(0))), no_outcomes()).first->second;
    theirs[std::string(to_string(static_cast<Interpretation::Outcome>(query.integer(1))))] = query.integer(2);
  }
  RETURN_IF_ERROR(names_.status());
  return counts;
}

}  // namespace sqlite

Result<std::unique_ptr<Derived>> open_sqlite_derived(const std::filesystem::path& directory,
                                                     const SqliteOptions& options, std::string_view name) {
  const auto path = directory / name;
  const sqlite::FileSystem system{options.vfs.empty() ? sqlite::paced_vfs() : options.vfs, options.vfs.empty()};
  ASSIGN_OR_RETURN(auto writer, sqlite::open_file(path, system, sqlite::kDerivedAdvice, sqlite::kDerivedPragmas,
                                                  sqlite::kDerivedSchema));
  auto readers = std::make_shared<sqlite::ReaderPool>(path.string(), options.vfs, sqlite::kDerivedAdvice);
  return std::make_unique<sqlite::SqliteDerived>(std::move(writer), std::move(readers));
}

}  // namespace fairlead::store
