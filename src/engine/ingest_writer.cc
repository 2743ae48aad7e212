#include "engine/ingest_writer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace fairlead::engine {

namespace {

std::size_t bytes_of(const Delivery& delivery) {
  std::size_t bytes = sizeof(Delivery) + delivery.id.size() + delivery.body.size();
  for (const auto& [name, value] : delivery.headers) bytes += name.size() + value.size();
  return bytes;
}

std::size_t bytes_of(std::span<const Delivery> deliveries) {
  std::size_t bytes = 0;
  for (const Delivery& delivery : deliveries) bytes += bytes_of(delivery);
  return bytes;
}

/// How many deliveries from the front go into one transaction; at least one.
std::size_t batch_size(std::span<const Delivery> deliveries, const IngestWriter::Limits& limits) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < deliveries.size() && count < limits.batch_rows_max) {
    bytes += bytes_of(deliveries[count]);
    if (count > 0 && bytes > limits.batch_bytes_max) break;
    ++count;
  }
  return count;
}

}  // namespace

IngestWriter::IngestWriter(store::Journal& journal, const Limits& limits, Committed committed)
    : journal_(journal), limits_(limits), committed_(std::move(committed)), thread_([this] { run(); }) {}

IngestWriter::~IngestWriter() {
  stop();
}

void IngestWriter::submit(Delivery delivery, Done done) {
  if (std::optional<Error> refused = enqueue(delivery, done)) done(std::unexpected(std::move(*refused)));
}

/// Takes both over, or says why not and leaves them as they were.
std::optional<Error> IngestWriter::enqueue(Delivery& delivery, Done& done) {
  const std::size_t bytes = bytes_of(delivery);
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (std::optional<Error> refused = refusal(bytes)) {
      if (!stopping_ && !stats_.storage_failed) ++stats_.refused;
      return refused;
    }
    waiting_.deliveries.push_back(std::move(delivery));
    waiting_.dones.push_back(std::move(done));
    ++stats_.queue_rows;
    stats_.queue_bytes += bytes;
    wake = std::exchange(asleep_, false);
  }
  if (wake) work_.notify_one();
  return std::nullopt;
}

/// Why a delivery of `bytes` is not taken now, if so. An empty queue takes a delivery of any size: the body limits of
/// the way in bound it.
std::optional<Error> IngestWriter::refusal(std::size_t bytes) const {
  if (stats_.storage_failed) {
    return Error{ErrorCode::kIo, "a sync of the journal failed, so nothing is accepted: check the disk, then restart"};
  }
  if (stopping_) return Error{ErrorCode::kUnavailable, "the server is stopping"};
  if (stats_.queue_rows >= limits_.queue_rows_max ||
      (stats_.queue_rows > 0 && stats_.queue_bytes + bytes > limits_.queue_bytes_max)) {
    return Error{ErrorCode::kUnavailable, "the ingest queue is full, try again in a moment"};
  }
  return std::nullopt;
}

void IngestWriter::run() {
  Queue taken;
  while (wait_for_work(taken)) commit_all(taken);
}

/// Takes everything that waits. False when stopping and nothing is left.
bool IngestWriter::wait_for_work(Queue& taken) {
  std::unique_lock lock(mutex_);
  while (waiting_.deliveries.empty()) {
    if (stopping_) return false;
    asleep_ = true;
    work_.wait(lock, [this] { return stopping_ || !waiting_.deliveries.empty(); });
    asleep_ = false;
  }
  // The two queues change places, so that neither allocates anew under load.
  std::swap(waiting_, taken);
  return true;
}

void IngestWriter::commit_all(Queue& taken) {
  std::span<const Delivery> deliveries = taken.deliveries;
  std::span<Done> dones = taken.dones;
  while (!deliveries.empty()) {
    const std::size_t count = batch_size(deliveries, limits_);
    commit(deliveries.first(count), dones.first(count));
    deliveries = deliveries.subspan(count);
    dones = dones.subspan(count);
  }
  taken.deliveries.clear();
  taken.dones.clear();
}

void IngestWriter::commit(std::span<const Delivery> deliveries, std::span<Done> dones) {
  const Result<std::vector<store::Appended>> appended = journal_.append(deliveries);
  account(deliveries, appended);
  // After the commit: a success answered here is on stable storage (invariant I1).
  for (std::size_t i = 0; i < dones.size(); ++i) {
    if (appended) {
      dones[i]((*appended)[i]);
    } else {
      dones[i](std::unexpected(appended.error()));
    }
    dones[i] = nullptr;  // what it holds (a request, a connection) is freed now, not when the batch ends
  }
  if (appended && committed_) committed_(*appended);
  if (appended) journal_.settle();
}

void IngestWriter::account(std::span<const Delivery> deliveries, const Result<std::vector<store::Appended>>& appended) {
  const bool sync_failed = !appended && journal_.sync_failed();
  std::lock_guard lock(mutex_);
  stats_.queue_rows -= deliveries.size();
  stats_.queue_bytes -= bytes_of(deliveries);
  if (!appended) {
    stats_.failed += deliveries.size();
    stats_.storage_failed |= sync_failed;
    return;
  }
  ++stats_.commits;
  for (const store::Appended& one : *appended) {
    switch (one.outcome) {
      case store::Appended::Outcome::kStored:
        ++stats_.appended;
        break;
      case store::Appended::Outcome::kSpooled:
        ++stats_.spooled;
        break;
      case store::Appended::Outcome::kDuplicate:
        ++stats_.duplicates;
        break;
      case store::Appended::Outcome::kConflict:
        ++stats_.conflicts;
        break;
    }
  }
}

void IngestWriter::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  std::lock_guard lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

IngestWriter::Stats IngestWriter::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace fairlead::engine
