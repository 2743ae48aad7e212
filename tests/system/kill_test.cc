// Promise R1: kill -9 at any point under load loses no acknowledged delivery and counts none twice.
//
// 64 clients post deployments, each under a key of its own, and journal what was acknowledged. The server is killed at
// random points (FAIRLEAD_KILLS of them, 50 by default) and started again; clients repeat whatever got no answer, with
// the same key. At the end every acknowledged deployment must be there exactly once, in the API and in the export, and
// posting everything once more must change nothing.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "system/harness/api_client.h"
#include "system/harness/server.h"
#include "system/harness/temp_folder.h"

namespace fairlead::system_test {
namespace {

constexpr int kClients = 64;
constexpr int kAcksBetweenKillsMax = 300;
/// One in so many acknowledged posts is repeated at once.
constexpr int kRepeatOneIn = 8;
constexpr int kKillWhileStartingOneIn = 6;
constexpr int kStartMs = 300;

int number_from_environment(const char* name, int fallback) {
  const char* text = std::getenv(name);
  return text ? std::atoi(text) : fallback;
}

/// Where the server is now, and what clients have seen of it. All members are guarded by the mutex.
class Scene {
 public:
  /// Blocks until a server other than generation `seen` is up; nothing once the scene is over.
  std::optional<std::pair<int, std::uint16_t>> await_server(int seen) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return over_ || (port_ != 0 && generation_ != seen); });
    if (over_) return std::nullopt;
    return std::pair(generation_, port_);
  }
  void server_is_up(std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    port_ = port;
    ++generation_;
    changed_.notify_all();
  }
  void server_is_down() {
    const std::lock_guard lock(mutex_);
    port_ = 0;
  }
  void finish() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  bool over() const {
    const std::lock_guard lock(mutex_);
    return over_;
  }

  void acknowledged(const std::string& id) {
    const std::lock_guard lock(mutex_);
    acknowledged_.push_back(id);
    changed_.notify_all();
  }
  void problem(const std::string& text) {
    const std::lock_guard lock(mutex_);
    problems_.push_back(text);
  }
  std::size_t acknowledgements() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_.size();
  }
  /// Until `count` acknowledgements in all, but no longer than `timeout`.
  void await_acknowledgements(std::size_t count, Milliseconds timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [&] { return acknowledged_.size() >= count; });
  }
  std::vector<std::string> all_acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
  }
  std::vector<std::string> problems() const {
    const std::lock_guard lock(mutex_);
    return problems_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint16_t port_ = 0;
  int generation_ = 0;
  bool over_ = false;
  std::vector<std::string> acknowledged_;
  std::vector<std::string> problems_;
};

struct Answer {
  std::int64_t accepted = 0;
  std::int64_t duplicates = 0;
};

Answer read_answer(const HttpResponse& response) {
  const auto json = boost::json::parse(response.body);
  return {json.at("accepted").as_int64(), json.at("duplicates").as_int64()};
}

Answer post(ApiClient& api, const std::string& id) {
  const HttpResponse response = api.post_events(deployment_event(id), "key-" + id);
  if (response.status != 200) throw std::runtime_error(fmt::format("{}: {}", response.status, response.body));
  return read_answer(response);
}

/// Posts deployment after deployment until the scene is over; never gives one up.
void run_client(Scene& scene, int number, const std::string& token, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  int generation = 0;
  int next = 0;
  std::string unanswered;  // posted, and no answer seen
  while (const auto server = scene.await_server(generation)) {
    generation = server->first;
    try {
      ApiClient api(server->second, token);
      while (!scene.over()) {
        const std::string id = unanswered.empty() ? fmt::format("c{}-{}", number, next++) : unanswered;
        unanswered = id;
        const Answer answer = post(api, id);
        unanswered.clear();
        if (answer.accepted + answer.duplicates != 1) scene.problem("neither accepted nor a duplicate: " + id);
        scene.acknowledged(id);
        if (random() % kRepeatOneIn != 0) continue;
        if (post(api, id).accepted != 0) scene.problem("accepted twice: " + id);
      }
    } catch (const ConnectionLost&) {
      // The server was killed. The next one gets the same delivery with the same key.
    } catch (const std::exception& error) {
      scene.problem(error.what());
    }
  }
}

