#include "engine/derive/deriver.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

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

Deriver::Deriver(store::Journal& journal, store::Derived& derived, const Policy& policy, LiveHub& live,
                 store::Fleet* fleet)
    : journal_(journal),
      policy_(policy),
      derived_(derived, policy_, fleet == nullptr),
      live_(live),
      fleet_(fleet),
      projector_(journal, derived_, policy),
      linker_(derived_, policy) {}

Deriver::~Deriver() {
  stop();
}

Status Deriver::start() {
  lanes_.resize(journal_.lanes());
  ASSIGN_OR_RETURN(const auto reader, derived_.read());
  for (std::uint32_t lane = 0; lane < lanes_.size(); ++lane) {
    ASSIGN_OR_RETURN(lanes_[lane].last, journal_.last_sequence(lane));
    ASSIGN_OR_RETURN(lanes_[lane].projected, reader->position(lane));
    lanes_[lane].ours = fleet_ == nullptr;
    if (lanes_[lane].projected > lanes_[lane].last) {
      return fail(
          ErrorCode::kCorrupt,
          "the derived state is ahead of the journal (row {} of {}): they do not belong together; run `fairlead "
          "replay`",
          lanes_[lane].projected, lanes_[lane].last);
    }
  }
  thread_ = std::thread([this] { run(); });
  if (fleet_ != nullptr) {
    fleet_->start([this] {
      {
        std::lock_guard lock(mutex_);
        heard_ = true;
      }
      wake_.notify_one();
    });
  }
  return {};
}

void Deriver::appended(std::span<const store::Appended> rows) {
  bool news = false;
  bool for_others = false;
  {
    std::lock_guard lock(mutex_);
    for (const store::Appended& row : rows) {
      if (row.outcome != store::Appended::Outcome::kStored) continue;
      Lane& lane = lanes_.at(row.position.lane);
      lane.last = std::max(lane.last, row.position.sequence);
      (lane.ours ? news : for_others) = true;
    }
    news &= !gathering_;
  }
  if (news) wake_.notify_one();
  if (for_others && fleet_ != nullptr) fleet_->ring();
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
  if (fleet_ == nullptr) return work();
  RETURN_IF_ERROR(policy_.begin(derived_));
  bool heard = false;
  {
    std::lock_guard lock(mutex_);
    heard = std::exchange(heard_, false);
  }
  if (heard) RETURN_IF_ERROR(look_around());
  bool work_left = false;
  if (!ruling_) {
    note_superseded();
  } else if (leases_.empty()) {
    note_success(0);
  } else {
    ASSIGN_OR_RETURN(work_left, work());
  }
  // Whoever waits on another replica for what was done here looks now.
  if (std::exchange(worked_, false)) fleet_->ring();
  RETURN_IF_ERROR(observe());
  RETURN_IF_ERROR(hear_news());
  return work_left;
}

/// The round's own part of the work.
Result<bool> Deriver::work() {
  RETURN_IF_ERROR(policy_.adopt(derived_, [this] { return stopping_.load(); }));
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

/// Whose is what, what was appended, and how far others have projected.
Status Deriver::look_around() {
  take_leases(fleet_->leases());
  ASSIGN_OR_RETURN(const auto last, journal_.last_sequences());
  ASSIGN_OR_RETURN(const auto reader, derived_.read());
  ASSIGN_OR_RETURN(auto positions, reader->positions());
  if (policy_.begun()) {
    Status ruling = policy_.check(*reader);
    if (!ruling && ruling.error().code != ErrorCode::kConflict) return ruling;
    ruling_ = std::move(ruling);
    fleet_->derive(ruling_.has_value());
  }
  std::lock_guard lock(mutex_);
  for (std::uint32_t number = 0; number < lanes_.size(); ++number) {
    Lane& lane = lanes_[number];
    lane.last = std::max(lane.last, last[number]);
    // A database that crashed may have lost the newest of what was derived, our own, too: what it says now counts.
    lane.projected = positions[number];
    lane.linked = std::min(lane.linked, lane.projected);
  }
  links_pending_ = true;  // Others may have marked what is ours to link.
  return {};
}

void Deriver::take_leases(std::vector<store::Lease> leases) {
  if (leases == leases_) return;
  leases_ = std::move(leases);
  derived_.hold(leases_);
  // What is remembered of a part is stale where another replica had it meanwhile.
  projector_.forget();
  linker_.forget();
  std::set<std::uint32_t> parts;
  for (const store::Lease& lease : leases_) parts.insert(lease.part);
  {
    std::lock_guard lock(mutex_);
    for (std::uint32_t number = 0; number < lanes_.size(); ++number) {
      lanes_[number].ours = parts.contains(number % store::Fleet::kParts);
      lanes_[number].taken = lanes_[number].ours;
    }
  }
  mine_ = [parts = std::move(parts)](const ServiceName& service) { return parts.contains(store::part_of(service)); };
}

/// What is linked, of all lanes: where no mark and no look is left, everything that is projected.
Status Deriver::observe() {
  {
    std::lock_guard lock(mutex_);
    if (std::ranges::all_of(lanes_, [](const Lane& lane) { return lane.linked >= lane.last; })) return {};
  }
  ASSIGN_OR_RETURN(const auto reader, derived_.read());
  ASSIGN_OR_RETURN(auto positions, reader->positions());
  ASSIGN_OR_RETURN(const auto services, reader->dirty_services(1));
  if (!services.empty()) return {};
  ASSIGN_OR_RETURN(const auto days, reader->dirty_days(1));
  if (!days.empty()) return {};
  ASSIGN_OR_RETURN(auto settings, reader->settings());
  std::lock_guard lock(mutex_);
  for (std::uint32_t number = 0; number < lanes_.size(); ++number) {
    if (!settings[Projector::look_setting(number)].empty()) continue;
    lanes_[number].linked = std::max(lanes_[number].linked, positions[number]);
  }
  return {};
}

/// Hands on what the replicas have published, in the order and under the ids that all of them see.
Status Deriver::hear_news() {
  constexpr std::size_t kNewsPerRead = 1'000;
  while (true) {
    const std::uint64_t seen = live_.last_id();
    ASSIGN_OR_RETURN(auto news, fleet_->news_after(seen, kNewsPerRead));
    if (news.empty()) return {};
    if (news.front().id != seen + 1) live_.jump_to(news.front().id - 1);
    const bool more = news.size() == kNewsPerRead;
    std::vector<LiveHub::Item> items;
    for (store::News& one : news) items.push_back({std::move(one.kind), std::move(one.json)});
    live_.publish(std::move(items));
    if (!more) return {};
  }
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
      if (!lane.ours || (lane.projected >= lane.last && !lane.taken)) continue;
      if (stopping_ || Clock::now() - start >= kProjectBudget) return true;
      ASSIGN_OR_RETURN(const ProjectedBatch batch, projector_.step(number));
      news_.add(batch);
      links_pending_ = true;
      worked_ |= !batch.outcomes.empty();
      const std::uint64_t told = lane.last;
      lane.projected = batch.position;
      lane.taken = false;
      // Told of rows that the journal does not show: nothing to wait for.
      if (batch.outcomes.empty()) lane.last = batch.position;
      more |= lane.projected < lane.last;
      std::lock_guard lock(mutex_);
      lanes_[number].projected = batch.position;
      lanes_[number].taken = false;
      if (batch.outcomes.empty() && lanes_[number].last == told) lanes_[number].last = batch.position;
    }
  }
  return false;
}

