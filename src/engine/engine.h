#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "engine/ingest.h"
#include "engine/live_hub.h"
#include "engine/replay.h"
#include "engine/report/reporter.h"
#include "model/delivery.h"
#include "model/policy.h"
#include "model/report.h"
#include "store/store.h"

namespace fairlead::engine {

struct EngineStats {
  std::uint64_t queue_rows = 0;
  std::uint64_t queue_bytes = 0;
  std::uint64_t appended = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t refused = 0;             ///< Answered 503 because the queue was full.
  std::uint64_t failed = 0;              ///< Refused by the store: a full disk, a failed sync.
  std::uint64_t commits = 0;             ///< Group commits.
  std::uint64_t last_sequence = 0;       ///< All lanes together.
  std::uint64_t projected_sequence = 0;  ///< Likewise; the difference is the projection lag in rows.
  std::uint64_t dirty_services = 0;      ///< At most Deriver::kDirtyServicesCountedMax are counted.
  bool storage_failed = false;           ///< A sync failed: nothing is accepted until a restart.
  std::uint64_t derive_failures = 0;     ///< Rounds of projecting and linking that failed and were tried again.
  std::string derive_error;              ///< Why the latest one failed; empty while all is well.
  bool superseded = false;               ///< Another replica's configuration rules; derive_error says so.
};

struct EngineOptions {
  std::size_t queue_rows_max = 0;   ///< 0: limits::kIngestQueueRowsMax.
  std::size_t queue_bytes_max = 0;  ///< 0: limits::kIngestQueueBytesMax.
};

/// Owns the stores and the two threads that write them: the ingest writer (journal) and the projector (derived state:
/// entities, then links, facts and summaries of what was touched). Everything else reads.
class Engine final : public Ingest {
 public:
  /// Starts both threads. What an earlier run left is projected and linked, and a policy other than the stored one is
  /// adopted (project/policy_change.h), on the projector's thread: nothing here takes time with the number of events.
  /// kConflict: the policy changes how sources read the journal, so the derived state must be replayed first
  /// (`check_interpretation`). kCorrupt: journal and derived state do not belong together.
  static Result<std::unique_ptr<Engine>> start(store::Stores stores, Policy policy, const Clock& clock,
                                               EngineOptions options = {});
  ~Engine() override;  ///< Stops.

  void submit(Delivery delivery, Done done) override;

  /// Calls `done(true)` once `position` is projected and linked, `done(false)` after `timeout_ms`. From any thread; may
  /// call back at once. This is how a client reads its own writes.
  void when_projected(JournalPosition position, int timeout_ms, std::function<void(bool)> done);
  bool projected(JournalPosition position) const;  ///< And linked.

  /// A snapshot of the derived state.
  Result<std::unique_ptr<store::DerivedReader>> read() const;
  store::Journal& journal();  ///< For tokens, users, audit and single rows; never for `append`.
  store::Fleet* fleet();      ///< The replicas on the same store; null where there are none.
  const Policy& policy() const;
  const Reporter& reporter() const;
  LiveHub& live();
  EngineStats stats() const;
  const Clock& clock() const;

  /// Refuses new deliveries, finishes the queued ones, commits the derived state and joins the threads. Idempotent.
  void stop();

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::engine
