#include "engine/testing/world.h"

#include <algorithm>
#include <optional>

#include "engine/testing/world_repository.h"

namespace fairlead::engine::testing {

namespace {

const std::vector<std::string> kServices = {"api", "web", "jobs"};
const std::vector<std::string> kEnvironments = {"production", "production", "production", "prod-eu", "staging"};

/// Told of one deployment so far, so that what comes later can correct it.
struct ToldDeployment {
  std::string id;
  std::string service;
  std::string version;
  std::string sha;
  Instant finished_at;
};

Policy random_policy(Dice& dice) {
  Policy policy;
  if (dice.chance(30)) policy.attribution_window = Duration::hours(dice.between(1, 72));
  if (dice.chance(30)) policy.revert_window = Duration::days(dice.between(1, 5));
  if (dice.chance(30)) policy.exclude_bot_changes = true;
  if (dice.chance(20)) {
    policy.services.push_back({ServiceName{"api"}, {"github.com/acme/r0"}, DeploymentVia::kRelease, {}});
  } else if (dice.chance(40)) {
    policy.services.push_back({ServiceName{"web"}, {"github.com/acme/*"}, DeploymentVia::kDeployment, {}});
  }
  return policy;
}

/// Deployments, incidents and the rest, told over a few weeks.
class Operations {
 public:
  Operations(const std::vector<WorldRepository>& repositories, std::vector<WorldEvent>& events, Dice& dice)
      : repositories_(repositories), events_(events), dice_(dice) {}

  void deploy() {
    now_ = now_ + Duration::millis(kWorldTick.ms * dice_.between(0, 200));
    if (dice_.chance(20)) return deploy_by_github();
    ToldDeployment deployment = attempt();
    const std::string status = dice_.chance(75) ? "success" : dice_.chance(60) ? "failed" : "cancelled";
    if (dice_.chance(40)) announce(deployment);
    finish(deployment, status);
    if (dice_.chance(35)) correct(deployment);
    told_.push_back(std::move(deployment));
  }

