#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "engine/ingest.h"
#include "store/store.h"

namespace fairlead::engine {

/// The one thread that appends to the journal (invariants I1, I10).
///
/// Group commit without a timer: while one batch is being synced, the next one gathers, and is taken whole as soon as
/// the writer is back. An idle writer commits a single delivery at once; under load the batches grow by themselves with
/// the time that a sync takes. A submit costs one lock, and a wake-up only when the writer sleeps.
class IngestWriter final : public Ingest {
 public:
  struct Limits {
    std::size_t queue_rows_max = limits::kIngestQueueRowsMax;
    std::size_t queue_bytes_max = limits::kIngestQueueBytesMax;
    /// Of one transaction: larger ones only make the first of the batch wait longer.
    std::size_t batch_rows_max = 2'048;
    std::size_t batch_bytes_max = 16u * 1024 * 1024;
  };

  struct Stats {
    std::uint64_t queue_rows = 0;  ///< Waiting or being committed.
    std::uint64_t queue_bytes = 0;
    std::uint64_t appended = 0;
    std::uint64_t spooled = 0;  ///< On this machine's disk while the store is away.
    std::uint64_t duplicates = 0;
    std::uint64_t conflicts = 0;
    std::uint64_t refused = 0;  ///< Because the queue was full.
    std::uint64_t failed = 0;   ///< Because the store refused.
    std::uint64_t commits = 0;
    bool storage_failed = false;
  };

  /// `committed` runs on the writer's thread after the deliveries of a batch were answered.
  using Committed = std::function<void(std::span<const store::Appended>)>;

  IngestWriter(store::Journal& journal, const Limits& limits, Committed committed);
  ~IngestWriter() override;
  IngestWriter(const IngestWriter&) = delete;
  IngestWriter& operator=(const IngestWriter&) = delete;

  void submit(Delivery delivery, Done done) override;

  /// Refuses new deliveries, commits and answers the queued ones, and joins the thread. Idempotent; from any thread but
  /// the writer's own.
  void stop();

  Stats stats() const;

 private:
  /// Deliveries and who waits for them, index by index: `Journal::append` takes a contiguous span of deliveries.
  struct Queue {
    std::vector<Delivery> deliveries;
    std::vector<Done> dones;
  };

  std::optional<Error> enqueue(Delivery& delivery, Done& done);
  std::optional<Error> refusal(std::size_t bytes) const;
  void run();
  bool wait_for_work(Queue& taken);
  void commit_all(Queue& taken);
  void commit(std::span<const Delivery> deliveries, std::span<Done> dones);
  void account(std::span<const Delivery> deliveries, const Result<std::vector<store::Appended>>& appended);

  store::Journal& journal_;
  const Limits limits_;
  const Committed committed_;

  mutable std::mutex mutex_;  // guards all below but thread_
  std::condition_variable work_;
  Queue waiting_;
  Stats stats_;
  bool asleep_ = false;
  bool stopping_ = false;

  std::mutex join_mutex_;  // guards thread_
  std::thread thread_;
};

}  // namespace fairlead::engine
