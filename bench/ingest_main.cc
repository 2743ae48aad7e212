// How fast Fairlead acknowledges, against the plainest ways to make the same events durable, in the same run on the
// same file system. Every round measures each side once, one after the other, so that a slow minute of the machine
// slows both; ratios are taken within a round, and the median over the rounds decides.
//
// The sending side shares the two processors with the server. The projector works while events come in, as it does in
// life; between two measurements it catches up, so that its work does not fall on somebody else's figure.

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <random>

#include "bench/fairlead_under_test.h"
#include "bench/measurements.h"
#include "bench/references.h"
#include "bench/steady_stream.h"
#include "bench/workload.h"

namespace fairlead::bench {
namespace {

constexpr int kRoundsByDefault = 7;
constexpr int kClients = 64;
constexpr double kSeconds = 2;
constexpr std::size_t kIdleSamples = 500;
constexpr std::size_t kRecordBytes = 400;  // what one event with its journal row comes to
constexpr std::size_t kBatchEvents = 1'000;
constexpr int kBatchClients = 4;
constexpr std::uint64_t kBatches = 60;  // a second of batches would take the projector minutes
constexpr double kMixedEventsPerSecond = 10'000;

using Rounds = std::vector<double>;

struct Figures {
  Rounds durable, no_store, sqlite, postgres;
  Rounds ack_p50, sync_p50, nginx_p50, ack_p99, sync_p99, nginx_p99;
  Rounds batch_bytes, synced_bytes;
};

Rounds ratios(const Rounds& a, const Rounds& b) {
  Rounds result;
  for (std::size_t i = 0; i < a.size(); ++i) result.push_back(a[i] / b[i]);
  return result;
}

class IngestBenchmark {
 public:
  IngestBenchmark() : nginx_(fairlead_.folder()), postgres_(fairlead_.folder()), salt_(std::random_device{}()) {}

  bool run() {
    warm_up();
    for (int round = 1; round <= rounds_; ++round) {
      fmt::print(stderr, "\rround {} of {}", round, rounds_);
      measure_throughput();
      measure_latency();
      measure_batches();
    }
    fmt::print(stderr, "\n");
    print();
    const bool goals = print_goals(goals_of(figures_));
    return keeps_up(fairlead_, ++salt_, kMixedEventsPerSecond) && goals;
  }

 private:
  MakeRequest durable_posts() { return single_event_posts("/api/v1/events", fairlead_.token(), ++salt_); }

  void warm_up() {
    fairlead_.load(durable_posts(), {.connections = kClients, .seconds = 1});
    fairlead_.drain();
    postgres_.events_per_second(kClients, 1, ++salt_);
  }

  void measure_throughput() {
    const LoadOptions options{.connections = kClients, .seconds = kSeconds};
    figures_.durable.push_back(fairlead_.load(durable_posts(), options).per_second());
    fairlead_.drain();
    const auto dry = single_event_posts("/api/v1/events?dry_run=true", fairlead_.token(), ++salt_);
    figures_.no_store.push_back(fairlead_.load(dry, options).per_second());
    figures_.sqlite.push_back(sqlite_events_per_second(fairlead_.folder(), kSeconds, ++salt_));
    figures_.postgres.push_back(postgres_.events_per_second(kClients, kSeconds, ++salt_));
  }

  void measure_latency() {
    const Rounds idle = fairlead_.load(durable_posts(), {.connections = 1, .seconds = kSeconds / 2}).latencies_us;
    fairlead_.drain();
    const Rounds sync = sync_latencies_us(fairlead_.folder(), kRecordBytes, std::max(kIdleSamples, idle.size()));
    const Rounds nginx = nginx_.load({.connections = 1, .seconds = kSeconds / 2}).latencies_us;
    const double half = figures_.durable.back() / 2;
    const Rounds loaded =
        fairlead_.load(durable_posts(), {.connections = kClients, .seconds = kSeconds, .rate = half}).latencies_us;
    fairlead_.drain();
    const Rounds nginx_loaded = nginx_.load({.connections = kClients, .seconds = kSeconds, .rate = half}).latencies_us;
    figures_.ack_p50.push_back(quantile(idle, 0.5));
    figures_.sync_p50.push_back(quantile(sync, 0.5));
    figures_.nginx_p50.push_back(quantile(nginx, 0.5));
    figures_.ack_p99.push_back(quantile(loaded, 0.99));
    figures_.sync_p99.push_back(quantile(sync, 0.99));
    figures_.nginx_p99.push_back(quantile(nginx_loaded, 0.99));
  }

