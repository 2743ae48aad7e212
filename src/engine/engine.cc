#include "engine/engine.h"

#include <utility>

#include "base/limits.h"
#include "engine/derive/deriver.h"
#include "engine/ingest_writer.h"
#include "engine/project/policy_change.h"
#include "store/fleet.h"

namespace fairlead::engine {

namespace {

IngestWriter::Limits writer_limits(const EngineOptions& options) {
  IngestWriter::Limits limits;
  if (options.queue_rows_max > 0) limits.queue_rows_max = options.queue_rows_max;
  if (options.queue_bytes_max > 0) limits.queue_bytes_max = options.queue_bytes_max;
  return limits;
}

/// Live ids count on from the time of the start in microseconds: above all ids of earlier runs, as long as those
/// published fewer than a million events per second, and exact in a double for a browser.
std::uint64_t first_live_id(const Clock& clock) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(clock.now().ms, 0)) * 1'000;
}

}  // namespace

struct Engine::Impl {
  Impl(store::Stores s, Policy p, const Clock& c, std::uint64_t last_live_id)
      : stores(std::move(s)),
        policy(std::move(p)),
        clock(c),
        reporter(policy),
        live(limits::kLiveRingEvents, last_live_id),
        deriver(*stores.journal, *stores.derived, policy, live, stores.fleet.get()) {}

  store::Stores stores;
  const Policy policy;
  const Clock& clock;
  const Reporter reporter;
  LiveHub live;
  Deriver deriver;
  /// Last, so that its thread ends first: it tells the deriver what it appended.
  std::unique_ptr<IngestWriter> writer;
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  stop();
}

Result<std::unique_ptr<Engine>> Engine::start(store::Stores stores, Policy policy, const Clock& clock,
                                              EngineOptions options) {
  std::uint64_t last_live_id = first_live_id(clock);
  if (stores.fleet) {
    ASSIGN_OR_RETURN(last_live_id, stores.fleet->last_news());
  }
  auto impl = std::make_unique<Impl>(std::move(stores), std::move(policy), clock, last_live_id);
  {
    ASSIGN_OR_RETURN(const auto reader, impl->stores.derived->read());
    RETURN_IF_ERROR(check_interpretation(*reader, impl->policy));
  }
  RETURN_IF_ERROR(impl->deriver.start());
  Deriver& deriver = impl->deriver;
  impl->writer =
      std::make_unique<IngestWriter>(*impl->stores.journal, writer_limits(options),
                                     [&deriver](std::span<const store::Appended> rows) { deriver.appended(rows); });
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

void Engine::submit(Delivery delivery, Done done) {
  impl_->writer->submit(std::move(delivery), std::move(done));
}

void Engine::when_projected(JournalPosition position, int timeout_ms, std::function<void(bool)> done) {
  impl_->deriver.when_projected(position, timeout_ms, std::move(done));
}

bool Engine::projected(JournalPosition position) const {
  return impl_->deriver.projected(position);
}

Result<std::unique_ptr<store::DerivedReader>> Engine::read() const {
  return impl_->stores.derived->read();
}

store::Journal& Engine::journal() {
  return *impl_->stores.journal;
}

const Policy& Engine::policy() const {
  return impl_->policy;
}

const Reporter& Engine::reporter() const {
  return impl_->reporter;
}

store::Fleet* Engine::fleet() {
  return impl_->stores.fleet.get();
}

LiveHub& Engine::live() {
  return impl_->live;
}

const Clock& Engine::clock() const {
  return impl_->clock;
}

EngineStats Engine::stats() const {
  const IngestWriter::Stats writer = impl_->writer->stats();
  Deriver::Stats deriver = impl_->deriver.stats();
  EngineStats stats;
  stats.queue_rows = writer.queue_rows;
  stats.queue_bytes = writer.queue_bytes;
  stats.appended = writer.appended;
  stats.duplicates = writer.duplicates;
  stats.conflicts = writer.conflicts;
  stats.refused = writer.refused;
  stats.failed = writer.failed;
  stats.commits = writer.commits;
  stats.storage_failed = writer.storage_failed;
  stats.last_sequence = deriver.last_sequence;
  stats.projected_sequence = deriver.projected_sequence;
  stats.dirty_services = deriver.dirty_services;
  stats.derive_failures = deriver.failures;
  stats.derive_error = std::move(deriver.error);
  stats.superseded = deriver.superseded;
  return stats;
}

void Engine::stop() {
  impl_->writer->stop();
  impl_->deriver.stop();
}

}  // namespace fairlead::engine
