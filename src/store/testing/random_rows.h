#pragma once

// For the tests: random rows of every kind from small sets of names and times, so that they meet often.

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "model/mentions.h"
#include "store/store.h"

namespace fairlead::store {

/// How many random worlds a test tries; a long proof sets FAIRLEAD_SEEDS.
inline std::uint64_t seeds(std::uint64_t usual) {
  const char* wanted = std::getenv("FAIRLEAD_SEEDS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : usual;
}

/// The first seed; FAIRLEAD_SEED replays one.
inline std::uint64_t first_seed() {
  const char* wanted = std::getenv("FAIRLEAD_SEED");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 1;
}

/// A folder that vanishes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fairlead-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class RandomRows {
 public:
  explicit RandomRows(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }

  Instant time() { return {1'700'000'000'000 + static_cast<std::int64_t>(below(40)) * 3'600'000}; }
  std::optional<Instant> maybe_time() { return chance(80) ? std::optional(time()) : std::nullopt; }
  Day day() { return {static_cast<std::int32_t>(below(90)) - 10}; }
  TimeRange range() {
    const Instant from = time();
    return {from, from + Duration::hours(static_cast<std::int64_t>(below(40)))};
  }

  ServiceName service() {
    return ServiceName(pick({"api", "web",
                             "b\xc3\xbc"
                             "cher",
                             "", "a'b"}));
  }
  EnvironmentName environment() { return EnvironmentName(pick({"production", "staging", ""})); }
  RepositoryName repository() { return RepositoryName(pick({"github.com/acme/api", "github.com/acme/web", ""})); }
  MetricName metric() { return MetricName(pick({"deployment_frequency", "change_lead_time"})); }
  CommitSha sha() {
    const auto digit = "0123456789abcdef"[below(6)];
    return CommitSha(chance(70) ? std::string(40, digit) : chance(50) ? std::string(1, digit) : std::string(64, 'A'));
  }
  std::string word() { return std::string(pick({"one", "Two", "three two", std::string_view("nul\0byte", 8), ""})); }
  bool flag() { return chance(50); }

  EntityKey key() { return EntityKey::of(EntityKind::kDeployment, Origin("events"), std::to_string(below(8))); }
  std::vector<EntityKey> keys() {
    return many<EntityKey>(3, [&] { return key(); });
  }

  Mention mention() { return mention_any_repository_sha(sha()); }

  EntityRow entity() {
    const std::string id = std::to_string(below(12));
    EntityRow row;
    if (chance(60)) {
      Deployment deployment;
      deployment.identity = {Origin("events"), id};
      if (flag()) deployment.version = {{2, time()}, word()};
      if (chance(80)) deployment.status = {{2, time()}, StatusAt{random_status(), maybe_time()}};
      row.entity = deployment;
    } else if (flag()) {
      Incident incident;
      incident.identity = {Origin("events"), id};
      if (flag()) incident.title = {{0, time()}, word()};
      row.entity = incident;
    } else {
      Commit commit;
      commit.identity = {Origin("github.com/acme/api"), id};
      if (flag()) commit.message = {{0, time()}, word()};
      row.entity = commit;
    }
    row.key = key_of(row.entity);
    row.place = {service(), environment(), repository(), maybe_time(), word(), flag(), flag()};
    return row;
  }
  std::vector<Mention> mentions() {
    return many<Mention>(4, [&] { return mention(); });
  }

  Edge edge() { return {repository(), sha(), sha(), static_cast<EdgeKind>(below(3))}; }
  SummaryPlace place() { return {metric(), service(), environment(), flag()}; }

  StreamDeployment stream(const EntityKey& deployment) {
    return {service(), environment(), repository(), deployment,
            time(),    flag(),        flag(),       static_cast<std::int64_t>(below(5))};
  }
  Shipped shipped(const EntityKey& deployment) { return {repository(), sha(), service(), environment(), deployment}; }
  Missing missing(const EntityKey& deployment) {
    return {repository(), sha(), service(), environment(), deployment, time()};
  }
  Evidence evidence(const EntityKey& by) {
    return {by, key(), static_cast<EvidenceKind>(below(7)), service(), time(), maybe_time(), word()};
  }
  Fact fact(const EntityKey& owner) {
    Fact fact{owner,  metric(), service(), environment(),           flag(), flag(),
              flag(), time(),   key(),     EntityKind::kDeployment, {},     {}};
    if (flag()) {
      fact.value = static_cast<std::int64_t>(below(100'000));
    } else {
      fact.excluded = chance(50) ? "negative_leg" : "baseline_deployment";
    }
    return fact;
  }
  KnownSince known_since(const ServiceName& of) { return {of, static_cast<DataKind>(below(5)), time(), flag()}; }
  DaySummary summary() {
    DaySummary summary;
    if (chance(15)) return summary;
    summary.count = static_cast<std::int64_t>(below(10));
    summary.ones = static_cast<std::int64_t>(below(10));
    for (auto left = below(6); left > 0; --left)
      summary.values.push_back(static_cast<std::int64_t>(random_() >> 20) - 5);
    std::sort(summary.values.begin(), summary.values.end());
    if (flag()) summary.excluded["negative_leg"] = static_cast<std::int64_t>(below(5) + 1);
    return summary;
  }
  DeliveryOutcome outcome() {
    return {{0, below(20) + 1},
            SourceName(pick({"events", "github"})),
            static_cast<Interpretation::Outcome>(below(3)),
            word(),
            static_cast<std::int64_t>(below(5)),
            time()};
  }

  Delivery delivery(std::uint64_t ids, std::uint64_t body_bytes_max) {
    Delivery delivery;
    delivery.source = SourceName(pick({"events", "github"}));
    delivery.origin = Origin(pick({"events", "github.com"}));
    delivery.id = std::to_string(below(ids));
    delivery.received_at = time();
    if (flag()) delivery.headers = {{"x-event", word()}, {"x-empty", ""}};
    // Mostly one body per id, so that repetitions are duplicates.
    delivery.body = chance(90) ? body_for(delivery.id, body_bytes_max) : word();
    return delivery;
  }

  template <class T, class Make>
  std::vector<T> many(std::uint64_t below_count, const Make& make) {
    std::vector<T> rows;
    for (auto left = below(below_count); left > 0; --left) rows.push_back(make());
    return rows;
  }

 private:
  std::string_view pick(std::initializer_list<std::string_view> words) { return words.begin()[below(words.size())]; }
  RunStatus random_status() { return static_cast<RunStatus>(below(7)); }
  static std::string body_for(const std::string& id, std::uint64_t bytes_max) {
    const std::size_t size = std::hash<std::string>{}(id) % (bytes_max + 1);
    std::string body;
    while (body.size() < size) body += id + std::to_string(body.size() * 7919);
    body.resize(size);
    return body;
  }

  std::mt19937_64 random_;
};

}  // namespace fairlead::store