  void measure_batches() {
    const std::vector<std::string> bodies = batch_bodies(++salt_, kBatches, kBatchEvents);
    std::size_t bytes = 0;
    for (const std::string& body : bodies) bytes += body.size();
    const auto posts = batch_posts(fairlead_.token(), salt_, bodies);
    const auto result = fairlead_.load(posts, {.connections = kBatchClients, .seconds = 60, .requests = kBatches});
    fairlead_.drain();
    figures_.batch_bytes.push_back(static_cast<double>(bytes) / result.seconds);
    figures_.synced_bytes.push_back(synced_bytes_per_second(fairlead_.folder(), bodies));
  }

  void print() const {
    fmt::print("\nMedians of {} rounds [95 % interval]\n", rounds_);
    print_figures("durable single-event POST, 64 connections", "events/s", figures_.durable);
    print_figures("the same, checked but not stored (dry_run)", "events/s", figures_.no_store);
    print_figures("SQLite, WAL, synchronous=FULL, one commit per event", "events/s", figures_.sqlite);
    print_figures("PostgreSQL, one commit per event, 64 clients", "events/s", figures_.postgres);
    print_figures("acknowledgement, one client, p50", "µs", figures_.ack_p50);
    print_figures("write + fdatasync of 400 bytes, p50", "µs", figures_.sync_p50);
    print_figures("nginx, a small file, one client, p50", "µs", figures_.nginx_p50);
    print_figures("acknowledgement at half load, p99", "µs", figures_.ack_p99);
    print_figures("write + fdatasync of 400 bytes, p99", "µs", figures_.sync_p99);
    print_figures("nginx, a small file at the same rate, p99", "µs", figures_.nginx_p99);
    print_figures("NDJSON batches of 1,000, 4 connections", "bytes/s", figures_.batch_bytes);
    print_figures("write + fdatasync of the same bodies, one after the other", "bytes/s", figures_.synced_bytes);
  }

  static std::vector<Goal> goals_of(const Figures& f) {
    using enum Goal::Direction;
    return {
        {"durable ingest, 64 connections", "the same server's POST that stores nothing", kAtLeast, 0.6, "×",
         ratios(f.durable, f.no_store)},
        {"durable ingest, 64 connections", "SQLite FULL, one commit per event", kAtLeast, 4, "×",
         ratios(f.durable, f.sqlite)},
        {"durable ingest, 64 connections", "PostgreSQL, 64 clients, unique key", kAtLeast, 2, "×",
         ratios(f.durable, f.postgres)},
        {"acknowledgement, idle, p50", "fdatasync p50", kAtMost, 1.5, "×", ratios(f.ack_p50, f.sync_p50)},
        {"acknowledgement, half load, p99", "fdatasync p99", kAtMost, 3, "×", ratios(f.ack_p99, f.sync_p99)},
        {"NDJSON batches of 1,000", "write + fdatasync of the same bytes", kAtLeast, 0.5, "×",
         ratios(f.batch_bytes, f.synced_bytes)},
    };
  }

  FairleadUnderTest fairlead_;
  Nginx nginx_;
  Postgres postgres_;
  std::uint64_t salt_;
  const int rounds_ = rounds_wanted(kRoundsByDefault);
  Figures figures_;
};

}  // namespace
}  // namespace fairlead::bench

int main() try { return fairlead::bench::IngestBenchmark().run() ? 0 : 1; } catch (const std::exception& error) {
  fmt::print(stderr, "bench: {}\n", error.what());
  return 2;
}