/// Works off marks; returns whether some are left.
Result<bool> Deriver::link(bool backlog) {
  if (!links_pending_ || stopping_) return links_pending_;
  const std::uint64_t before = linker_.worked_off();
  ASSIGN_OR_RETURN(links_pending_, linker_.run(backlog ? kLinkBudgetInBacklogMs : kLinkBudgetMs, mine_));
  if (linker_.worked_off() != before) {
    news_.add_linked();
    worked_ = true;
  }
  if (!links_pending_ && fleet_ == nullptr) {
    std::lock_guard lock(mutex_);
    for (Lane& lane : lanes_) lane.linked = lane.projected;
  }
  return links_pending_;
}

bool Deriver::behind_locked() const {
  return std::ranges::any_of(lanes_, [](const Lane& lane) { return lane.ours && lane.projected < lane.last; });
}

void Deriver::note_failure(const Error& error) {
  std::lock_guard lock(mutex_);
  ++stats_.failures;
  if (stats_.error != error.message) spdlog::error("projection paused: {}", error.message);
  stats_.error = error.message;
  pause_ = std::clamp<Clock::duration>(pause_ * 2, kPauseMin, kPauseMax);
  heard_ = fleet_ != nullptr;  // What was heard before is still to be looked at.
}

/// Not a failure to try again soon: the fleet's bell tells when to look.
void Deriver::note_superseded() {
  std::lock_guard lock(mutex_);
  if (stats_.error != ruling_.error().message) {
    spdlog::error("projection ended: {}", ruling_.error().message);
  }
  stats_.error = ruling_.error().message;
  stats_.superseded = true;
  pause_ = {};
}

void Deriver::note_success(std::uint64_t dirty_services) {
  std::lock_guard lock(mutex_);
  if (!stats_.error.empty()) spdlog::info("projection goes on");
  stats_.error.clear();
  stats_.superseded = false;
  stats_.dirty_services = dirty_services;
  pause_ = {};
}

void Deriver::publish_when_due() {
  if (!news_.pending() || Clock::now() - published_at_ < kPublishInterval) return;
  published_at_ = Clock::now();
  if (const Status published = publish(); !published) note_failure(published.error());
}

Status Deriver::publish() {
  std::vector<LiveHub::Item> items = news_.take();
  if (fleet_ == nullptr) {
    live_.publish(std::move(items));
    return {};
  }
  std::vector<store::News> news;
  for (LiveHub::Item& item : items) news.push_back({0, std::move(item.kind), std::move(item.json)});
  if (Status published = fleet_->publish(std::move(news)); !published) {
    news_.add_linked();  // What is lost is made good by reading anew, which the closing event asks for.
    return published;
  }
  return hear_news();
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
    if (heard_ && !pausing) break;
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
  for (const Lane& lane : lanes_) {
    stats.last_sequence += lane.last;
    stats.projected_sequence += lane.projected;
  }
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
  if (fleet_ != nullptr) fleet_->stop();
  std::vector<ProjectionWaiters::Ready> left;
  {
    std::lock_guard lock(mutex_);
    left = waiters_.take_all();
  }
  for (const auto& waiter : left) waiter.done(false);
}

}  // namespace fairlead::engine
