#pragma once

// Which deliveries are there already: (origin, id) → where, and a hash of the body. Kept for ever, also when retention
// removes the rows themselves, so an entry holds hashes only.
//
// A B-tree over random keys would write a page of 4 KiB for each id of 32 bytes; measured at a million ids, that made
// an append of 64 deliveries four times as long. So ids are merged in sorted bulk instead, in small steps:
// - new ids are kept in memory and written behind each other, a row for 64 or more (`id_batches`); what no row
//   holds yet is read from the newest deliveries at the start;
// - from kFlushEntries on they are written as a *run*: pages sorted by hash, with a filter per part (`id_pages`,
//   `id_filters`), after which their batches go;
// - four runs of one level become one run of the next.
// The append that completes a batch does a share of this work in its own transaction, in proportion to the batch, so no
// append waits long, and most write nothing but their deliveries.
// A lookup asks the filters in memory and reads at most a page or two, usually none.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/delivery_hash.h"
#include "store/sqlite/database.h"
#include "store/sqlite/id_table.h"

namespace fairlead::store::sqlite {

/// How much is gathered before it is merged; tests make it small.
struct IdSizes {
  std::size_t batch_entries = 64;  ///< At least so many ids become a row of `id_batches`.
  std::size_t flush_entries = 65'536;
  int first_bits = 10;  ///< A run of the first level has 2^first_bits pages.
};

class DeliveryIds {
 public:
  DeliveryIds(Database& database, IdSizes sizes) : database_(database), sizes_(sizes) {}

  /// Reads what lookups need into memory: at the start, and after a transaction was rolled back. `secret` is the key of
  /// the hashes.
  Status load(std::string_view secret);

  Result<std::optional<IdEntry>> find(const DeliveryHash& hash);
  /// Of a delivery that `find` does not find. Sequences grow.
  void add(const DeliveryHash& hash, std::uint64_t sequence, std::uint64_t body);
  /// Once a batch has come together: writes it, and does a share of the merging. Belongs into the transaction that
  /// stores the deliveries.
  Status flush();

  /// All ids that are stored.
  std::uint64_t count() const;

 private:
  struct Run {
    std::int64_t number = 0;
    int level = 1;
    std::uint64_t entries = 0;
    std::uint64_t through = 0;         ///< Batches up to this sequence are in this run or an older one.
    std::vector<IdFilter> filters;     ///< Of consecutive parts; a run under construction has them up to where it is.
    std::uint64_t next_page = 0;       ///< Of a run under construction.
    std::vector<std::int64_t> inputs;  ///< Likewise; none for a run that comes from memory.
  };

  int bits_of(int level) const { return sizes_.first_bits + 2 * (level - 1); }
  std::uint64_t pages_of(int level) const { return std::uint64_t{1} << bits_of(level); }
  Status load_runs();
  Result<std::uint64_t> load_batches(std::uint64_t after);
  Status load_newest(std::uint64_t after, std::string_view secret);
  Result<std::optional<IdEntry>> find_in(const Run& run, const DeliveryHash& hash);
  Result<std::vector<IdEntry>> page(std::int64_t run, std::uint64_t page);

  Status begin_merges();
  Status begin_run(int level, std::uint64_t entries, std::uint64_t through, std::vector<std::int64_t> inputs);
  Status work_on(Run& run, std::uint64_t entries);
  Result<std::uint64_t> flush_step(Run& run);
  Result<std::uint64_t> merge_step(Run& run);
  Status write_page(Run& run, const std::vector<IdEntry>& entries);
  Status finish(Run& run);
  Status remove_leftovers(std::uint64_t entries);

  Database& database_;
  const IdSizes sizes_;
  IdTable recent_;                        ///< In no run yet.
  IdTable frozen_;                        ///< Being written as a run.
  std::vector<IdEntry> added_;            ///< The newest, in no batch yet.
  std::map<std::int64_t, Run> runs_;      ///< Complete ones, by number.
  std::map<int, Run> building_;           ///< At most one per level.
  std::map<std::int64_t, int> obsolete_;  ///< Runs to be removed, with their level.
  std::uint64_t trim_from_ = 0;           ///< Batches in (trim_from_, trim_to_] may go.
  std::uint64_t trim_to_ = 0;
  std::int64_t last_run_ = 0;
};

}  // namespace fairlead::store::sqlite
