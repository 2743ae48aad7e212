// The journal in one SQLite file. One connection writes, under a mutex; everything else reads on connections of its
// own, so that nobody waits for a sync but those whose delivery is being synced.

#include <atomic>
#include <mutex>

#include "base/hash.h"
#include "base/random.h"
#include "store/delivery_row.h"
#include "store/sql/account_rows.h"
#include "store/sqlite/delivery_ids.h"
#include "store/sqlite/journal_check.h"
#include "store/sqlite/journal_sql.h"
#include "store/sqlite/open_file.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/sqlite_store.h"

namespace fairlead::store {
namespace sqlite {
namespace {

constexpr Schema kJournalSchema{0x464C4A31, journal_sql::kSteps};  // "FLJ1"

const std::string kAdvice = "restore the data folder from a backup, and run `fairlead verify` to see what is lost";

/// FULL: a commit returns after its sync. The writer checkpoints itself, between commits. Deleted rows are not zeroed:
/// that would double what is written.
const std::string kJournalPragmas =
    "PRAGMA synchronous=FULL;PRAGMA cache_size=-16384;PRAGMA temp_store=MEMORY;"
    "PRAGMA secure_delete=OFF;";

/// Pages of WAL after which the writer copies them into the file. Few, so that the pause stays short.
constexpr int kCheckpointPages = 250;
/// Times so many, when nobody calls `settle`.
constexpr int kCheckpointPatience = 8;

/// Lets a test see many runs and merges after few deliveries.
constexpr IdSizes kSmallIdSizes{3, 16, 2};

class SqliteJournal final : public Journal {
 public:
  SqliteJournal(std::unique_ptr<Database> writer, std::shared_ptr<ReaderPool> readers, const SqliteOptions& options)
      : readers_(std::move(readers)),
        checkpoint_pages_(options.checkpoint_pages > 0 ? options.checkpoint_pages : kCheckpointPages),
        id_sizes_(options.small_id_runs ? kSmallIdSizes : IdSizes()),
        writer_(std::move(writer)),
        ids_(*writer_, id_sizes_) {}

  ~SqliteJournal() override {
    readers_->close();
    // After a failed sync nothing that the WAL holds may be called synced: the next opening recovers from it.
    if (sync_failed_) writer_->keep_wal_at_close();
  }

  Status load();

  std::uint32_t lanes() const override { return 1; }
  Result<std::vector<Appended>> append(std::span<const Delivery> batch) override;
  void settle() override;
  bool sync_failed() const override { return sync_failed_; }

  Result<std::vector<JournalRow>> read(std::uint32_t lane, std::uint64_t after_sequence, std::size_t rows_max,
                                       std::size_t bytes_max) override;
  Result<std::optional<JournalRow>> row(JournalPosition position) override;
  Result<std::uint64_t> last_sequence(std::uint32_t lane) override { return lane == 0 ? last_sequence_.load() : 0; }

  Status put_token(const TokenRow& token) override {
    return change([&] { return sql::put_token(*writer_, token); });
  }
  Result<std::optional<TokenRow>> token(std::string_view id) override {
    ASSIGN_OR_RETURN(auto reader, readers_->lend());
    return sql::find_token(*reader, id);
  }
  Result<std::vector<TokenRow>> tokens() override {
    ASSIGN_OR_RETURN(auto reader, readers_->lend());
    return sql::all_tokens(*reader);
  }
  Status put_user(const UserRow& user) override {
    return change([&] { return sql::put_user(*writer_, user); });
  }
  Result<std::optional<UserRow>> user(std::string_view name) override {
    ASSIGN_OR_RETURN(auto reader, readers_->lend());
    return sql::find_user(*reader, name);
  }
  Result<std::vector<UserRow>> users() override {
    ASSIGN_OR_RETURN(auto reader, readers_->lend());
    return sql::all_users(*reader);
  }
  Status remove_user(std::string_view name) override {
    return change([&] { return sql::remove_user(*writer_, name); });
  }
  Status append_audit(const AuditRow& row) override {
    return change([&] { return sql::append_audit(*writer_, row); });
  }
  Result<std::vector<AuditRow>> audit(std::size_t rows_max) override {
    ASSIGN_OR_RETURN(auto reader, readers_->lend());
    return sql::latest_audit(*reader, rows_max);
  }

