#include <algorithm>
#include <array>

#include "sources/github/github_event.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

constexpr std::string_view kReleaseEnvironment = "release";
constexpr std::string_view kPrereleaseEnvironment = "prerelease";

struct StateWord {
  std::string_view word;
  RunStatus status;
};

constexpr auto kDeploymentStates = std::to_array<StateWord>({
    {"pending", RunStatus::kQueued},
    {"queued", RunStatus::kQueued},
    {"waiting", RunStatus::kQueued},
    {"in_progress", RunStatus::kRunning},
    {"success", RunStatus::kSuccess},
    {"failure", RunStatus::kFailed},
    {"error", RunStatus::kFailed},
});

RunStatus deployment_state(GithubEvent& event, std::string_view word) {
  const auto found = std::ranges::find(kDeploymentStates, word, &StateWord::word);
  if (found != kDeploymentStates.end()) return found->status;
  event.count_unknown("state", word);
  return RunStatus::kUnknown;
}

bool looks_like_sha(std::string_view text) {
  const bool hex = std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex && (text.size() == 40 || text.size() == 64);
}

/// What the payload's `deployment` says, whatever the event; `environment` may have been changed by a status since.
void fill(GithubEvent& event, Deployment& out, Stamp stamp, std::string_view environment) {
  const JsonView deployment = event.payload["deployment"];
  out.identity = {event.origin, deployment["id"].id()};
  put(out.environment, stamp, environment.empty() ? deployment["environment"].name() : std::string(environment));
  // GitHub says false of every environment that is not named exactly "production": only true tells anything.
  if (deployment["production_environment"].flag()) out.production = {stamp, true};
  if (const auto sha = deployment["sha"].sha(); !sha.empty()) {
    out.commits = {stamp, {CommitRef{event.repository, CommitSha{sha}}}};
  }
  put(out.queued_at, stamp, deployment["created_at"].time());
  put(out.deployer, stamp, deployment["creator"]["login"].name());
  put(out.ref, stamp, deployment["ref"].name());
  const JsonView run = event.payload["workflow_run"];
  put(out.run_id, stamp, workflow_run_id(run["id"], run["run_attempt"]));
  out.via = {stamp, DeploymentVia::kDeployment};
}

}  // namespace

void read_deployment_created(GithubEvent& event) {
  const JsonView deployment = event.payload["deployment"];
  if (deployment["id"].id().empty()) return event.quarantine("\"deployment\" has no id");
  const auto created_at = deployment["created_at"].time();
  const auto updated_at = deployment["updated_at"].time();
  const auto said_at = updated_at ? updated_at : created_at;
  const Stamp stamp{status_rank(RunStatus::kQueued), said_at.value_or(event.delivery.received_at)};
  Deployment out;
  fill(event, out, stamp, {});
  out.status = {stamp, StatusAt{RunStatus::kQueued, created_at}};
  put(out.url, stamp, event.payload["workflow_run"]["html_url"].url());
  event.add(std::move(out));
}

void read_deployment_status(GithubEvent& event) {
  const JsonView status = event.payload["deployment_status"];
  if (event.payload["deployment"]["id"].id().empty()) return event.quarantine("\"deployment\" has no id");
  const std::string_view word = status["state"].text();
  if (word == "inactive") return event.ignore("a later deployment took its place: no change to this one");

  const RunStatus state = deployment_state(event, word);
  const auto created_at = status["created_at"].time();
  const auto updated_at = status["updated_at"].time();
  const auto said_at = updated_at ? updated_at : created_at;
  const Stamp stamp{status_rank(state), said_at.value_or(event.delivery.received_at)};
  Deployment out;
  fill(event, out, stamp, status["environment"].name());
  out.status = {stamp, StatusAt{state, created_at}};
  if (state == RunStatus::kRunning) put(out.started_at, stamp, created_at);
  const std::string_view log_url = status["log_url"].url();
  put(out.url, stamp, log_url.empty() ? status["target_url"].url() : log_url);
  event.add(std::move(out));
}

void read_release(GithubEvent& event) {
  const JsonView release = event.payload["release"];
  const std::string id = release["id"].id();
  if (id.empty()) return event.quarantine("\"release\" has no id");
  if (event.action() == "deleted") return event.ignore("a deleted release was out all the same");
  const auto published_at = release["published_at"].time();
  if (release["draft"].flag() || !published_at) return event.ignore("the release is a draft");

  const bool prerelease = release["prerelease"].flag();
  const auto updated_at = release["updated_at"].time();
  const Stamp stamp{status_rank(RunStatus::kSuccess), updated_at.value_or(*published_at)};
  const std::string tag = release["tag_name"].name();
  Deployment out;
  out.identity = {event.origin, "release/" + id};
  out.environment = {stamp, EnvironmentName{prerelease ? kPrereleaseEnvironment : kReleaseEnvironment}};
  // A release is out among its users, which is what production means; a pre-release is for those who try.
  if (!prerelease) out.production = {stamp, true};
  put(out.version, stamp, tag);
  if (const auto target = release["target_commitish"].text(); looks_like_sha(target)) {
    out.commits = {stamp, {CommitRef{event.repository, CommitSha{target}}}};
  }
  out.status = {stamp, StatusAt{RunStatus::kSuccess, published_at}};
  put(out.deployer, stamp, release["author"]["login"].name());
  put(out.ref, stamp, tag);
  out.via = {stamp, DeploymentVia::kRelease};
  put(out.url, stamp, release["html_url"].url());
  event.add(std::move(out));
}

}  // namespace fairlead::sources
