// How fast the spool makes deliveries durable, by the size of a batch, against write and fdatasync of the same bytes
// and against SQLite's journal, in turns within each round on the same file system.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "base/random.h"
#include "bench/measurements.h"
#include "store/spool/spool.h"
#include "store/sqlite/sqlite_store.h"

namespace fairlead::bench {
namespace {

using Stopwatch = std::chrono::steady_clock;

constexpr int kRoundsByDefault = 7;
constexpr std::size_t kDeliveriesMax = 60'000;
constexpr std::size_t kBatchesMax = 400;

/// What a small deployment event looks like.
Delivery delivery(std::uint64_t number) {
  Delivery made;
  made.source = SourceName("events");
  made.origin = Origin("events");
  made.id = fmt::format("key:{:016x}", number * 0x9E3779B97F4A7C15);
  made.received_at = {1'767'225'600'000 + static_cast<std::int64_t>(number)};
  made.headers = {{"content-type", "application/json"}};
  made.body = fmt::format(
      R"({{"type":"deployment","id":"d{}","service":"shop-{}","environment":"production","status":"success",)"
      R"("version":"1.{}.0","sha":"{:040x}","repository":"github.com/acme/shop","started_at":"2026-01-05T10:00:00Z",)"
      R"("finished_at":"2026-01-05T10:{:02}:30Z"}})",
      number, number % 40, number, number * 0x9E3779B97F4A7C15, number % 60);
  return made;
}

std::size_t bytes_of(const Delivery& delivery) {
  return delivery.id.size() + delivery.body.size() + delivery.origin.text.size() + 32;
}

/// What each append took, in µs, sorted.
struct Run {
  std::vector<double> latencies_us;
  double seconds = 0;
};

template <class Append>
Run measure(std::size_t batches, const Append& append) {
  Run run;
  const auto begin = Stopwatch::now();
  for (std::size_t i = 0; i < batches; ++i) {
    const auto start = Stopwatch::now();
    append(i);
    run.latencies_us.push_back(std::chrono::duration<double, std::micro>(Stopwatch::now() - start).count());
  }
  run.seconds = std::chrono::duration<double>(Stopwatch::now() - begin).count();
  std::ranges::sort(run.latencies_us);
  return run;
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}
void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message);
}

struct Figures {
  std::vector<double> per_second, p50, p99;

  void add(const Run& run, std::size_t deliveries) {
    per_second.push_back(static_cast<double>(deliveries) / run.seconds);
    p50.push_back(quantile(run.latencies_us, 0.5));
    p99.push_back(quantile(run.latencies_us, 0.99));
  }
};

void print(const char* what, const Figures& figures, const Figures& reference) {
  fmt::print("  {:<30} {:>9.0f}/s  p50 {:>7.0f} us  p99 {:>7.0f} us  x{:.2f} of the reference\n", what,
             median_of(figures.per_second).value, median_of(figures.p50).value, median_of(figures.p99).value,
             median_of(figures.per_second).value / median_of(reference.per_second).value);
}

class SpoolBenchmark {
 public:
  explicit SpoolBenchmark(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void run(std::size_t rows) {
    const std::size_t batches = std::min(kBatchesMax, kDeliveriesMax / rows);
    Figures spool, sync, sqlite;
    for (int round = 0; round < rounds_wanted(kRoundsByDefault); ++round) {
      make(rows, batches);
      sync.add(write_and_sync(batches), rows * batches);
      spool.add(append_to_spool(rows, batches), rows * batches);
      sqlite.add(append_to_sqlite(rows, batches), rows * batches);
    }
    fmt::print("batches of {} deliveries, {} bytes each\n", rows, bytes_.size() / rows);
    print("write and fdatasync, appending", sync, sync);
    print("spool", spool, sync);
    print("SQLite journal", sqlite, sync);
  }

 private:
  void make(std::size_t rows, std::size_t batches) {
    deliveries_.clear();
    bytes_.clear();
    for (std::size_t i = 0; i < rows * batches; ++i) deliveries_.push_back(delivery(next_++));
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < rows; ++i) bytes += bytes_of(deliveries_[i]);
    bytes_.assign(bytes, 'x');
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  Run write_and_sync(std::size_t batches) {
    auto folder = must(store::spool::open_folder(folder_ / "plain"));
    auto file = must(folder->create("file"));
    return measure(batches, [&](std::size_t i) {
      must(file->write(i * bytes_.size(), bytes_));
      must(file->sync());
    });
  }

  Run append_to_spool(std::size_t rows, std::size_t batches) {
    SystemRandom random;
    auto spool = must(store::spool::Spool::open(must(store::spool::open_folder(folder_ / "spool")), {}, random));
    return measure(batches,
                   [&](std::size_t i) { must(spool->append(std::span(deliveries_).subspan(i * rows, rows))); });
  }

  Run append_to_sqlite(std::size_t rows, std::size_t batches) {
    auto journal = must(store::open_sqlite_journal(folder_));
    return measure(batches, [&](std::size_t i) {
      must(journal->append(std::span(deliveries_).subspan(i * rows, rows)));
      journal->settle();
    });
  }

  const std::filesystem::path folder_;
  std::uint64_t next_ = 1;
  std::vector<Delivery> deliveries_;
  std::string bytes_;
};

}  // namespace
}  // namespace fairlead::bench

int main() {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("fairlead-bench-spool-{}", ::getpid());
  int code = 0;
  try {
    fairlead::bench::SpoolBenchmark benchmark(folder);
    for (const std::size_t rows : {1, 16, 64, 2'048}) benchmark.run(rows);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    code = 1;
  }
  std::filesystem::remove_all(folder);
  return code;
}
