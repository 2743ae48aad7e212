#include "store/spool/spooling_journal.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "base/random.h"

namespace fairlead::store {
namespace {

bool means_away(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout;
}

/// The delivery itself is what the journal cannot take, today or tomorrow.
bool means_never(const Error& error) {
  return error.code == ErrorCode::kInvalid || error.code == ErrorCode::kLimit;
}

std::chrono::milliseconds milliseconds(Duration duration) {
  return std::chrono::milliseconds(duration.ms);
}

}  // namespace

SpoolingJournal::SpoolingJournal(std::unique_ptr<Journal> inner, std::unique_ptr<spool::Spool> spool,
                                 SpoolingOptions options)
    : options_(std::move(options)), inner_(std::move(inner)), spool_(std::move(spool)) {
  if (!options_.in_background) return;
  running_ = true;
  thread_ = std::thread([this] { run(); });
}

SpoolingJournal::~SpoolingJournal() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void SpoolingJournal::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, milliseconds(options_.stop_patience), [this] { return !running_; });
}

// ---------------------------------------------------------------------------------------------------------------------
// Taking deliveries

Result<std::vector<Appended>> SpoolingJournal::append(std::span<const Delivery> batch) {
  if (store_away()) return append_to_spool(batch);
  auto appended = append_past_the_spool(batch);
  if (appended || !means_away(appended.error())) return appended;
  // Whether the journal has it nobody knows. It is delivered again, and then it is a duplicate there.
  note_away(appended.error());
  return append_to_spool(batch);
}

/// To the inner journal, all but what waits in the spool.
Result<std::vector<Appended>> SpoolingJournal::append_past_the_spool(std::span<const Delivery> batch) {
  if (spool_->stats().rows == 0) return inner_->append(batch);
  std::vector<std::optional<Appended>> waiting;
  std::vector<Delivery> rest;
  for (const Delivery& delivery : batch) {
    waiting.push_back(spool_->find(delivery));
    if (!waiting.back()) rest.push_back(delivery);
  }
  if (rest.size() == batch.size()) return inner_->append(batch);
  ASSIGN_OR_RETURN(const std::vector<Appended> appended, inner_->append(rest));
  std::vector<Appended> outcomes;
  auto next = appended.begin();
  for (const auto& known : waiting) outcomes.push_back(known ? *known : *next++);
  return outcomes;
}

Result<std::vector<Appended>> SpoolingJournal::append_to_spool(std::span<const Delivery> batch) {
  ASSIGN_OR_RETURN(std::vector<Appended> outcomes, spool_->append(batch));
  // From here the batch is on stable storage.
  const auto spooled = std::ranges::count(outcomes, Appended::Outcome::kSpooled, &Appended::outcome);
  const std::lock_guard lock(mutex_);
  spooled_ += static_cast<std::uint64_t>(spooled);
  changed_.notify_all();
  return outcomes;
}

void SpoolingJournal::settle() {
  if (!store_away()) inner_->settle();
}

// ---------------------------------------------------------------------------------------------------------------------
// Delivering what waits

Result<bool> SpoolingJournal::deliver_some() {
  CHECK(!options_.in_background);
  return attempt();
}

Result<bool> SpoolingJournal::attempt() {
  ASSIGN_OR_RETURN(const spool::Spool::Batch batch, spool_->next(options_.batch_rows_max, options_.batch_bytes_max));
  if (batch.deliveries.empty()) {
    if (!store_away()) return false;
    if (const auto answer = inner_->last_sequence(0); !answer) {
      note_away(answer.error());
      return std::unexpected(answer.error());
    }
    note_back();
    return false;
  }
  std::uint64_t refused = 0;
  const auto appended = hand_over(batch.deliveries, refused);
  if (!appended) {
    if (means_away(appended.error())) note_away(appended.error());
    return std::unexpected(appended.error());
  }
  // The journal has acknowledged the batch: only from here it may leave the spool.
  note_back();
  RETURN_IF_ERROR(spool_->delivered(batch, refused > 0));
  inner_->settle();
  note_delivered(batch.deliveries.size(), refused);
  if (options_.delivered) options_.delivered(*appended);
  return true;
}