  void break_down() {
    const std::string id = fmt::format("i{}", ++incidents_);
    Instant opened = kWorldStart + Duration::millis(kWorldTick.ms * dice_.between(0, 2'500));
    if (!told_.empty() && dice_.chance(60)) {
      // Just at, before or after a finish, or at the far end of the window.
      opened = dice_.pick(told_).finished_at + Duration::millis(kWorldTick.ms * dice_.between(-1, 145));
    }
    if (dice_.chance(20)) return raise_issue(opened);
    WorldEvent event = own("incident", id, opened);
    if (dice_.chance(90)) event.body.text("service", dice_.pick(kServices));
    if (dice_.chance(80)) event.body.text("environment", dice_.pick(kEnvironments));
    event.body.time("opened_at", opened).text("title", "it broke").text("severity", "high");
    name_cause(event.body);
    events_.push_back(std::move(event));

    Instant at = opened;
    for (int i = static_cast<int>(dice_.below(3)); i > 0; --i) {
      at = at + Duration::millis(kWorldTick.ms * dice_.between(1, 200));
      WorldEvent later = own("incident", id, at);
      change_incident(later.body, at);
      events_.push_back(std::move(later));
    }
  }

  void something_else() {
    const Instant at = kWorldStart + Duration::millis(kWorldTick.ms * dice_.between(0, 2'000));
    switch (dice_.below(4)) {
      case 0:
        return run(at);
      case 1: {
        WorldEvent event = own("task", fmt::format("t{}", dice_.below(3)), at);
        event.body.text("run_id", fmt::format("r{}", dice_.below(4))).text("name", "build").text("status", "success");
        event.body.time("finished_at", at);
        events_.push_back(std::move(event));
        return;
      }
      case 2: {
        WorldEvent event = own("alert", "", at);
        event.body.text("fingerprint", "f1").text("name", "HighErrorRate").text("service", dice_.pick(kServices));
        event.body.text("status", dice_.chance(50) ? "firing" : "resolved").time("starts_at", kWorldStart);
        events_.push_back(std::move(event));
        return;
      }
      default: {
        WorldEvent event = own("canary", fmt::format("c{}", dice_.below(2)), at);
        event.body.text("service", "api").text("environment", "production").text("phase", "progressing");
        event.body.set("weight", fmt::format("{}", dice_.below(100)));
        events_.push_back(std::move(event));
        return;
      }
    }
  }

 private:
  static WorldEvent own(std::string_view type, const std::string& id, Instant told_at) {
    WorldEvent event;
    event.told_at = told_at;
    event.body.text("type", type).time("updated_at", told_at);
    if (!id.empty()) event.body.text("id", id);
    return event;
  }

  const WorldRepository& repository() { return dice_.pick(repositories_); }

  /// Mostly the main branch of the day; sometimes an old or a side commit; sometimes what was deployed before.
  std::string any_sha(const WorldRepository& repository, Instant at) {
    const std::size_t choice = dice_.below(100);
    if (choice < 65) return repository.commits()[repository.main_at(at)].sha;
    if (choice < 80 && !told_.empty()) return dice_.pick(told_).sha;
    return dice_.pick(repository.commits()).sha;
  }

  ToldDeployment attempt() {
    ToldDeployment deployment;
    deployment.id = fmt::format("d{}", ++deployments_);
    deployment.service = dice_.pick(kServices);
    deployment.finished_at = !told_.empty() && dice_.chance(15) ? dice_.pick(told_).finished_at : now_;
    deployment.version = fmt::format("1.{}", dice_.below(6));
    return deployment;
  }

  void announce(const ToldDeployment& deployment) {
    const Instant at = deployment.finished_at - kWorldTick;
    WorldEvent event = own("deployment", deployment.id, at);
    event.body.text("service", deployment.service).text("status", dice_.chance(50) ? "queued" : "running");
    event.body.time(dice_.chance(50) ? "queued_at" : "started_at", at);
    events_.push_back(std::move(event));
  }

  void finish(ToldDeployment& deployment, const std::string& status) {
    const WorldRepository& from = repository();
    deployment.sha = any_sha(from, deployment.finished_at);
    WorldEvent event = own("deployment", deployment.id, deployment.finished_at);
    if (dice_.chance(85)) event.body.text("service", deployment.service);
    event.body.text("environment", dice_.pick(kEnvironments)).text("status", status);
    event.body.time("finished_at", deployment.finished_at);
    if (dice_.chance(90)) event.body.text("sha", deployment.sha);
    if (dice_.chance(90)) event.body.text("repository", from.name());
    if (repositories_.size() > 1 && dice_.chance(15)) {
      JsonObject second;
      const WorldRepository& other = repository();
      second.text("repository", other.name()).text("sha", any_sha(other, deployment.finished_at));
      event.body.set("commits", json_array({second.json()}));
    }
    if (dice_.chance(50)) event.body.text("version", deployment.version);
    if (dice_.chance(20)) {
      event.body.text("kind", dice_.pick(std::vector<std::string>{"normal", "rollback", "hotfix", "rework"}));
    }
    if (dice_.chance(10)) event.body.text("ref", "hotfix/urgent");
    if (dice_.chance(5)) event.body.set("simulated", "true");
    events_.push_back(std::move(event));
  }

  /// What a tool may take back: the time, the result, the place, the content.
  void correct(const ToldDeployment& deployment) {
    const Instant at = deployment.finished_at + Duration::millis(kWorldTick.ms * dice_.between(1, 400));
    WorldEvent event = own("deployment", deployment.id, at);
    event.body.text("status", dice_.chance(70) ? "success" : "failed");
    event.body.time("finished_at", deployment.finished_at + Duration::millis(kWorldTick.ms * dice_.between(-200, 200)));
    if (dice_.chance(40)) event.body.text("service", dice_.pick(kServices));
    if (dice_.chance(30)) event.body.text("environment", dice_.pick(kEnvironments));
    if (dice_.chance(30)) event.body.text("version", fmt::format("1.{}", dice_.below(6)));
    if (dice_.chance(30)) {
      const WorldRepository& from = repository();
      event.body.text("repository", from.name()).text("sha", any_sha(from, at));
    }
    if (dice_.chance(15)) event.body.text("kind", "normal");
    events_.push_back(std::move(event));
  }

  void deploy_by_github() {
    const WorldRepository& from = repository();
    const std::string id = fmt::format("{}", 7'000 + ++deployments_);
    JsonObject deployment;
    deployment.set("id", id).text("sha", any_sha(from, now_)).text("ref", "main");
    deployment.text("environment", dice_.pick(kEnvironments)).time("created_at", now_).time("updated_at", now_);
    JsonObject repository;
    repository.text("full_name", from.path()).text("html_url", "https://github.com/" + from.path());
    WorldEvent created;
    created.told_at = now_;
    created.github = "deployment";
    created.body.text("action", "created").set("deployment", deployment.json());
    created.body.set("repository", repository.json());
    events_.push_back(created);

    Instant at = now_;
    for (const char* state : {"in_progress", "success", "failure"}) {
      if (dice_.chance(40)) continue;
      at = at + kWorldTick;
      JsonObject status;
      status.set("id", id).text("state", state).time("created_at", at).time("updated_at", at);
      WorldEvent event = created;
      event.told_at = at;
      event.github = "deployment_status";
      event.body.set("deployment_status", status.json());
      events_.push_back(std::move(event));
    }
  }

  void name_cause(JsonObject& body) {
    if (told_.empty() || !dice_.chance(45)) return;
    const ToldDeployment& cause = dice_.pick(told_);
    switch (dice_.below(3)) {
      case 0:
        body.text("deployment_id", cause.id);
        return;
      case 1:
        body.text("caused_by_sha", cause.sha);
        return;
      default:
        body.text("caused_by_version", cause.version);
        return;
    }
  }

  void change_incident(JsonObject& body, Instant at) {
    switch (dice_.below(6)) {
      case 0:
        body.set("resolved_at", "null");
        return;
      case 1:
        body.text("service", dice_.pick(kServices));
        return;
      case 2:
        name_cause(body);
        return;
      case 3:
        body.time("opened_at", at - Duration::hours(dice_.between(0, 60)));
        return;
      default:
        body.time("resolved_at", at);
        return;
    }
  }

  void raise_issue(Instant opened) {
    const WorldRepository& from = repository();
    const std::string id = fmt::format("{}", 9'000 + incidents_);
    const bool closed = dice_.chance(60);
    const Instant at = opened + Duration::hours(dice_.between(1, 30));
    for (const bool now_closed : {false, true}) {
      if (now_closed && !closed) continue;
      JsonObject issue;
      issue.set("id", id).set("number", id).text("title", "it broke").time("created_at", opened);
      issue.time("updated_at", now_closed ? at : opened).text("state", now_closed ? "closed" : "open");
      issue.set("closed_at", now_closed ? json_time(at) : "null").set("labels", R"([{"name":"incident"}])");
      JsonObject repository;
      repository.text("full_name", from.path()).text("html_url", "https://github.com/" + from.path());
      WorldEvent event;
      event.told_at = now_closed ? at : opened;
      event.github = "issues";
      event.body.text("action", now_closed ? "closed" : "opened").set("issue", issue.json());
      event.body.set("repository", repository.json());
      events_.push_back(std::move(event));
    }
  }

  void run(Instant at) {
    const WorldRepository& from = repository();
    WorldEvent event = own("run", fmt::format("r{}", dice_.below(4)), at);
    event.body.text("pipeline", "build").text("service", dice_.pick(kServices)).text("repository", from.name());
    event.body.text("sha", any_sha(from, at)).text("status", dice_.chance(50) ? "success" : "running");
    event.body.time(dice_.chance(50) ? "finished_at" : "started_at", at);
    if (dice_.chance(30)) event.body.text("environment", "production");
    events_.push_back(std::move(event));
  }

  const std::vector<WorldRepository>& repositories_;
  std::vector<WorldEvent>& events_;
  Dice& dice_;
  Instant now_ = kWorldStart;
  std::vector<ToldDeployment> told_;
  int deployments_ = 0;
  int incidents_ = 0;
};

}  // namespace

World World::random(std::uint64_t seed, const WorldSize& size) {
  Dice dice(seed);
  World world;
  world.policy = random_policy(dice);
  std::vector<WorldRepository> repositories;
  for (int i = 0; i < size.repositories; ++i) {
    repositories.emplace_back(fmt::format("acme/r{}", i), size.commits, dice);
    repositories.back().tell(world.events, dice);
  }
  Operations operations(repositories, world.events, dice);
  for (int i = 0; i < size.deployments; ++i) operations.deploy();
  for (int i = 0; i < size.incidents; ++i) operations.break_down();
  for (int i = 0; i < size.others; ++i) operations.something_else();
  std::ranges::stable_sort(world.events, {}, &WorldEvent::told_at);
  return world;
}

}  // namespace fairlead::engine::testing
