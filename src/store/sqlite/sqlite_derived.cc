// The derived state in one SQLite file: one writing connection, and readers that each hold a snapshot on a connection
// of their own.

#include <mutex>
#include <utility>

#include "store/sql/derived_writer.h"
#include "store/sqlite/derived_schema.h"
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

/// A snapshot. Its names are read anew: they are few and a report needs a handful.
class Reader final : public sql::View {
 public:
  explicit Reader(ReaderPool::Loan loan) : Reader(std::make_unique<State>(std::move(loan))) {}
  ~Reader() override { static_cast<void>(state_->loan->commit()); }

  Status begin() { return state_->loan->begin_read(); }

 private:
  struct State {
    explicit State(ReaderPool::Loan lent) : loan(std::move(lent)), names(*loan) {}
    ReaderPool::Loan loan;
    sql::NameTable names;
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
    auto writer = std::make_unique<sql::Writer>(*writer_, names_, [this] {
      const std::lock_guard lock(mutex_);
      writing_ = false;
    });
    RETURN_IF_ERROR(writer->begin());
    return writer;
  }

 private:
  const std::shared_ptr<ReaderPool> readers_;
  std::unique_ptr<Database> writer_;  ///< With `names_` the open writer's alone.
  sql::NameTable names_;
  std::mutex mutex_;  ///< Guards everything below.
  bool writing_ = false;
};

}  // namespace
}  // namespace sqlite

Result<std::unique_ptr<Derived>> open_sqlite_derived(const std::filesystem::path& directory,
                                                     const SqliteOptions& options, std::string_view name) {
  const auto path = directory / name;
  const sqlite::FileSystem system{options.vfs.empty() ? sqlite::paced_vfs() : options.vfs, options.vfs.empty()};
  ASSIGN_OR_RETURN(auto writer, sqlite::open_file(path, system, sql::kDerivedAdvice, sqlite::kDerivedPragmas,
                                                  sqlite::kDerivedSchema));
  auto readers = std::make_shared<sqlite::ReaderPool>(path.string(), options.vfs, sql::kDerivedAdvice);
  return std::make_unique<sqlite::SqliteDerived>(std::move(writer), std::move(readers));
}

}  // namespace fairlead::store