/// Appends `batch` to the inner journal. Deliveries that it will never take are `refused`: those whose id it has with
/// another body, and those that it calls wrong.
Result<std::vector<Appended>> SpoolingJournal::hand_over(std::span<const Delivery> batch, std::uint64_t& refused) {
  auto appended = inner_->append(batch);
  if (!appended && means_never(appended.error())) {
    if (batch.size() == 1) {
      report(fmt::format("the store refuses the delivery {} of {} that waited in the spool: {}", batch.front().id,
                         batch.front().origin.text, appended.error().message));
      ++refused;
      return std::vector<Appended>{};
    }
    // One wrong delivery must not hold up the others: halve until it is alone.
    const std::size_t half = batch.size() / 2;
    ASSIGN_OR_RETURN(std::vector<Appended> all, hand_over(batch.first(half), refused));
    ASSIGN_OR_RETURN(const std::vector<Appended> second, hand_over(batch.subspan(half), refused));
    all.insert(all.end(), second.begin(), second.end());
    return all;
  }
  if (!appended) return appended;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if ((*appended)[i].outcome != Appended::Outcome::kConflict) continue;
    ++refused;
    report(
        fmt::format("the delivery {} of {} was accepted while the store was away, but the store has that id with "
                    "another body; its file in the spool is kept",
                    batch[i].id, batch[i].origin.text));
  }
  return appended;
}

void SpoolingJournal::run() {
  Duration pause = {};
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const std::uint64_t seen = spooled_;
    lock.unlock();
    const Result<bool> done = attempt();
    note_attempt(done);
    lock.lock();
    pause = pause_after(done, pause);
    if (!done) {
      changed_.wait_for(lock, milliseconds(pause), [this] { return stopping_; });
    } else if (!*done) {
      changed_.wait(lock, [this, seen] { return stopping_ || away_ || spooled_ != seen; });
    }
  }
  running_ = false;
  changed_.notify_all();
}

/// Whatever but an absent store keeps deliveries here needs a person.
void SpoolingJournal::note_attempt(const Result<bool>& attempt) {
  const bool trouble = !attempt && !means_away(attempt.error());
  {
    const std::lock_guard lock(mutex_);
    const std::string before = std::exchange(error_, trouble ? attempt.error().message : std::string());
    if (!trouble || before == error_) return;
  }
  report(fmt::format("deliveries wait in the spool and cannot be delivered: {}", attempt.error().message));
}

/// Measured on no clock that somebody can set: a wait is a wait.
Duration SpoolingJournal::pause_after(const Result<bool>& attempt, Duration latest) const {
  if (attempt) return {};
  return {std::clamp(2 * latest.ms, options_.retry_first.ms, options_.retry_max.ms)};
}

// ---------------------------------------------------------------------------------------------------------------------
// What is known

bool SpoolingJournal::store_away() const {
  const std::lock_guard lock(mutex_);
  return away_;
}

void SpoolingJournal::note_away(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    store_error_ = error.message;
    if (std::exchange(away_, true)) return;
    changed_.notify_all();
  }
  report(fmt::format("the store is away, deliveries are kept on this machine's disk: {}", error.message));
}

void SpoolingJournal::note_back() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(away_, false)) return;
    store_error_.clear();
  }
  report("the store is back");
}

void SpoolingJournal::note_delivered(std::size_t rows, std::uint64_t refused) {
  const bool emptied = spool_->stats().rows == 0;
  std::uint64_t total = 0;
  {
    const std::lock_guard lock(mutex_);
    delivered_ += rows - refused;
    set_aside_ += refused;
    total = delivered_;
  }
  if (emptied) report(fmt::format("everything that waited in the spool was delivered, {} since the start", total));
}

void SpoolingJournal::report(const std::string& sentence) const {
  if (options_.report) options_.report(sentence);
}

std::optional<SpoolStats> SpoolingJournal::spool() const {
  const spool::Spool::Stats waiting = spool_->stats();
  SpoolStats stats;
  stats.rows = waiting.rows;
  stats.bytes = waiting.bytes;
  stats.bytes_max = options_.spool.bytes_max;
  stats.oldest = waiting.oldest;
  stats.kept_bytes = waiting.kept_bytes;
  stats.refusing = waiting.refusing;
  const std::lock_guard lock(mutex_);
  stats.spooled = spooled_;
  stats.delivered = delivered_;
  stats.set_aside = set_aside_;
  stats.store_away = away_;
  stats.store_error = store_error_;
  stats.error = error_;
  return stats;
}

Result<std::unique_ptr<SpoolingJournal>> open_spooling_journal(const std::filesystem::path& folder,
                                                               std::unique_ptr<Journal> inner,
                                                               SpoolingOptions options) {
  SystemRandom random;
  ASSIGN_OR_RETURN(auto opened, spool::open_folder(folder));
  ASSIGN_OR_RETURN(auto waiting, spool::Spool::open(std::move(opened), options.spool, random));
  if (const auto stats = waiting->stats(); options.report && (stats.rows > 0 || stats.cut_bytes > 0)) {
    options.report(fmt::format("{} deliveries wait in the spool {}", stats.rows, folder.string()));
    if (stats.cut_bytes > 0) {
      options.report(
          fmt::format("the spool ended in {} bytes of a write that a crash cut off; nobody was told that it "
                      "was safe",
                      stats.cut_bytes));
    }
  }
  return std::make_unique<SpoolingJournal>(std::move(inner), std::move(waiting), std::move(options));
}

}  // namespace fairlead::store
