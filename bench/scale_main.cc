// How fast the journal takes deliveries on PostgreSQL, against the plainest batched way to make the same events durable
// there: prepared multi-row `INSERT … ON CONFLICT DO NOTHING` with a unique id, on the same server, with as many
// clients and rows per statement, a commit each. Every round measures each side once, one after the other.
//
// Then a server on PostgreSQL takes a steady stream of events, and its projector must keep up.
//
// The appenders are journals of their own, as replicas have them; both sides keep what they store, so the tables and
// their indexes grow alike.

#include <fmt/format.h>

#include <array>
#include <random>

#include "bench/measurements.h"
#include "bench/raw_batches.h"
#include "bench/steady_stream.h"
#include "bench/workload.h"
#include "store/postgres/postgres_store.h"
#include "store/testing/postgres_server.h"

namespace fairlead::bench {
namespace {

constexpr int kRoundsByDefault = 7;
constexpr double kSeconds = 3;
constexpr double kMixedEventsPerSecond = 5'000;

struct Shape {
  int clients;
  std::size_t batch;
};
/// One writer of a busy server, and three replicas with what comes together while the commit before is synced.
constexpr std::array kShapes = {Shape{1, 1'000}, Shape{3, 256}, Shape{3, 1'000}};

using Rounds = std::vector<double>;

class ScaleBenchmark {
 public:
  ScaleBenchmark() : address_(server_.new_database()), raw_(address_) {
    for (int i = 0; i < 3; ++i) journals_.push_back(open());
  }

  bool run() {
    const int rounds = rounds_wanted(kRoundsByDefault);
    for (const Shape& shape : kShapes) {  // Not counted: statements are prepared, files are there.
      ours(shape, 0.5);
      raw_.events_per_second(shape.clients, shape.batch, 0.5, ++salt_);
    }
    std::array<Rounds, kShapes.size()> fairlead, raw;
    for (int round = 1; round <= rounds; ++round) {
      fmt::print(stderr, "\rround {} of {}", round, rounds);
      for (std::size_t i = 0; i < kShapes.size(); ++i) {
        fairlead[i].push_back(ours(kShapes[i], kSeconds));
        raw[i].push_back(raw_.events_per_second(kShapes[i].clients, kShapes[i].batch, kSeconds, ++salt_));
      }
    }
    fmt::print(stderr, "\n");
    const bool ingest = print(rounds, fairlead, raw);
    FairleadUnderTest server({"--store", server_.new_database()});
    return keeps_up(server, ++salt_, kMixedEventsPerSecond) && ingest;
  }

 private:
  std::unique_ptr<store::Journal> open() const {
    auto journal = store::open_postgres_journal(address_);
    if (!journal) throw std::runtime_error(journal.error().message);
    return std::move(*journal);
  }

  double ours(const Shape& shape, double seconds) {
    ++salt_;
    return batches_per_second(shape.clients, seconds,
                              [&](int client, std::uint64_t batch) {
                                std::vector<Delivery> deliveries(shape.batch);
                                for (std::size_t i = 0; i < shape.batch; ++i) {
                                  const std::uint64_t n = batch * shape.batch + i;
                                  Delivery& delivery = deliveries[i];
                                  delivery.source = SourceName("events");
                                  delivery.origin = Origin("events");
                                  delivery.id = event_id(client, n, salt_);
                                  delivery.received_at = {1'700'000'000'000};
                                  delivery.headers = {{"content-type", "application/json"}};
                                  delivery.body = deployment_json(n, salt_);
                                }
                                const auto appended =
                                    journals_.at(static_cast<std::size_t>(client))->append(deliveries);
                                if (!appended) throw std::runtime_error(appended.error().message);
                                if (appended->front().outcome != store::Appended::Outcome::kStored)
                                  throw std::runtime_error("not new");
                              }) *
           static_cast<double>(shape.batch);
  }

  static bool print(int rounds, const std::array<Rounds, kShapes.size()>& fairlead,
                    const std::array<Rounds, kShapes.size()>& raw) {
    fmt::print("\nMedians of {} rounds [95 % interval]\n", rounds);
    std::vector<Goal> goals;
    for (std::size_t i = 0; i < kShapes.size(); ++i) {
      const std::string shape = fmt::format("{} × {} rows", kShapes[i].clients, kShapes[i].batch);
      print_figures(fmt::format("journal on PostgreSQL, {}", shape), "events/s", fairlead[i]);
      print_figures(fmt::format("raw INSERT … ON CONFLICT, {}", shape), "events/s", raw[i]);
      Rounds ratios;
      for (std::size_t round = 0; round < raw[i].size(); ++round) ratios.push_back(fairlead[i][round] / raw[i][round]);
      goals.push_back({fmt::format("durable ingest on PostgreSQL, {}", shape), "raw batched ON CONFLICT inserts",
                       Goal::Direction::kAtLeast, 0.7, "×", ratios});
    }
    return print_goals(goals);
  }

  store::PostgresServer server_{{.durable = true}};
  const std::string address_;
  RawBatches raw_;
  std::vector<std::unique_ptr<store::Journal>> journals_;
  std::uint64_t salt_ = std::random_device{}();
};

}  // namespace
}  // namespace fairlead::bench

int main() {
  try {
    return fairlead::bench::ScaleBenchmark().run() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
