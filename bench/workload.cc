#include "bench/workload.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace fairlead::bench {

namespace {

constexpr std::uint64_t kServices = 40;
constexpr std::uint64_t kYearStart = 1'735'689'600;  // 2025-01-01T00:00:00Z
constexpr std::uint64_t kYearSeconds = 365 * 86'400;

/// Each run has services of its own and goes through them in the order of time, as life does: runs that wrote into each
/// other's past would measure how late deployments are linked again.
std::string service_of(std::uint64_t salt, std::uint64_t service) {
  return fmt::format("s{:x}-{}", salt, service);
}

std::string sha_of(std::uint64_t salt, std::uint64_t service, std::uint64_t n) {
  return fmt::format("{:016x}{:08x}{:016x}", salt, service, n);
}

void append_commit(std::string& out, std::uint64_t salt, std::uint64_t service, std::uint64_t n, std::uint64_t at) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"type":"commit","repository":"example.org/acme/{}","sha":"{}","parents":[{}],)"
                 R"("authored_at":{},"committed_at":{},"author":"dev{}","message":"step {}"}})",
                 service_of(salt, service), sha_of(salt, service, n),
                 n == 0 ? "" : '"' + sha_of(salt, service, n - 1) + '"', at, at, n % 50, n);
}

void append_change(std::string& out, std::uint64_t salt, std::uint64_t service, std::uint64_t n, std::uint64_t at) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"type":"change","repository":"example.org/acme/{}","number":{},"title":"change {}",)"
                 R"("author":"dev{}","opened_at":{},"merged_at":{},"merge_sha":"{}"}})",
                 service_of(salt, service), n, n, n % 50, at - 7200, at, sha_of(salt, service, n));
}

void append_deployment(std::string& out, std::uint64_t salt, std::uint64_t service, std::uint64_t n, std::uint64_t at) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"type":"deployment","id":"{:x}-{}-{}","service":"{}","environment":"production",)"
                 R"("version":"{}","repository":"example.org/acme/{}","sha":"{}","status":"success",)"
                 R"("started_at":{},"finished_at":{}}})",
                 salt, service, n, service_of(salt, service), n, service_of(salt, service), sha_of(salt, service, n),
                 at - 60, at);
}

/// Event `i` of the mix: tens of events go round the services, so that each service's history grows in order.
void append_mixed(std::string& out, std::uint64_t salt, std::uint64_t i) {
  const std::uint64_t ten = i / 10;
  const std::uint64_t service = ten % kServices;
  const std::uint64_t round = ten / kServices;
  const std::uint64_t at = kYearStart + (round * 3600 + service) % kYearSeconds;
  const std::uint64_t place = i % 10;
  if (place < 7) {
    append_commit(out, salt, service, round * 7 + place, at + place);
  } else if (place < 9) {
    append_change(out, salt, service, round * 7 + (place - 7) * 3, at + 100);
  } else if (round % 20 == 7) {
    fmt::format_to(std::back_inserter(out),
                   R"({{"type":"incident","id":"{:x}-{}-{}","service":"{}","environment":"production",)"
                   R"("severity":"high","title":"down","opened_at":{},"resolved_at":{}}})",
                   salt, service, round, service_of(salt, service), at + 300, at + 900);
  } else {
    append_deployment(out, salt, service, round * 7 + 6, at + 200);
  }
}

}  // namespace

void append_post(std::string& out, const std::string& target, const std::string& token, const std::string& key,
                 const std::string& content_type, const std::string& body) {
  fmt::format_to(std::back_inserter(out),
                 "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {}\r\n"
                 "Content-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
                 target, token, key, content_type, body.size(), body);
}

std::string deployment_json(std::uint64_t n, std::uint64_t salt) {
  std::string out;
  append_deployment(out, salt, n % kServices, n / kServices, kYearStart + n % kYearSeconds);
  return out;
}

MakeRequest single_event_posts(std::string target, std::string token, std::uint64_t salt) {
  return [target = std::move(target), token = std::move(token), salt](std::string& out, std::uint64_t n) {
    append_post(out, target, token, fmt::format("{:x}-{}", salt, n), "application/json", deployment_json(n, salt));
  };
}

namespace {

std::string batch_body(std::uint64_t n, std::uint64_t salt, std::size_t events) {
  std::string body;
  for (std::size_t i = 0; i < events; ++i) body += deployment_json(n * events + i, salt) + '\n';
  return body;
}

}  // namespace

std::vector<std::string> batch_bodies(std::uint64_t salt, std::size_t batches, std::size_t events) {
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < batches; ++i) bodies.push_back(batch_body(i, salt, events));
  return bodies;
}

MakeRequest batch_posts(std::string token, std::uint64_t salt, const std::vector<std::string>& bodies) {
  return [token = std::move(token), salt, &bodies](std::string& out, std::uint64_t n) {
    append_post(out, "/api/v1/events", token, fmt::format("b{:x}-{}", salt, n), "application/x-ndjson",
                bodies[n % bodies.size()]);
  };
}

MakeRequest mixed_batches(std::string token, std::uint64_t salt, std::size_t events) {
  return [token = std::move(token), salt, events](std::string& out, std::uint64_t n) {
    std::string body;
    for (std::size_t i = 0; i < events; ++i) {
      append_mixed(body, salt, n * events + i);
      body += '\n';
    }
    append_post(out, "/api/v1/events", token, fmt::format("m{:x}-{}", salt, n), "application/x-ndjson", body);
  };
}

}  // namespace fairlead::bench
