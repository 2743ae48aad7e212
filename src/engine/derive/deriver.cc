#include "engine/derive/deriver.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/project/policy_change.h"

namespace fairlead::engine {

namespace {

using std::chrono::milliseconds;

/// While a backlog lasts: how long to project before marks are looked at again, and for how long then.
constexpr milliseconds kProjectBudget{1'000};
constexpr int kLinkBudgetInBacklogMs = 150;
/// Without a backlog the linker pauses now and then, to see whether new rows have come.
constexpr int kLinkBudgetMs = 100;
/// Live clients read at their leisure: publishing faster than this only drives the ring past them. Rounds keep the same
/// distance.
constexpr milliseconds kPublishInterval{100};
constexpr milliseconds kPauseMin{50};
constexpr milliseconds kPauseMax{2'000};
/// Where cores are few, an acknowledgement goes before the numbers that follow from it.
constexpr int kNiceness = 10;

/// Lowers the calling thread's share of the processor; on Linux a priority belongs to the thread, not to the process.
void give_way_to_ingest() {
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness) != 0) {
    spdlog::warn("the projector runs at the priority of the rest: it may slow down acknowledgements");
  }
}

}  // namespace

Deriver::Deriver(store::Journal& journal, store::Derived& derived, const Policy& policy, LiveHub& live)
    : journal_(journal),
      derived_(derived),
      policy_(policy),
      live_(live),
      projector_(journal, derived, policy),
      linker_(derived, policy) {}

Deriver::~Deriver() {
  stop();
}

Status Deriver::start() {
  lanes_.resize(journal_.lanes());
  ASSIGN_OR_RETURN(const auto reader, derived_.read());
  for (std::uint32_t lane = 0; lane < lanes_.size(); ++lane) {
    ASSIGN_OR_RETURN(lanes_[lane].last, journal_.last_sequence(lane));
    ASSIGN_OR_RETURN(lanes_[lane].projected, reader->position(lane));
    if (lanes_[lane].projected > lanes_[lane].last) {
      return fail(
          ErrorCode::kCorrupt,
          "the derived state is ahead of the journal (row {} of {}): they do not belong together; run `fairlead "
          "replay`",
          lanes_[lane].projected, lanes_[lane].last);
    }
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

void Deriver::appended(std::span<const store::Appended> rows) {
  bool news = false;
  {
    std::lock_guard lock(mutex_);
    for (const store::Appended& row : rows) {
      if (row.outcome != store::Appended::Outcome::kStored) continue;
      Lane& lane = lanes_.at(row.position.lane);
      lane.last = std::max(lane.last, row.position.sequence);
      news = true;
    }
    news &= !gathering_;
  }
  if (news) wake_.notify_one();
}

void Deriver::run() {
  give_way_to_ingest();
  while (!stopping_) {
    const Result<bool> work_left = round();
    if (!work_left) note_failure(work_left.error());
    answer_waiters();
    publish_when_due();
    wait(work_left.value_or(false));
  }
}

/// Returns whether something is left to do at once.
Result<bool> Deriver::round() {
  if (!policy_adopted_) {
    RETURN_IF_ERROR(adopt_policy(derived_, policy_, [this] { return stopping_.load(); }));
    policy_adopted_ = true;
  }
  ASSIGN_OR_RETURN(const bool backlog, project());
  ASSIGN_OR_RETURN(const bool links_left, link(backlog));
  std::uint64_t dirty = 0;
  if (links_left) {
    ASSIGN_OR_RETURN(const auto reader, derived_.read());
    ASSIGN_OR_RETURN(const auto services, reader->dirty_services(kDirtyServicesCountedMax));
    dirty = services.size();
  }
  note_success(dirty);
  return links_left;
}

/// Projects what is there when it begins, unless the budget is spent earlier; then a backlog remains, and the answer is
/// true. What comes meanwhile is left to the next round.
Result<bool> Deriver::project() {
  const auto start = Clock::now();
  std::vector<Lane> lanes;
  {
    std::lock_guard lock(mutex_);
    if (behind_locked()) projected_at_ = start;
    lanes = lanes_;
  }
  for (bool more = true; more;) {
    more = false;
    for (std::uint32_t number = 0; number < lanes.size(); ++number) {
      Lane& lane = lanes[number];
      if (lane.projected >= lane.last) continue;
      if (stopping_ || Clock::now() - start >= kProjectBudget) return true;
      ASSIGN_OR_RETURN(const ProjectedBatch batch, projector_.step(number));
      news_.add(batch);
      links_pending_ = true;
      lane.projected = batch.position;
      // Told of rows that the journal does not show: nothing to wait for.
      if (batch.outcomes.empty()) lane.last = batch.position;
      more |= lane.projected < lane.last;
      std::lock_guard lock(mutex_);
      lanes_[number].projected = batch.position;
      if (batch.outcomes.empty()) lanes_[number].last = batch.position;
    }
  }
  return false;
}

/// Works off marks; returns whether some are left.
Result<bool> Deriver::link(bool backlog) {
  if (!links_pending_ || stopping_) return links_pending_;
  ASSIGN_OR_RETURN(links_pending_, linker_.run(backlog ? kLinkBudgetInBacklogMs : kLinkBudgetMs));
  news_.add_linked();
  if (!links_pending_) {
    std::lock_guard lock(mutex_);
    for (Lane& lane : lanes_) lane.linked = lane.projected;
  }
  return links_pending_;
}

bool Deriver::behind_locked() const {
  return std::ranges::any_of(lanes_, [](const Lane& lane) { return lane.projected < lane.last; });
}

void Deriver::note_failure(const Error& error) {
  std::lock_guard lock(mutex_);
  ++stats_.failures;
  if (stats_.error != error.message) spdlog::error("projection paused: {}", error.message);
  stats_.error = error.message;
  pause_ = std::clamp<Clock::duration>(pause_ * 2, kPauseMin, kPauseMax);
}

void Deriver::note_success(std::uint64_t dirty_services) {
  std::lock_guard lock(mutex_);
  if (!stats_.error.empty()) spdlog::info("projection goes on");
  stats_.error.clear();
  stats_.dirty_services = dirty_services;
  pause_ = {};
}

void Deriver::publish_when_due() {
  if (!news_.pending() || Clock::now() - published_at_ < kPublishInterval) return;
  live_.publish(news_.take());
  published_at_ = Clock::now();
}

void Deriver::answer_waiters() {
  std::vector<ProjectionWaiters::Ready> ready;
  {
    std::lock_guard lock(mutex_);
    ready = waiters_.take_ready(Clock::now(), [this](JournalPosition position) { return reached(position); });
  }
  for (const auto& waiter : ready) waiter.done(waiter.reached);
}

/// Sleeps until there is something to do: rows whose round is due or waited for, a publication or an answer that is
/// due, the end of a pause.
void Deriver::wait(bool work_left) {
  std::unique_lock lock(mutex_);
  const bool pausing = pause_ > Clock::duration::zero();
  if (work_left && !pausing) return;
  const auto resume = pausing ? Clock::now() + pause_ : Clock::time_point::max();
  while (!stopping_) {
    auto until = std::min(resume, Clock::now() + std::chrono::hours(1));
    const auto deadline = waiters_.next_deadline();
    if (deadline) until = std::min(until, *deadline);
    if (news_.pending()) until = std::min(until, published_at_ + kPublishInterval);
    gathering_ = !pausing && behind_locked();
    if (gathering_) until = deadline ? Clock::time_point() : std::min(until, projected_at_ + kPublishInterval);
    if (until <= Clock::now()) break;
    wake_.wait_until(lock, until);
  }
  gathering_ = false;
}

void Deriver::when_projected(JournalPosition position, int timeout_ms, std::function<void(bool)> done) {
  bool now = false;
  {
    std::lock_guard lock(mutex_);
    now = reached(position);
    if (!now && !stopping_ && timeout_ms > 0) {
      waiters_.add(position, Clock::now() + milliseconds(timeout_ms), std::move(done));
      done = nullptr;
    }
  }
  if (done) {
    done(now);
  } else {
    wake_.notify_one();  // its deadline may be the next
  }
}

bool Deriver::projected(JournalPosition position) const {
  std::lock_guard lock(mutex_);
  return reached(position);
}

bool Deriver::reached(JournalPosition position) const {
  return position.lane < lanes_.size() && lanes_[position.lane].linked >= position.sequence;
}

Deriver::Stats Deriver::stats() const {
  std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.last_sequence = lanes_.front().last;
  stats.projected_sequence = lanes_.front().projected;
  return stats;
}

void Deriver::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  std::lock_guard join_lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
  std::vector<ProjectionWaiters::Ready> left;
  {
    std::lock_guard lock(mutex_);
    left = waiters_.take_all();
  }
  for (const auto& waiter : left) waiter.done(false);
}

}  // namespace fairlead::engine
