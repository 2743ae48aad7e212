#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/references.h"
#include "bench/workload.h"
#include "tests/system/harness/process.h"

namespace fairlead::bench {

namespace {

using Clock = std::chrono::steady_clock;
using system_test::Finished;
using system_test::Milliseconds;

/// PostgreSQL refuses to run as root; its own user is there wherever its package is.
std::vector<std::string> as_postgres(std::vector<std::string> command) {
  if (geteuid() == 0) command.insert(command.begin(), {"runuser", "-u", "postgres", "--"});
  return command;
}

std::string must(const Finished& result, const char* what) {
  if (result.code != 0) throw std::runtime_error(fmt::format("{}: {}{}", what, result.out, result.err));
  std::string out = result.out;
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

using Handle = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Rows = std::unique_ptr<PGresult, decltype(&PQclear)>;

Handle connect(const std::string& where) {
  Handle handle(PQconnectdb(where.c_str()), PQfinish);
  if (PQstatus(handle.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(handle.get()));
  return handle;
}

void must(PGconn* connection, PGresult* result) {
  const Rows rows(result, PQclear);
  if (PQresultStatus(rows.get()) != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection));
}

/// Inserts until `end`; returns how many.
std::uint64_t insert_until(const std::string& where, const std::string& prefix, std::uint64_t salt,
                           Clock::time_point end) {
  const Handle handle = connect(where);
  PGconn* connection = handle.get();
  must(connection,
       PQprepare(connection, "insert",
                 "INSERT INTO event (id, body, checksum) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", 3, nullptr));
  std::uint64_t n = 0;
  while (Clock::now() < end) {
    const std::string id = fmt::format("{}-{}", prefix, n);
    const std::string body = deployment_json(n, salt);
    const std::string checksum = std::to_string(static_cast<std::int64_t>(XXH3_64bits(body.data(), body.size())));
    const std::array<const char*, 3> values = {id.c_str(), body.data(), checksum.c_str()};
    const std::array<int, 3> lengths = {0, static_cast<int>(body.size()), 0};
    const std::array<int, 3> formats = {0, 1, 0};  // the body is binary
    must(connection, PQexecPrepared(connection, "insert", 3, values.data(), lengths.data(), formats.data(), 0));
    ++n;
  }
  return n;
}

}  // namespace

struct Postgres::Impl {
  std::string programs;
  std::filesystem::path folder;
  std::string where;
};

Postgres::Postgres(const std::filesystem::path& folder) : impl_(std::make_unique<Impl>()) {
  impl_->programs = must(system_test::run({"pg_config", "--bindir"}), "pg_config");
  impl_->folder = folder / "postgres";
  // The user postgres must be able to walk down to its folder.
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  std::filesystem::create_directory(impl_->folder);
  if (geteuid() == 0) must(system_test::run({"chown", "postgres", impl_->folder.string()}), "chown");
  system_test::ProcessOptions options;
  options.working_directory = impl_->folder.string();
  const std::string data = (impl_->folder / "data").string();
  const auto minutes = Milliseconds(120'000);
  must(system_test::run(as_postgres({impl_->programs + "/initdb", "-U", "postgres", "-A", "trust", "-D", data}),
                        minutes, options),
       "initdb");
  const std::string server_options = fmt::format(
      "-c listen_addresses='' -c unix_socket_directories='{}' -c max_connections=100", impl_->folder.string());
  must(system_test::run(as_postgres({impl_->programs + "/pg_ctl", "-D", data, "-w", "-l", data + ".log", "-o",
                                     server_options, "start"}),
                        minutes, options),
       "pg_ctl start");
  impl_->where = fmt::format("host={} user=postgres dbname=postgres", impl_->folder.string());
  const Handle handle = connect(impl_->where);
  must(handle.get(), PQexec(handle.get(),
                            "CREATE TABLE event (sequence BIGSERIAL PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
                            " body BYTEA NOT NULL, checksum BIGINT NOT NULL)"));
}

Postgres::~Postgres() {
  system_test::ProcessOptions options;
  options.working_directory = impl_->folder.string();
  const std::string data = (impl_->folder / "data").string();
  system_test::run(as_postgres({impl_->programs + "/pg_ctl", "-D", data, "-w", "-m", "fast", "stop"}),
                   Milliseconds(60'000), options);
}

double Postgres::events_per_second(int clients, double seconds, std::uint64_t salt) {
  std::atomic<std::uint64_t> inserted = 0;
  std::atomic<bool> failed = false;
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] {
      try {
        inserted += insert_until(impl_->where, fmt::format("{:x}-{}", salt, i), salt, end);
      } catch (const std::exception& error) {
        fmt::print(stderr, "PostgreSQL: {}\n", error.what());
        failed = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failed) throw std::runtime_error("the PostgreSQL reference failed");
  return static_cast<double>(inserted) / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace fairlead::bench
