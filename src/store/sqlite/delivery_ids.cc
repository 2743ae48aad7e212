#include "store/sqlite/delivery_ids.h"

#include <algorithm>

#include "store/delivery_row.h"
#include "store/sqlite/journal_sql.h"

namespace fairlead::store::sqlite {
namespace {

/// Runs of one level that become one of the next, whose pages cover a quarter of the range each.
constexpr std::size_t kFanout = 4;
/// Pages that one filter covers; a run of the first level has the fewest.
constexpr std::uint64_t kPagesPerFilter = 256;
/// Entries merged per entry added, on each level that has something to merge: one would just suffice.
constexpr std::uint64_t kWorkPerEntry = 2;
constexpr int kPageBits = 24;  ///< Of a row's number in id_pages and id_filters; the rest is the run.

/// What `ready` says of a run. Stored on disk, append only.
enum class RunState : std::uint8_t { kBuilding = 0, kComplete = 1, kObsolete = 2 };

std::int64_t row_of(std::int64_t run, std::uint64_t part) {
  return run << kPageBits | static_cast<std::int64_t>(part);
}

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Loading

Status DeliveryIds::load(std::string_view secret) {
  recent_ = {};
  frozen_ = {};
  added_.clear();
  runs_.clear();
  building_.clear();
  obsolete_.clear();
  RETURN_IF_ERROR(load_runs());
  trim_to_ = 0;
  for (const auto& [number, run] : runs_) trim_to_ = std::max(trim_to_, run.through);
  ASSIGN_OR_RETURN(const auto oldest, database_.integer(journal_sql::kFirstBatch));
  trim_from_ = oldest ? std::min<std::uint64_t>(trim_to_, static_cast<std::uint64_t>(*oldest) - 1) : trim_to_;
  ASSIGN_OR_RETURN(const std::uint64_t batched_to, load_batches(trim_to_));
  return load_newest(batched_to, secret);
}

Status DeliveryIds::load_runs() {
  last_run_ = 0;
  Query query(database_, journal_sql::kSelectRuns);
  while (query.next()) {
    Run run;
    run.number = query.integer(0);
    run.level = static_cast<int>(query.integer(1));
    run.entries = query.number(3);
    run.through = query.number(4);
    last_run_ = std::max(last_run_, run.number);
    const auto state = static_cast<RunState>(query.integer(2));
    if (state == RunState::kObsolete) {
      obsolete_.emplace(run.number, run.level);
      continue;
    }
    if (run.level < 1 || bits_of(run.level) > kPageBits) {
      return fail(ErrorCode::kCorrupt,
                  "the index of delivery ids names a level that cannot be; restore the journal from "
                  "a backup");
    }
    // What was under construction from memory begins again, over its old pages.
    if (state == RunState::kBuilding && run.level == 1) {
      obsolete_.emplace(run.number, run.level);
      continue;
    }
    Query filters(database_, journal_sql::kSelectFilters, row_of(run.number, 0), row_of(run.number + 1, 0));
    while (filters.next()) {
      ASSIGN_OR_RETURN(IdFilter filter, IdFilter::load(filters.bytes(0)));
      run.filters.push_back(std::move(filter));
    }
    RETURN_IF_ERROR(filters.status());
    if (state == RunState::kComplete) {
      runs_.emplace(run.number, std::move(run));
      continue;
    }
    run.next_page = run.filters.size() * std::min(kPagesPerFilter, pages_of(run.level));
    building_.emplace(run.level, std::move(run));
  }
  RETURN_IF_ERROR(query.status());
  // A merge takes the oldest runs of the level below, and none of them goes before it is complete.
  for (auto& [level, run] : building_) {
    for (const auto& [number, input] : runs_) {
      if (input.level == level - 1 && run.inputs.size() < kFanout) run.inputs.push_back(number);
    }
  }
  return {};
}

/// Returns up to which sequence ids are in a batch or a run.
Result<std::uint64_t> DeliveryIds::load_batches(std::uint64_t after) {
  std::uint64_t last = after;
  Query query(database_, journal_sql::kSelectBatches, after);
  while (query.next()) {
    ASSIGN_OR_RETURN(const auto entries, unpack_entries(query.bytes(0)));
    for (const auto& entry : entries) {
      if (entry.sequence == 0) continue;
      recent_.add(entry);
      last = std::max(last, entry.sequence);
    }
  }
  RETURN_IF_ERROR(query.status());
  return last;
}

/// What is in no batch: fewer deliveries than make one. A damaged one is passed over, as everywhere but in `verify`.
Status DeliveryIds::load_newest(std::uint64_t after, std::string_view secret) {
  DeliveryPacker packer;
  Query query(database_, journal_sql::kSelectDeliveries, after);
  while (query.next()) {
    const Result<JournalRow> row = packer.unpack(stored_delivery(query));
    if (!row && row.error().code != ErrorCode::kCorrupt) return std::unexpected(row.error());
    if (row) add(DeliveryHash::of(secret, row->delivery), row->position.sequence, body_hash(row->delivery));
  }
  return query.status();
}

// ---------------------------------------------------------------------------------------------------------------------
// Lookups

Result<std::optional<IdEntry>> DeliveryIds::find(const DeliveryHash& hash) {
  if (const IdEntry* entry = recent_.find(hash.slot, hash.rest)) return *entry;
  if (const IdEntry* entry = frozen_.find(hash.slot, hash.rest)) return *entry;
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
    ASSIGN_OR_RETURN(const auto entry, find_in(run->second, hash));
    if (entry) return entry;
  }
  return std::nullopt;
}

Result<std::optional<IdEntry>> DeliveryIds::find_in(const Run& run, const DeliveryHash& hash) {
  const std::uint64_t number = hash.slot >> (64 - bits_of(run.level));
  const std::size_t filter = number / std::min(kPagesPerFilter, pages_of(run.level));
  if (filter < run.filters.size() && !run.filters[filter].may_hold(hash.slot, hash.rest)) return std::nullopt;
  ASSIGN_OR_RETURN(const auto entries, page(run.number, number));
  for (const auto& entry : entries) {
    if (entry.slot == hash.slot && entry.rest == hash.rest) return entry;
  }
  return std::nullopt;
}

Result<std::vector<IdEntry>> DeliveryIds::page(std::int64_t run, std::uint64_t page) {
  Query query(database_, journal_sql::kSelectPage, row_of(run, page));
  if (query.next()) return unpack_entries(query.bytes(0));
  RETURN_IF_ERROR(query.status());
  return fail(ErrorCode::kCorrupt, "the index of delivery ids lacks a page; restore the journal from a backup");
}

std::uint64_t DeliveryIds::count() const {
  std::uint64_t sum = recent_.size() + frozen_.size();
  for (const auto& [number, run] : runs_) sum += run.entries;
  return sum;
}

// ---------------------------------------------------------------------------------------------------------------------
// Growing

void DeliveryIds::add(const DeliveryHash& hash, std::uint64_t sequence, std::uint64_t body) {
  const IdEntry entry{hash.slot, hash.rest, sequence, body};
  recent_.add(entry);
  added_.push_back(entry);
}

Status DeliveryIds::flush() {
  if (added_.size() < sizes_.batch_entries) return {};
  const std::uint64_t work = kWorkPerEntry * added_.size();
  RETURN_IF_ERROR(database_.execute(journal_sql::kInsertBatch, added_.front().sequence, Blob{pack_entries(added_)}));
  const std::uint64_t last = added_.back().sequence;
  added_.clear();
  if (recent_.size() >= sizes_.flush_entries && !building_.contains(1)) {
    std::swap(recent_, frozen_);
    RETURN_IF_ERROR(begin_run(1, frozen_.size(), last, {}));
  }
  RETURN_IF_ERROR(begin_merges());
  std::vector<int> levels;
  for (const auto& [level, run] : building_) levels.push_back(level);
  for (const int level : levels) RETURN_IF_ERROR(work_on(building_.at(level), work));
  return remove_leftovers(work);
}

/// Where a level has enough runs and the one above is not being made.
Status DeliveryIds::begin_merges() {
  std::map<int, std::vector<std::int64_t>> by_level;
  for (const auto& [number, run] : runs_) by_level[run.level].push_back(number);
  for (auto& [level, numbers] : by_level) {
    if (numbers.size() < kFanout || building_.contains(level + 1) || bits_of(level + 1) > kPageBits) continue;
    numbers.resize(kFanout);
    std::uint64_t entries = 0, through = 0;
    for (const auto number : numbers) {
      entries += runs_.at(number).entries;
      through = std::max(through, runs_.at(number).through);
    }
    RETURN_IF_ERROR(begin_run(level + 1, entries, through, numbers));
  }
  return {};
}

Status DeliveryIds::begin_run(int level, std::uint64_t entries, std::uint64_t through,
                              std::vector<std::int64_t> inputs) {
  Run run;
  run.number = ++last_run_;
  run.level = level;
  run.entries = entries;
  run.through = through;
  run.inputs = std::move(inputs);
  RETURN_IF_ERROR(database_.execute(journal_sql::kInsertRun, run.number, level,
                                    static_cast<std::int64_t>(RunState::kBuilding), entries, through));
  building_.emplace(level, std::move(run));
  return {};
}

Status DeliveryIds::work_on(Run& run, std::uint64_t entries) {
  for (std::uint64_t done = 0; done < entries && run.next_page < pages_of(run.level);) {
    ASSIGN_OR_RETURN(const auto step, run.level == 1 ? flush_step(run) : merge_step(run));
    done += std::max<std::uint64_t>(1, step);
  }
  if (run.next_page == pages_of(run.level)) return finish(run);
  return {};
}

Result<std::uint64_t> DeliveryIds::flush_step(Run& run) {
  const auto entries = frozen_.bucket(run.next_page, bits_of(run.level));
  RETURN_IF_ERROR(write_page(run, entries));
  return entries.size();
}

/// One page of each input makes the four pages of the same range.
Result<std::uint64_t> DeliveryIds::merge_step(Run& run) {
  std::vector<IdEntry> merged;
  for (const auto input : run.inputs) {
    ASSIGN_OR_RETURN(const auto entries, page(input, run.next_page / kFanout));
    merged.insert(merged.end(), entries.begin(), entries.end());
  }
  sort_entries(merged);
  auto first = merged.begin();
  for (std::size_t part = 0; part < kFanout; ++part) {
    const auto last = std::find_if(first, merged.end(), [&](const IdEntry& entry) {
      return entry.slot >> (64 - bits_of(run.level)) != run.next_page;
    });
    RETURN_IF_ERROR(write_page(run, {first, last}));
    first = last;
  }
  return merged.size();
}

/// The next page, with its part of the filter: kept in memory until its last page, then written.
Status DeliveryIds::write_page(Run& run, const std::vector<IdEntry>& entries) {
  const std::uint64_t per_filter = std::min(kPagesPerFilter, pages_of(run.level));
  const std::uint64_t part = run.next_page / per_filter;
  if (run.next_page % per_filter == 0) run.filters.emplace_back();
  IdFilter& filter = run.filters.at(part);
  for (const auto& entry : entries) filter.add(entry.slot, entry.rest);
  RETURN_IF_ERROR(
      database_.execute(journal_sql::kPutPage, row_of(run.number, run.next_page), Blob{pack_entries(entries)}));
  if (++run.next_page % per_filter == 0) {
    RETURN_IF_ERROR(database_.execute(journal_sql::kInsertFilter, row_of(run.number, part), Blob{filter.save()}));
  }
  return {};
}

/// From here lookups use the new run; what it replaces may go.
Status DeliveryIds::finish(Run& run) {
  const auto set_state = [&](std::int64_t number, RunState state) {
    return database_.execute(journal_sql::kSetRunState, static_cast<std::int64_t>(state), number);
  };
  RETURN_IF_ERROR(set_state(run.number, RunState::kComplete));
  if (run.level == 1) {
    trim_to_ = run.through;
    frozen_ = {};
  }
  for (const auto input : run.inputs) {
    RETURN_IF_ERROR(set_state(input, RunState::kObsolete));
    obsolete_.emplace(input, run.level - 1);
    runs_.erase(input);
  }
  const int level = run.level;
  runs_.emplace(run.number, std::move(run));
  building_.erase(level);
  return {};
}

/// Removes a share of the batches and pages that are no longer needed.
Status DeliveryIds::remove_leftovers(std::uint64_t entries) {
  if (trim_from_ < trim_to_) {
    trim_from_ = std::min(trim_to_, trim_from_ + entries);
    RETURN_IF_ERROR(database_.execute(journal_sql::kDeleteBatches, trim_from_));
  }
  if (obsolete_.empty()) return {};
  const auto [run, level] = *obsolete_.begin();
  const auto first = row_of(run, 0), end = row_of(run + 1, 0);
  RETURN_IF_ERROR(database_.execute(journal_sql::kDeletePages, first, end, std::max<std::uint64_t>(1, entries / 16)));
  if (database_.changes() > 0) return {};
  RETURN_IF_ERROR(database_.execute(journal_sql::kDeleteFilters, first, end));
  RETURN_IF_ERROR(database_.execute(journal_sql::kDeleteRun, run));
  obsolete_.erase(run);
  return {};
}

}  // namespace fairlead::store::sqlite
