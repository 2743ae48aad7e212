#include "bench/raw_batches.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <xxhash.h>

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/workload.h"

namespace fairlead::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Handle = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr std::size_t kColumns = 3;

Handle connect(const std::string& where) {
  Handle handle(PQconnectdb(where.c_str()), PQfinish);
  if (PQstatus(handle.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(handle.get()));
  return handle;
}

void must(PGconn* connection, PGresult* result) {
  const Answer answer(result, PQclear);
  if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection));
}

std::string insert_of(std::size_t rows) {
  std::string sql = "INSERT INTO raw_event (id, body, checksum) VALUES ";
  for (std::size_t i = 0; i < rows; ++i) {
    sql += fmt::format("{}(${},${},${})", i == 0 ? "" : ",", kColumns * i + 1, kColumns * i + 2, kColumns * i + 3);
  }
  return sql + " ON CONFLICT DO NOTHING";
}

/// One client's connection and the values of its batch.
class Client {
 public:
  Client(const std::string& address, std::size_t rows) : handle_(connect(address)), rows_(rows) {
    must(handle_.get(), PQprepare(handle_.get(), "insert", insert_of(rows).c_str(), 0, nullptr));
    for (std::size_t i = 0; i < rows; ++i) formats_.insert(formats_.end(), {0, 1, 0});  // The body is binary.
  }

  void insert(int client, std::uint64_t batch, std::uint64_t salt) {
    texts_.clear();
    for (std::size_t i = 0; i < rows_; ++i) {
      const std::uint64_t n = batch * rows_ + i;
      std::string body = deployment_json(n, salt);
      std::string checksum = std::to_string(static_cast<std::int64_t>(XXH3_64bits(body.data(), body.size())));
      texts_.push_back(event_id(client, n, salt));
      texts_.push_back(std::move(body));
      texts_.push_back(std::move(checksum));
    }
    std::vector<const char*> values;
    std::vector<int> lengths;
    for (const std::string& text : texts_) {
      values.push_back(text.c_str());
      lengths.push_back(static_cast<int>(text.size()));
    }
    must(handle_.get(), PQexecPrepared(handle_.get(), "insert", static_cast<int>(values.size()), values.data(),
                                       lengths.data(), formats_.data(), 0));
  }

 private:
  const Handle handle_;
  const std::size_t rows_;
  std::vector<int> formats_;
  std::vector<std::string> texts_;
};

}  // namespace

double batches_per_second(int clients, double seconds, const std::function<void(int, std::uint64_t)>& run) {
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::mutex mutex;
  std::uint64_t batches = 0;
  std::exception_ptr failure;
  {
    std::vector<std::jthread> threads;
    for (int client = 0; client < clients; ++client) {
      threads.emplace_back([&, client] {
        std::uint64_t own = 0;
        try {
          for (; Clock::now() < end; ++own) run(client, own);
        } catch (...) {
          const std::lock_guard lock(mutex);
          failure = std::current_exception();
        }
        const std::lock_guard lock(mutex);
        batches += own;
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
  return static_cast<double>(batches) / std::chrono::duration<double>(Clock::now() - start).count();
}

std::string event_id(int client, std::uint64_t n, std::uint64_t salt) {
  const std::array<std::uint64_t, 3> event = {salt, static_cast<std::uint64_t>(client), n};
  const XXH128_hash_t hash = XXH3_128bits(event.data(), sizeof event);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", hash.high64 >> 32, hash.high64 >> 16 & 0xffff,
                     hash.high64 & 0xffff, hash.low64 >> 48, hash.low64 & 0xffff'ffff'ffff);
}

RawBatches::RawBatches(std::string address) : address_(std::move(address)) {
  const Handle handle = connect(address_);
  must(handle.get(), PQexec(handle.get(),
                            "CREATE TABLE raw_event (sequence BIGSERIAL PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
                            " body BYTEA NOT NULL, checksum BIGINT NOT NULL)"));
}

double RawBatches::events_per_second(int clients, std::size_t batch, double seconds, std::uint64_t salt) const {
  std::vector<std::unique_ptr<Client>> connected;
  for (int i = 0; i < clients; ++i) connected.push_back(std::make_unique<Client>(address_, batch));
  return batches_per_second(clients, seconds,
                            [&](int client, std::uint64_t n) {
                              connected[static_cast<std::size_t>(client)]->insert(client, n, salt);
                            }) *
         static_cast<double>(batch);
}

}  // namespace fairlead::bench
