#pragma once

// Deliveries that wait on this machine's disk until the journal takes them.
//
// A spool is a folder of segments, files that are only appended to (docs/formats.md). `append` writes one or more
// frames and syncs them before it returns, so what it answered is on stable storage (invariant I1). Whoever drains the
// spool reads from its beginning and says what the journal has acknowledged; when that is all of a segment, its file
// goes. Nothing else records how far the draining is: after a crash the first segment is delivered again from its
// beginning, and the journal, which knows every delivery by its id, calls what it has a duplicate.
//
// Segments say how long the one before them was, and opening a spool ends its last segment. So damage of any kind is
// recognised everywhere but in the very last frame before a crash, which cannot be told from one that was being written
// and was never acknowledged.

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/random.h"
#include "base/result.h"
#include "store/spool/folder.h"
#include "store/spool/id_index.h"
#include "store/spool/segment.h"
#include "store/store.h"

namespace fairlead::store::spool {

struct SpoolOptions {
  std::uint64_t bytes_max = limits::kSpoolBytesMax;
  std::uint64_t rows_max = limits::kSpoolRowsMax;
  std::uint64_t segment_bytes = 8u * 1024 * 1024;
};

class Spool {
 public:
  /// Reads what waits in the folder; `random` is asked here only. A tail that a crash tore is cut off; other damage is
  /// kCorrupt, names the file and the place, and leaves everything as it is.
  static Result<std::unique_ptr<Spool>> open(std::unique_ptr<Folder> folder, const SpoolOptions& options,
                                             Random& random);
  /// Ends the last segment, so that the next opening recognises any damage to it.
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// Returns when all of `batch` is on stable storage: kSpooled, or kDuplicate or kConflict with what waits already or
  /// stands earlier in the batch. kUnavailable: there is no room within the limits. kIo: the disk is full, which heals,
  /// or a write or sync failed, after which nothing is taken until the spool is opened again; what the failed call
  /// carried may or may not be there then.
  Result<std::vector<Appended>> append(std::span<const Delivery> batch);

  /// kDuplicate or kConflict where a delivery with this id waits.
  std::optional<Appended> find(const Delivery& delivery) const;

  /// The oldest deliveries that were not called delivered yet, of one segment: at least one where there is one, then up
  /// to the limits.
  struct Batch {
    std::vector<Delivery> deliveries;
    std::uint64_t segment = 0;
    std::uint64_t end = 0;  ///< Where the next batch begins in it.
  };
  Result<Batch> next(std::size_t rows_max, std::size_t bytes_max);
  /// The journal has acknowledged what the latest `next` returned. `set_aside`: some of it was refused for good, so
  /// that its segment is kept under another name for a person instead of being removed.
  Status delivered(const Batch& batch, bool set_aside);

  struct Stats {
    std::uint64_t rows = 0;        ///< Waiting.
    std::uint64_t bytes = 0;       ///< Of all files, also of those that were set aside.
    std::uint64_t kept_bytes = 0;  ///< Of those that were set aside.
    std::uint64_t cut_bytes = 0;   ///< Of the torn tail that the opening cut off.
    std::optional<Instant> oldest;
    bool refusing = false;  ///< A write or sync failed: nothing is taken until the spool is opened again.
  };
  Stats stats() const;

 private:
  struct Segment {
    SegmentHeader header;
    std::uint64_t bytes = 0;  ///< Up to the end of its last frame.
    std::uint64_t rows = 0;
    std::optional<Instant> first_received_at;
  };

  Spool(std::unique_ptr<Folder> folder, const SpoolOptions& options, std::string salt);

  Status load();
  Result<std::vector<std::uint64_t>> list_segments();
  Status load_segment(std::uint64_t number, bool is_last);
  Status load_frames(Segment& segment, std::string_view content, bool is_last);
  Status drop_unborn(std::uint64_t number);
  std::unexpected<Error> damaged(std::uint64_t number, std::uint64_t offset, std::string_view what) const;

  std::optional<Appended> waiting(const IdKey& key, std::uint64_t body) const;
  std::vector<Appended> sort_out(std::span<const Delivery> batch, std::vector<IdKey>& keys,
                                 std::vector<const Delivery*>& fresh);
  Status store(std::span<const Delivery* const> rows);
  Status write(std::string_view frames);
  Status check_room(std::uint64_t more_bytes) const;
  Status begin_segment();
  Status end_segment();
  std::unexpected<Error> no_room(const Error& error) const;
  std::unexpected<Error> broken(const Error& error);
  Status finish_front();

  const SpoolOptions options_;
  const std::unique_ptr<Folder> folder_;
  const std::string salt_;  ///< What the salts of this run's segments are made from.

  mutable std::mutex mutex_;  ///< Guards everything below but `reader_`.
  IdIndex ids_;
  std::deque<Segment> segments_;  ///< Oldest first; their numbers follow each other.
  std::unique_ptr<File> active_;  ///< The last of them, where it takes more.
  bool preallocated_ = false;     ///< The active one is longer than its frames.
  std::uint64_t next_number_ = 1;
  std::uint64_t delivered_to_ = 0;  ///< Offset in the first segment.
  std::uint64_t delivered_rows_ = 0;
  std::vector<IdKey> delivered_ids_;  ///< Of the first segment.
  bool set_aside_ = false;            ///< Something of the first segment was refused for good.
  Stats stats_;
  FramePacker writer_;
  std::string buffer_;

  FramePacker reader_;  ///< Of the one who drains.
};

}  // namespace fairlead::store::spool
