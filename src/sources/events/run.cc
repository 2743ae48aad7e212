#include "sources/events/event_types.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

constexpr std::int64_t kAttemptMax = 1'000'000;
constexpr std::int64_t kOrderMax = 1'000'000'000;
constexpr std::int64_t kOffsetMax = std::int64_t{1} << 53;  // the largest that every JSON writer can express exactly

/// A run into an environment is a deployment as well, for services that count `deployments_from: runs`.
Deployment deployment_of(const Run& run) {
  Deployment out;
  const Stamp stamp = run.pipeline ? run.pipeline.stamp : run.environment.stamp;
  out.identity = {run.identity.origin, "run/" + run.identity.id};
  out.service = run.service;
  out.environment = run.environment;
  if (run.sha) {
    out.commits = {run.sha.stamp, {CommitRef{run.repository.value_or({}), *run.sha}}};
  }
  out.status = run.status;
  out.queued_at = run.queued_at;
  out.started_at = run.started_at;
  out.deployer = run.actor;
  out.ref = run.branch;
  out.run_id = {stamp, run.identity.id};
  out.via = {stamp, DeploymentVia::kRun};
  out.url = run.url;
  out.simulated = run.simulated;
  return out;
}

}  // namespace

void read_run(EventFields& in, EventSink* sink) {
  const IdText id = in.id("id");
  const auto attempt = in.integer("attempt", 1, kAttemptMax);
  const std::string_view pipeline = in.name("pipeline");
  const std::string_view service = in.name("service");
  const RepositoryName repository = in.repository("repository");
  const std::string_view environment = in.name("environment");
  const std::string_view branch = in.name("branch");
  const std::string_view sha = in.sha("sha");
  const std::string_view status_word = in.name("status");
  const StatusTimes times{in.time("queued_at"), in.time("started_at"), in.time("finished_at")};
  const std::string_view actor = in.name("actor");
  const std::string_view trigger = in.name("trigger");
  const std::string_view url = in.url("url");
  const bool simulated = in.flag("simulated");
  if (id.empty()) in.require("pipeline", "the pipeline's name, for example \"build\" (or give the run's \"id\")");
  if (in.failed() || sink == nullptr) return;

  const ReadStatus status = read_status(in, status_word, times, "run.status", *sink);
  const Stamp stamp = in.stamp(status.rank, sink->delivery);
  Run out;
  out.identity.origin = sink->delivery.origin;
  const std::string own_id =
      id.empty()
          ? derived_id({"run", pipeline, service, repository.text, environment, branch, sha, time_part(times.first())})
          : std::string(id.view());
  out.identity.id = run_key(own_id, attempt);
  put(out.pipeline, stamp, pipeline);
  put(out.service, stamp, service);
  put(out.repository, stamp, repository);
  put(out.environment, stamp, environment);
  put(out.branch, stamp, branch);
  put(out.sha, stamp, sha);
  put(out.status, stamp, status.status);
  put(out.attempt, stamp, attempt);
  put(out.queued_at, stamp, times.queued_at);
  put(out.started_at, stamp, times.started_at);
  put(out.actor, stamp, actor);
  put(out.trigger, stamp, trigger);
  put(out.url, stamp, url);
  put_simulated(out.simulated, stamp, simulated);
  if (out.environment) sink->add(deployment_of(out));
  sink->add(std::move(out));
}

void read_task(EventFields& in, EventSink* sink) {
  const IdText run_id = in.id("run_id");
  const IdText id = in.id("id");
  const IdText parent = in.id("parent");
  const std::string_view name = in.name("name");
  const auto order = in.integer("order", 0, kOrderMax);
  const std::string_view status_word = in.name("status");
  const StatusTimes times{in.time("queued_at"), in.time("started_at"), in.time("finished_at")};
  const std::string_view failure = in.name("failure");
  const bool simulated = in.flag("simulated");
  if (run_id.empty()) in.reject("\"run_id\" is missing: the id of the run that the task belongs to");
  if (id.empty() && name.empty()) in.reject("\"id\" is missing: the task's id, or at least its \"name\"");
  if (in.failed() || sink == nullptr) return;

  const ReadStatus status = read_status(in, status_word, times, "task.status", *sink);
  const Stamp stamp = in.stamp(status.rank, sink->delivery);
  Task out;
  out.identity.origin = sink->delivery.origin;
  out.identity.id = task_key(run_id.view(), id.empty() ? derived_id({"task", parent.view(), name}) : id.view());
  put(out.run_id, stamp, run_id.view());
  if (!parent.empty()) out.parent = {stamp, task_key(run_id.view(), parent.view())};
  put(out.name, stamp, name);
  put(out.order, stamp, order);
  put(out.status, stamp, status.status);
  put(out.queued_at, stamp, times.queued_at);
  put(out.started_at, stamp, times.started_at);
  if (!failure.empty()) {
    const auto known = parse_failure_class(failure);
    if (!known) sink->count_unknown("task.failure", failure);
    put(out.failure, stamp, known);
  }
  put_simulated(out.simulated, stamp, simulated);
  sink->add(std::move(out));
}

void read_log(EventFields& in, EventSink* sink) {
  const IdText run_id = in.id("run_id");
  const IdText task_id = in.id("task_id");
  const auto offset = in.integer("offset", 0, kOffsetMax);
  const std::string_view text = in.text("text");
  in.require("text", "the piece of the log");
  if (run_id.empty()) in.reject("\"run_id\" is missing: the id of the run that the log belongs to");
  if (in.failed() || sink == nullptr) return;

  LogChunk out;
  out.origin = sink->delivery.origin;
  out.run_id = run_id.view();
  if (!task_id.empty()) out.task_id = task_key(run_id.view(), task_id.view());
  out.offset = offset.value_or(0);
  out.bytes = static_cast<std::int64_t>(text.size());
  sink->add(std::move(out));
}

}  // namespace fairlead::sources