class Clients {
 public:
  Clients(Scene& scene, const std::string& token, std::uint64_t seed) : scene_(scene) {
    for (int i = 0; i < kClients; ++i) {
      threads_.emplace_back(run_client, std::ref(scene), i, token, seed + static_cast<std::uint64_t>(i));
    }
  }
  ~Clients() { finish(); }
  void finish() {
    scene_.finish();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  Scene& scene_;
  std::vector<std::thread> threads_;
};

/// A server that is killed before anybody has spoken to it, perhaps before it has opened its files.
void kill_while_starting(const std::filesystem::path& data, std::mt19937_64& random) {
  Process process(serve_command(data), serve_options());
  process.wait(Milliseconds(random() % kStartMs));
  process.signal(SIGKILL);
}

/// Kills the server at `kills` random points: mostly after some acknowledgements, now and then while it starts.
void kill_again_and_again(Scene& scene, const std::filesystem::path& data, int kills, std::mt19937_64& random) {
  std::uniform_int_distribution<std::size_t> acks(0, kAcksBetweenKillsMax);
  for (int i = 0; i < kills; ++i) {
    if (random() % kKillWhileStartingOneIn == 0) {
      kill_while_starting(data, random);
      continue;
    }
    Server server(data);
    const std::size_t before = scene.acknowledgements();
    scene.server_is_up(server.port());
    scene.await_acknowledgements(before + acks(random), Milliseconds(10'000));
    server.kill();
    scene.server_is_down();
  }
}

std::multiset<std::string> ids_of(const std::vector<boost::json::object>& deployments) {
  std::multiset<std::string> ids;
  for (const auto& deployment : deployments) ids.emplace(deployment.at("id").as_string());
  return ids;
}

/// The ids of the deployments in an export, which is one JSON object a line.
std::multiset<std::string> exported_ids(const std::filesystem::path& data) {
  const Finished result = fairlead({"export", "--data", data.string(), "--format", "json"});
  if (result.code != 0) throw std::runtime_error("export failed: " + result.err);
  std::multiset<std::string> ids;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(R"({"entity":{)")) continue;
    static constexpr std::string_view kId = "\"id\":\"";
    const auto at = line.find(kId) + kId.size();
    ids.insert(line.substr(at, line.find('"', at) - at));
  }
  return ids;
}

TEST(Kill, no_acknowledged_delivery_is_lost_and_none_counts_twice) {
  const auto seed = static_cast<std::uint64_t>(
      number_from_environment("FAIRLEAD_SEED", static_cast<int>(std::random_device{}() >> 1)));
  const int kills = number_from_environment("FAIRLEAD_KILLS", 50);
  SCOPED_TRACE(fmt::format("FAIRLEAD_SEED={}", seed));
  std::mt19937_64 random(seed);
  const TempFolder folder;
  const auto data = folder.path() / "data";
  const std::string ingest = make_token(data, "operator");
  const std::string viewer = make_token(data, "viewer");

  Scene scene;
  {
    Clients clients(scene, ingest, seed);
    kill_again_and_again(scene, data, kills, random);
    clients.finish();
  }
  const std::vector<std::string> acknowledged = scene.all_acknowledged();
  const std::set<std::string> distinct(acknowledged.begin(), acknowledged.end());
  EXPECT_THAT(scene.problems(), testing::IsEmpty());
  EXPECT_EQ(distinct.size(), acknowledged.size()) << "a client counted one of its own posts twice";
  ASSERT_GT(distinct.size(), static_cast<std::size_t>(kills)) << "the load was too small to prove anything";
  std::printf("%d kills, %zu acknowledged, seed %lu\n", kills, distinct.size(), seed);

  Server server(data);
  ApiClient writer(server.port(), ingest);
  for (const std::string& id : distinct) {
    const Answer answer = post(writer, id);
    ASSERT_EQ(answer.accepted, 0) << id << " was acknowledged and is gone, or is not recognised";
    ASSERT_EQ(answer.duplicates, 1) << id;
  }
  writer.await_projection(writer.post_events(deployment_event("last", "other")).header("fairlead-sequence"));
  // At most one post per client was under way when the last server died: stored perhaps, but not acknowledged.
  ApiClient reader(server.port(), viewer);
  const std::multiset<std::string> stored = ids_of(reader.list("/api/v1/deployments?service=api"));
  EXPECT_TRUE(std::ranges::includes(stored, distinct));
  EXPECT_EQ(std::set<std::string>(stored.begin(), stored.end()).size(), stored.size()) << "listed twice";
  EXPECT_LE(stored.size(), distinct.size() + kClients);
  const auto frequency = reader.get_json("/api/v1/metrics/delivery?service=api&from=2026-01-01&to=2026-02-01");
  EXPECT_EQ(frequency.at("metrics").at("deployment_frequency").at("n").to_number<std::size_t>(), stored.size());
  EXPECT_EQ(server.stop(), 0);
  std::multiset<std::string> exported = exported_ids(data);
  EXPECT_EQ(exported.erase("last"), 1u);
  EXPECT_EQ(exported, stored);
}

}  // namespace
}  // namespace fairlead::system_test
