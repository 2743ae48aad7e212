#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "engine/live_hub.h"
#include "engine/report/reporter.h"
#include "model/delivery.h"
#include "model/policy.h"
#include "model/report.h"
#include "store/store.h"

namespace fairlead::engine {

/// The way in: everything that brings deliveries (hooks, the API, imports, simulators) goes through this.
class Ingest {
 public:
  virtual ~Ingest() = default;
  /// Called exactly once, on the writer's thread, after the delivery is on stable storage or was refused. It must not
  /// block. kUnavailable: the queue is full or the engine is stopping; kIo: storage refused.
  using Done = std::function<void(Result<store::Appended>)>;
  /// Never blocks. A full queue refuses at once (invariant I9).
  virtual void submit(Delivery delivery, Done done) = 0;
};

struct EngineStats {
  std::uint64_t queue_rows = 0;
  std::uint64_t queue_bytes = 0;
  std::uint64_t appended = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t refused = 0;             ///< Answered 503 because the queue was full.
  std::uint64_t commits = 0;             ///< Group commits.
  std::uint64_t last_sequence = 0;       ///< Of lane 0.
  std::uint64_t projected_sequence = 0;  ///< Of lane 0; the difference is the projection lag in rows.
  std::uint64_t dirty_services = 0;
  bool storage_failed = false;  ///< A sync failed: nothing is accepted until a restart.
};

struct EngineOptions {
  std::size_t queue_rows_max = 0;   ///< 0: limits::kIngestQueueRowsMax.
  std::size_t queue_bytes_max = 0;  ///< 0: limits::kIngestQueueBytesMax.
};

/// Owns the stores and the two threads that write them: the ingest writer (journal) and the projector (derived state:
/// entities, then links, facts and summaries of what was touched). Everything else reads.
class Engine final : public Ingest {
 public:
  /// Compares the policy's fingerprint with the stored one and drops links if it changed; then starts both threads.
  static Result<std::unique_ptr<Engine>> start(store::Stores stores, Policy policy, const Clock& clock,
                                               EngineOptions options = {});
  ~Engine() override;  ///< Stops.

  void submit(Delivery delivery, Done done) override;

  /// Calls `done(true)` once `position` is projected and linked, `done(false)` after `timeout_ms`. From any thread; may
  /// call back at once. This is how a client reads its own writes.
  void when_projected(JournalPosition position, int timeout_ms, std::function<void(bool)> done);
  bool projected(JournalPosition position) const;

  /// A snapshot of the derived state.
  Result<std::unique_ptr<store::DerivedReader>> read() const;
  store::Journal& journal();  ///< For tokens, users and audit; calls are serialised inside.
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

/// Projects and links everything that `journal` holds into `derived` (which may be empty or behind), on the calling
/// thread. What `replay` and the tests of invariant I4 use. `progress(done, total)` is called now and then.
Status project_all(store::Journal& journal, store::Derived& derived, const Policy& policy,
                   const std::function<void(std::uint64_t, std::uint64_t)>& progress);

/// SHA-256 over the canonical dump, in hex; `sink` also gets every line.
Result<std::string> dump_hash(store::DerivedReader& reader, const std::function<void(std::string_view)>& sink);

}  // namespace fairlead::engine
