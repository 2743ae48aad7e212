#include "simulate/feed.h"

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <vector>

#include "sources/events.h"

namespace fairlead::simulate {
namespace {

/// What became of the deliveries of one round. Answers come on the writer's thread.
class Answers {
 public:
  explicit Answers(std::size_t waiting_max) : waiting_max_(waiting_max) {}

  /// Returns when there is room for one more.
  void expect() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ < waiting_max_; });
    ++waiting_;
  }

  void note(std::size_t number, const Result<store::Appended>& answer) {
    const std::lock_guard lock(mutex_);
    if (!answer) {
      refused_.push_back(number);
      error_ = answer.error();
    } else {
      last_ = std::max(last_.value_or(answer->position), answer->position);
    }
    --waiting_;
    changed_.notify_all();
  }

  void await_all() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ == 0; });
  }

  // After await_all.
  std::vector<std::size_t> refused() const { return refused_; }
  const std::optional<Error>& error() const { return error_; }
  std::optional<JournalPosition> last() const { return last_; }

 private:
  const std::size_t waiting_max_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::size_t waiting_ = 0;
  std::vector<std::size_t> refused_;
  std::optional<Error> error_;
  std::optional<JournalPosition> last_;
};

}  // namespace

Delivery delivery_of(const Beat& beat, std::uint64_t seed, Instant founded_at) {
  const sources::Source& source = sources::events_source();
  Delivery delivery;
  delivery.source = source.name();
  delivery.origin = source.origin(sources::Headers({}));
  delivery.id = fmt::format("demo:{}:{}:{}", seed, founded_at.ms, beat.id);
  delivery.received_at = beat.at;
  delivery.body = beat.body;
  return delivery;
}

Result<std::optional<JournalPosition>> Feed::tell(Instant now) {
  // While the engine takes nothing, the world waits: what has not been listened to takes no memory.
  if (untold_.empty()) {
    std::vector<Beat> beats = world_.listen(now);
    std::ranges::move(beats, std::back_inserter(untold_));
  }
  Answers answers(kInFlightMax);
  for (std::size_t i = 0; i < untold_.size(); ++i) {
    answers.expect();
    ingest_.submit(delivery_of(untold_[i], seed_, world_.founded_at()),
                   [&answers, i](const Result<store::Appended>& answer) { answers.note(i, answer); });
  }
  answers.await_all();
  std::vector<std::size_t> refused = answers.refused();
  std::ranges::sort(refused);  // back into the order of time
  std::deque<Beat> again;
  for (const std::size_t number : refused) again.push_back(std::move(untold_[number]));
  untold_ = std::move(again);
  if (answers.error()) return std::unexpected(*answers.error());
  return answers.last();
}

}  // namespace fairlead::simulate