  Result<std::uint64_t> verify(const std::function<void(std::uint64_t, std::uint64_t)>& progress) override {
    ASSIGN_OR_RETURN(auto reader, readers_->lend());
    return check_journal(*reader, id_secret_, id_sizes_, progress);
  }

 private:
  template <class Write>
  Status change(const Write& write);
  Result<Appended> append_one(const Delivery& delivery, std::uint64_t& next_sequence);
  void note_failure();
  void checkpoint_after(int pages);

  const std::shared_ptr<ReaderPool> readers_;
  const int checkpoint_pages_;
  const IdSizes id_sizes_;
  std::string id_secret_;  ///< Constant after load().
  std::atomic<std::uint64_t> last_sequence_{0};
  std::atomic<bool> sync_failed_{false};

  std::mutex mutex_;  ///< Guards everything below.
  std::unique_ptr<Database> writer_;
  DeliveryIds ids_;
  DeliveryPacker packer_;
  int checkpointed_ = 0;    ///< Pages of the WAL at the latest checkpoint, if it has not begun anew since.
  bool ids_stale_ = false;  ///< A rollback has made `ids_` differ from the file.
};

Status SqliteJournal::load() {
  writer_->take_over_checkpoints();
  ASSIGN_OR_RETURN(id_secret_, sql::ensure_id_secret(*writer_));
  ASSIGN_OR_RETURN(const auto last, writer_->integer(journal_sql::kLastSequence));
  last_sequence_ = static_cast<std::uint64_t>(last.value_or(0));
  return ids_.load(id_secret_);
}

/// Runs `write` in a transaction of the writing connection; when it returns without an error, everything is on stable
/// storage, and otherwise nothing of it will ever be seen (but see Journal::append for a failed sync).
template <class Write>
Status SqliteJournal::change(const Write& write) {
  const std::lock_guard lock(mutex_);
  if (sync_failed_) {
    return fail(ErrorCode::kIo,
                "an earlier write to the journal failed, so nothing more is accepted; check the disk, then restart");
  }
  writer_->clear_status();
  Status done = writer_->begin_write();
  if (done) done = write();
  if (done) done = writer_->commit();
  if (!done) {
    note_failure();
    if (writer_->in_transaction()) writer_->rollback();
    ids_stale_ = true;
    return done;
  }
  // Barrier: from here the rows are on stable storage.
  checkpoint_after(kCheckpointPatience * checkpoint_pages_);
  return {};
}

/// A sync that failed once must never be tried again: the operating system may have thrown the pages away and would
/// then report success. Only what surely wrote nothing (no space, no memory) leaves the journal usable.
void SqliteJournal::note_failure() {
  const int code = writer_->last_failure();
  if ((code & 0xff) != SQLITE_IOERR) return;
  if (code == SQLITE_IOERR_SHMSIZE || code == SQLITE_IOERR_NOMEM) return;
  sync_failed_ = true;
}

void SqliteJournal::settle() {
  const std::lock_guard lock(mutex_);
  if (!sync_failed_) checkpoint_after(checkpoint_pages_);
}

/// If so many pages were written since the latest checkpoint. One that a reader held back is tried again after as many.
void SqliteJournal::checkpoint_after(int pages) {
  const int in_wal = writer_->wal_pages();
  if (in_wal < checkpointed_) checkpointed_ = 0;  // The WAL began anew.
  if (in_wal - checkpointed_ < pages) return;
  if (!writer_->checkpoint()) note_failure();
  checkpointed_ = in_wal;
}

Result<std::vector<Appended>> SqliteJournal::append(std::span<const Delivery> batch) {
  std::vector<Appended> outcomes;
  outcomes.reserve(batch.size());
  std::uint64_t sequence = 0;
  const auto append_all = [&]() -> Status {
    if (ids_stale_) RETURN_IF_ERROR(ids_.load(id_secret_));
    ids_stale_ = false;
    sequence = last_sequence_;
    for (const Delivery& delivery : batch) {
      ASSIGN_OR_RETURN(const Appended outcome, append_one(delivery, sequence));
      outcomes.push_back(outcome);
    }
    return ids_.flush();
  };
  RETURN_IF_ERROR(change(append_all));
  last_sequence_ = std::max<std::uint64_t>(last_sequence_, sequence);
  return outcomes;
}

Result<Appended> SqliteJournal::append_one(const Delivery& delivery, std::uint64_t& sequence) {
  const DeliveryHash hash = DeliveryHash::of(id_secret_, delivery);
  const std::uint64_t body = body_hash(delivery);
  ASSIGN_OR_RETURN(const auto known, ids_.find(hash));
  if (known) {
    const bool same = known->body == body;
    return Appended{same ? Appended::Outcome::kDuplicate : Appended::Outcome::kConflict, {0, known->sequence}};
  }
  const JournalPosition position{0, ++sequence};
  const StoredDelivery row = packer_.pack(delivery, position);
  RETURN_IF_ERROR(writer_->execute(journal_sql::kInsertDelivery, row.sequence, row.lane, row.received_at, row.source,
                                   row.origin, row.id, Blob{row.headers}, row.encoding, row.body_bytes, Blob{row.body},
                                   row.checksum));
  ids_.add(hash, position.sequence, body);
  return Appended{Appended::Outcome::kStored, position};
}

Result<std::vector<JournalRow>> SqliteJournal::read(std::uint32_t lane, std::uint64_t after_sequence,
                                                    std::size_t rows_max, std::size_t bytes_max) {
  std::vector<JournalRow> rows;
  if (lane != 0) return rows;
  ASSIGN_OR_RETURN(auto reader, readers_->lend());
  DeliveryPacker packer;
  Query query(*reader, journal_sql::kSelectDeliveries, after_sequence);
  std::size_t bytes = 0;
  while (rows.size() < rows_max && query.next()) {
    const StoredDelivery stored = stored_delivery(query);
    bytes += static_cast<std::size_t>(std::max<std::int64_t>(0, stored.body_bytes));
    if (!rows.empty() && bytes > bytes_max) break;
    ASSIGN_OR_RETURN(JournalRow row, packer.unpack(stored));
    if (row.position.sequence != after_sequence + rows.size() + 1) {
      return fail(ErrorCode::kCorrupt, "delivery {} of lane 0 is missing; {}", after_sequence + rows.size() + 1,
                  kAdvice);
    }
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(query.status());
  return rows;
}

Result<std::optional<JournalRow>> SqliteJournal::row(JournalPosition position) {
  if (position.lane != 0) return std::nullopt;
  ASSIGN_OR_RETURN(auto reader, readers_->lend());
  Query query(*reader, journal_sql::kSelectDelivery, position.sequence);
  if (query.next()) {
    DeliveryPacker packer;
    ASSIGN_OR_RETURN(JournalRow row, packer.unpack(stored_delivery(query)));
    return row;
  }
  RETURN_IF_ERROR(query.status());
  return std::nullopt;
}

}  // namespace
}  // namespace sqlite

Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& directory,
                                                     const SqliteOptions& options) {
  const auto path = directory / "journal.db";
  ASSIGN_OR_RETURN(auto writer, sqlite::open_file(path, {options.vfs, options.vfs.empty()}, sqlite::kAdvice,
                                                  sqlite::kJournalPragmas, sqlite::kJournalSchema));
  auto readers = std::make_shared<sqlite::ReaderPool>(path.string(), options.vfs, sqlite::kAdvice);
  auto journal = std::make_unique<sqlite::SqliteJournal>(std::move(writer), std::move(readers), options);
  RETURN_IF_ERROR(journal->load());
  return journal;
}

}  // namespace fairlead::store
