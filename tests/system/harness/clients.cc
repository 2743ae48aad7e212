#include "system/harness/clients.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <functional>
#include <random>

namespace fairlead::system_test {

namespace {

/// After an answer that asks to come again, or that should not have been.
constexpr Milliseconds kRestAfterRefusal{20};

std::string service_of(int client) {
  return fmt::format("service-{}", client);
}

class Client {
 public:
  Client(Scene& scene, int number, const std::string& token, std::uint64_t seed, const ClientsOptions& options)
      : scene_(scene), number_(number), token_(token), random_(seed), options_(options) {}

  void run() {
    for (int next = 0; !scene_.over(); ++next) {
      const Posted posted{number_, next};
      bool acknowledged = false;
      while (!acknowledged && !scene_.over()) acknowledged = attempt([&] { return post(posted); });
      if (acknowledged && options_.repeat_one_in != 0 && random_() % options_.repeat_one_in == 0) {
        attempt([&] { return repeat(posted); });
      }
      if (options_.rest == Milliseconds(0)) continue;
      api_.reset();
      scene_.rest(options_.rest);
    }
  }

 private:
  /// Whether a server took it well.
  bool attempt(const std::function<bool()>& act) {
    try {
      if (!api_) {
        const auto server = scene_.await_server(lost_, random_());
        if (!server) return false;
        run_ = server->number;
        api_.emplace(server->port, token_);
      }
      return act();
    } catch (const ConnectionLost&) {
      // Killed, perhaps after it had stored the delivery: the next server gets it with the same key.
      lost_ = run_;
    } catch (const std::exception& error) {
      scene_.problem(error.what());
    }
    api_.reset();
    return false;
  }

  bool post(const Posted& posted) {
    const HttpResponse response = api_->post_events(posted.event(), posted.key());
    if (response.status != 200) {
      if (response.status != 503 || !options_.may_be_refused) {
        scene_.problem(fmt::format("{}: {}", response.status, response.body));
      }
      scene_.rest(kRestAfterRefusal);
      return false;
    }
    const auto answer = boost::json::parse(response.body);
    if (answer.at("accepted").as_int64() + answer.at("duplicates").as_int64() != 1) {
      scene_.problem("neither accepted nor a duplicate: " + response.body);
    }
    scene_.acknowledged(posted);
    return true;
  }

  bool repeat(const Posted& posted) {
    const HttpResponse response = api_->post_events(posted.event(), posted.key());
    if (response.status == 200 && boost::json::parse(response.body).at("accepted").as_int64() == 0) return true;
    scene_.problem(fmt::format("{} again: {} {}", posted.id(), response.status, response.body));
    return false;
  }

  Scene& scene_;
  const int number_;
  const std::string token_;
  std::mt19937_64 random_;
  const ClientsOptions options_;
  std::optional<ApiClient> api_;
  std::uint64_t run_ = 0;   ///< Of the server that it speaks to.
  std::uint64_t lost_ = 0;  ///< The latest that did not answer any more.
};

}  // namespace

std::string Posted::id() const {
  return fmt::format("c{}-{}", client, number);
}

std::string Posted::event() const {
  return fmt::format(
      R"({{"type":"deployment","id":"{0}","service":"{1}","environment":"production","status":"success",)"
      R"("finished_at":{2},"sha":"{3}x{4}","repository":"github.com/acme/{1}"}})",
      id(), service_of(client), 1'767'600'000 + 600 * number + client, client, number);
}

void Scene::is_up(std::size_t server, std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  servers_.at(server) = {++runs_, port};
  changed_.notify_all();
}

void Scene::is_down(std::size_t server) {
  const std::lock_guard lock(mutex_);
  servers_.at(server).port = 0;
}

std::optional<Scene::Run> Scene::await_server(std::uint64_t lost, std::uint64_t choice) {
  std::unique_lock lock(mutex_);
  std::vector<Run> up;
  changed_.wait(lock, [&] {
    up = servers_;
    std::erase_if(up, [&](const Run& run) { return run.port == 0 || run.number == lost; });
    return over_ || !up.empty();
  });
  if (over_) return std::nullopt;
  return up[choice % up.size()];
}

void Scene::finish() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

bool Scene::over() const {
  const std::lock_guard lock(mutex_);
  return over_;
}

void Scene::rest(Milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&] { return over_; });
}

void Scene::acknowledged(const Posted& posted) {
  const std::lock_guard lock(mutex_);
  acknowledged_.push_back(posted);
  acknowledged_more_.notify_all();
}

void Scene::problem(const std::string& text) {
  const std::lock_guard lock(mutex_);
  problems_.push_back(text);
}

void Scene::await_more(std::size_t count, Milliseconds patience) {
  std::unique_lock lock(mutex_);
  const std::size_t enough = acknowledged_.size() + count;
  acknowledged_more_.wait_for(lock, patience, [&] { return acknowledged_.size() >= enough; });
}

std::vector<Posted> Scene::all_acknowledged() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

std::vector<std::string> Scene::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

Clients::Clients(Scene& scene, const std::string& token, std::uint64_t seed, const ClientsOptions& options)
    : scene_(scene) {
  for (int i = 0; i < options.count; ++i) {
    threads_.emplace_back(
        [=, &scene] { Client(scene, i, token, seed + static_cast<std::uint64_t>(i), options).run(); });
  }
}

std::vector<std::string> accepted_when_posted_again(const std::set<Posted>& posted,
                                                    const std::vector<std::uint16_t>& ports, const std::string& token) {
  constexpr std::size_t kPosters = 8;
  constexpr std::size_t kPostsPerConnection = 200;
  const std::vector<Posted> all(posted.begin(), posted.end());
  std::mutex mutex;
  std::vector<std::string> accepted;
  std::vector<std::jthread> posters;
  for (std::size_t first = 0; first < kPosters; ++first) {
    posters.emplace_back([&, first] {
      std::optional<ApiClient> api;
      std::size_t posts = 0;
      for (std::size_t i = first; i < all.size(); i += kPosters) {
        if (posts++ % kPostsPerConnection == 0) api.emplace(ports.at(first % ports.size()), token);
        const auto response = api->post_events(all[i].event(), all[i].key());
        if (response.status == 200 && boost::json::parse(response.body).at("duplicates").as_int64() == 1) continue;
        const std::lock_guard lock(mutex);
        accepted.push_back(fmt::format("{}: {} {}", all[i].id(), response.status, response.body));
      }
    });
  }
  posters.clear();
  return accepted;
}

std::multiset<std::string> listed_ids(ApiClient& api, int clients) {
  std::multiset<std::string> ids;
  for (int client = 0; client < clients; ++client) {
    for (const auto& row : api.list("/api/v1/deployments?service=" + service_of(client))) {
      ids.emplace(row.at("id").as_string());
    }
  }
  return ids;
}

std::multiset<std::string> ids_of(const std::set<Posted>& posted) {
  std::multiset<std::string> ids;
  for (const Posted& one : posted) ids.insert(one.id());
  return ids;
}

}  // namespace fairlead::system_test
