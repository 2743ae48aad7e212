#include "sources/github/github_event.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

constexpr std::string_view kActionsApp = "github-actions";

/// The commit that a run is about: its time and message may be news to us.
void add_head_commit(GithubEvent& event, JsonView commit, std::string_view branch) {
  const std::string_view sha = commit["id"].sha();
  if (sha.empty()) return;
  const auto committed_at = commit["timestamp"].time();
  const Stamp stamp{0, committed_at.value_or(event.delivery.received_at)};
  Commit out;
  out.identity = {Origin{event.repository.text}, std::string(sha)};
  put(out.committed_at, stamp, committed_at);
  put(out.message, stamp, commit["message"].long_text());
  put(out.branch, stamp, branch);
  event.add(std::move(out));
}

std::optional<FailureClass> failure_class(JsonView object) {
  const std::string_view conclusion = object["conclusion"].text();
  if (conclusion == "timed_out") return FailureClass::kTimeout;
  if (conclusion == "startup_failure") return FailureClass::kInfrastructure;
  return std::nullopt;
}

std::optional<Instant> time_of(RunStatus status, std::optional<Instant> queued_at, std::optional<Instant> started_at,
                               std::optional<Instant> finished_at) {
  if (status == RunStatus::kQueued) return queued_at;
  if (status == RunStatus::kRunning) return started_at;
  return finished_at;
}

/// A job and its steps are told alike: status, conclusion, start and completion. `without_times` stands in for a step
/// that has none yet.
Task task_of(GithubEvent& event, JsonView object, std::string id, const std::string& run_id, Instant without_times) {
  const auto queued_at = object["created_at"].time();
  const auto started_at = object["started_at"].time();
  const auto completed_at = object["completed_at"].time();
  const RunStatus status = run_status(event, object);
  const auto said_at = latest_of({queued_at, started_at, completed_at});
  const Stamp stamp{status_rank(status), said_at.value_or(without_times)};
  Task out;
  out.identity = {event.origin, std::move(id)};
  put(out.run_id, stamp, run_id);
  put(out.name, stamp, object["name"].name());
  out.status = {stamp, StatusAt{status, time_of(status, queued_at, started_at, completed_at)}};
  put(out.queued_at, stamp, queued_at);
  // While a job is queued its start repeats its creation.
  if (status != RunStatus::kQueued) put(out.started_at, stamp, started_at);
  put(out.failure, stamp, failure_class(object));
  return out;
}

void add_steps(GithubEvent& event, JsonView steps, const Task& job) {
  std::int64_t index = 0;
  steps.for_each([&](JsonView step) {
    ++index;
    const std::int64_t number = step["number"].integer().value_or(index);
    Task out = task_of(event, step, fmt::format("{}/{}", job.identity.id, number), *job.run_id, job.run_id.stamp.at);
    const Stamp stamp = out.run_id.stamp;
    out.parent = {stamp, job.identity.id};
    out.order = {stamp, number};
    event.add(std::move(out));
  });
}

}  // namespace

void read_workflow_run(GithubEvent& event) {
  const JsonView run = event.payload["workflow_run"];
  const std::string id = workflow_run_id(run["id"], run["run_attempt"]);
  if (id.empty()) return event.quarantine("\"workflow_run\" has no id");

  const std::int64_t attempt = run["run_attempt"].integer().value_or(1);
  const auto created_at = run["created_at"].time();
  const auto run_started_at = run["run_started_at"].time();
  const auto updated_at = run["updated_at"].time();
  // A re-run keeps the creation time of the first attempt, and begins anew at run_started_at.
  const auto queued_at = attempt > 1 && run_started_at ? run_started_at : created_at;
  const RunStatus status = run_status(event, run);
  const auto said_at = updated_at ? updated_at : latest_of({created_at, run_started_at});
  const Stamp stamp{status_rank(status), said_at.value_or(event.delivery.received_at)};
  const std::string branch = run["head_branch"].name();
  Run out;
  out.identity = {event.origin, id};
  const std::string name = run["name"].name();
  put(out.pipeline, stamp, name.empty() ? event.payload["workflow"]["name"].name() : name);
  put(out.repository, stamp, event.repository);
  put(out.branch, stamp, branch);
  put(out.sha, stamp, run["head_sha"].sha());
  out.status = {stamp, StatusAt{status, time_of(status, queued_at, run_started_at, updated_at)}};
  out.attempt = {stamp, attempt};
  put(out.queued_at, stamp, queued_at);
  if (status != RunStatus::kQueued) put(out.started_at, stamp, run_started_at);
  const std::string triggered_by = run["triggering_actor"]["login"].name();
  put(out.actor, stamp, triggered_by.empty() ? run["actor"]["login"].name() : triggered_by);
  put(out.trigger, stamp, run["event"].name());
  put(out.url, stamp, run["html_url"].url());
  event.add(std::move(out));
  add_head_commit(event, run["head_commit"], branch);
}

void read_workflow_job(GithubEvent& event) {
  const JsonView job = event.payload["workflow_job"];
  const std::string id = job["id"].id();
  const std::string run_id = workflow_run_id(job["run_id"], job["run_attempt"]);
  if (id.empty() || run_id.empty()) return event.quarantine("\"workflow_job\" has no id or no run_id");
  const Task task = task_of(event, job, id, run_id, event.delivery.received_at);
  event.add(task);
  add_steps(event, job["steps"], task);
}

void read_check_run(GithubEvent& event) {
  const JsonView check = event.payload["check_run"];
  const std::string id = check["id"].id();
  if (id.empty()) return event.quarantine("\"check_run\" has no id");
  const std::string app = check["app"]["slug"].name();
  if (app == kActionsApp) return event.ignore("a check of GitHub Actions: workflow_job tells it");

  const auto started_at = check["started_at"].time();
  const auto completed_at = check["completed_at"].time();
  const RunStatus status = run_status(event, check);
  const auto said_at = latest_of({started_at, completed_at});
  const Stamp stamp{status_rank(status), said_at.value_or(event.delivery.received_at)};
  Run out;
  out.identity = {event.origin, "check/" + id};
  put(out.pipeline, stamp, check["name"].name());
  put(out.repository, stamp, event.repository);
  put(out.branch, stamp, check["check_suite"]["head_branch"].name());
  put(out.sha, stamp, check["head_sha"].sha());
  out.status = {stamp, StatusAt{status, time_of(status, started_at, started_at, completed_at)}};
  if (status != RunStatus::kQueued) put(out.started_at, stamp, started_at);
  put(out.actor, stamp, app);
  out.trigger = {stamp, "check_run"};
  put(out.url, stamp, check["html_url"].url());
  event.add(std::move(out));
}

}  // namespace fairlead::sources
