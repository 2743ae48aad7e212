#include "app/migrate.h"

#include "app/backup_source.h"
#include "app/progress.h"
#include "store/backup/deliveries_hash.h"
#include "store/backup/journal_fill.h"

namespace fairlead::app {
namespace {

using store::backup::BackupSummary;

/// Shows the same to two visitors.
class Both final : public store::JournalVisitor {
 public:
  Both(store::JournalVisitor& first, store::JournalVisitor& second) : first_(first), second_(second) {}

  Status extent(const store::JournalExtent& extent) override {
    RETURN_IF_ERROR(first_.extent(extent));
    return second_.extent(extent);
  }
  Status deliveries(std::span<const store::JournalRow> rows) override {
    RETURN_IF_ERROR(first_.deliveries(rows));
    return second_.deliveries(rows);
  }
  Status audit(std::span<const store::AuditRow> rows) override {
    RETURN_IF_ERROR(first_.audit(rows));
    return second_.audit(rows);
  }
  Status tokens(std::span<const store::TokenRow> rows) override {
    RETURN_IF_ERROR(first_.tokens(rows));
    return second_.tokens(rows);
  }
  Status users(std::span<const store::UserRow> rows) override {
    RETURN_IF_ERROR(first_.users(rows));
    return second_.users(rows);
  }

 private:
  store::JournalVisitor& first_;
  store::JournalVisitor& second_;
};

/// Over what the target holds now, read back from it.
Result<store::DeliveriesHash> hash_of(store::Journal& journal, Instant now) {
  store::DeliveriesHash hash;
  ASSIGN_OR_RETURN(const store::JournalExtent extent, store::extent_of(journal, now, {}));
  Progress progress("compare");
  for (std::uint32_t lane = 0; lane < extent.last_sequences.size(); ++lane) {
    RETURN_IF_ERROR(store::visit_lane(journal, lane, extent.last_sequences[lane], hash));
    progress(hash.count(), extent.deliveries());
  }
  return hash;
}

std::string next_steps(const JournalAddress& from, const JournalAddress& to, bool in_use) {
  if (!in_use) return fmt::format("start the server on the new store now: {}\n", to.serve_hint());
  return fmt::format(
      "what a server on {} takes from now on is only there. When you are ready:\n"
      "1. stop it\n"
      "2. run the same `fairlead migrate` once more, for what came since (a moment)\n"
      "3. start the server on the new store: {}\n",
      from.text(), to.serve_hint());
}

}  // namespace

Result<std::string> migrate(const JournalAddress& from, const JournalAddress& to, const Clock& clock) {
  if (from.text() == to.text()) return fail(ErrorCode::kInvalid, "{} cannot be moved to itself", from.text());
  ASSIGN_OR_RETURN(const auto source, journal_source(from, clock));
  ASSIGN_OR_RETURN(const OpenJournal target, open_journal(to, DataFolder::Missing::kCreate));
  store::JournalFill fill(*target.journal, {clock.now(), "local", "migrate.begin", from.text()});
  RETURN_IF_ERROR(fill.prepare());
  store::DeliveriesHash read;
  Both visitor(read, fill);
  ASSIGN_OR_RETURN(const BackupSummary summary, show_with_progress(*source, visitor, "migrate"));
  RETURN_IF_ERROR(fill.finish());
  ASSIGN_OR_RETURN(const store::DeliveriesHash written, hash_of(*target.journal, clock.now()));
  if (written.hex() != read.hex()) {
    return fail(ErrorCode::kCorrupt, "{} does not hold what {} holds (hashes {} and {}): empty it and begin again",
                to.text(), from.text(), written.hex(), read.hex());
  }
  return fmt::format(
      "{} holds what {} held: {} deliveries ({} of them new), hash {}, {} tokens, {} users, {} audit rows\n{}",
      to.text(), from.text(), summary.extent.deliveries(), fill.appended(), read.hex(), summary.tokens, summary.users,
      summary.audit, next_steps(from, to, source->may_be_in_use()));
}

}  // namespace fairlead::app
