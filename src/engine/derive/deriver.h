#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/derive/leased_derived.h"
#include "engine/derive/live_news.h"
#include "engine/derive/projection_waiters.h"
#include "engine/link/linker.h"
#include "engine/live_hub.h"
#include "engine/project/policy_change.h"
#include "engine/project/projector.h"
#include "model/policy.h"
#include "store/fleet.h"
#include "store/store.h"

namespace fairlead::engine {

/// The one thread that writes derived state. A round: project what the journal has gained, link what that marked, tell
/// live clients. After a rest a round begins at once; in a steady stream rounds keep a distance, unless a reader waits
/// for what it wrote, because ten deliveries change hardly fewer pages than a hundred. While more keeps coming than a
/// round can project, marks gather and are linked about once a second, so that an import links a service a few times
/// and not once per delivery, and a page still moves.
///
/// A store that fails (a full disk) is tried again after a pause; the position lies in the store, so nothing is lost.
///
/// Replicas that share a store divide the work (store/fleet.h): this one projects the lanes and links the services of
/// the parts that it holds, hears of the rest by the fleet's bell, and tells the fleet what it did. How far all of them
/// have come it reads from the store.
class Deriver {
 public:
  struct Stats {
    std::uint64_t last_sequence = 0;       ///< All lanes together, as far as this was told.
    std::uint64_t projected_sequence = 0;  ///< Likewise; the difference is the lag in rows.
    std::uint64_t dirty_services = 0;      ///< After the last round; at most kDirtyServicesCountedMax.
    std::uint64_t failures = 0;
    std::string error;        ///< Of the last round, if it failed, or why there is none.
    bool superseded = false;  ///< Another replica's configuration rules (PolicyAdoption): no failure of rounds.
  };
  static constexpr std::size_t kDirtyServicesCountedMax = 1'000;

  /// `fleet` is null where nobody else writes.
  Deriver(store::Journal& journal, store::Derived& derived, const Policy& policy, LiveHub& live, store::Fleet* fleet);
  ~Deriver();
  Deriver(const Deriver&) = delete;
  Deriver& operator=(const Deriver&) = delete;

  /// Reads where journal and derived state stand, and starts the thread.
  Status start();

  /// Rows were appended.
  void appended(std::span<const store::Appended> rows);

  void when_projected(JournalPosition position, int timeout_ms, std::function<void(bool)> done);
  bool projected(JournalPosition position) const;
  Stats stats() const;

  /// Ends after the transaction at hand: what is left is projected after the next start.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  Result<bool> round();
  Result<bool> work();
  Status look_around();
  void take_leases(std::vector<store::Lease> leases);
  Status observe();
  Status hear_news();
  Result<bool> project();
  Result<bool> link(bool backlog);
  bool behind_locked() const;
  void note_failure(const Error& error);
  void note_superseded();
  void note_success(std::uint64_t dirty_services);
  void publish_when_due();
  Status publish();
  void answer_waiters();
  void wait(bool work_left);
  bool reached(JournalPosition position) const;

  store::Journal& journal_;
  PolicyAdoption policy_;
  LeasedDerived derived_;
  LiveHub& live_;
  store::Fleet* const fleet_;

  // Used by the thread alone.
  Projector projector_;
  Linker linker_;
  LiveNews news_;
  Clock::time_point published_at_;
  Clock::time_point projected_at_;  ///< When the latest round that had rows began.
  Status ruling_;                   ///< An error while another policy rules.
  bool links_pending_ = true;       ///< Marks may be left from before.
  bool worked_ = false;             ///< Since the bell was rung.
  std::vector<store::Lease> leases_;
  store::ServiceFilter mine_;  ///< Empty where all are.

  mutable std::mutex mutex_;  // guards all below but stopping_ and thread_
  std::condition_variable wake_;
  /// Per lane: the last row that was appended, the last that was projected, and the last whose marks were worked off.
  struct Lane {
    std::uint64_t last = 0;
    std::uint64_t projected = 0;
    std::uint64_t linked = 0;
    bool ours = true;   ///< To project.
    bool taken = true;  ///< Just now: whoever had it before may have left the look for its last batch's marks to us.
  };
  std::vector<Lane> lanes_;
  ProjectionWaiters waiters_;
  Stats stats_;
  Clock::duration pause_{};  ///< Before the next try after a failure.
  bool heard_ = false;       ///< Others may have changed something.
  bool gathering_ = false;   ///< The thread knows of rows and lets more come: no need to wake it for them.
  std::atomic<bool> stopping_ = false;

  std::mutex join_mutex_;  // guards thread_
  std::thread thread_;
};

}  // namespace fairlead::engine
