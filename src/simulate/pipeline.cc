#include "simulate/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "simulate/event_text.h"

namespace fairlead::simulate {
namespace {

constexpr std::array<std::string_view, 5> kCode = {"code", "code", "code", "infrastructure", "timeout"};

/// A job with its times.
struct Task {
  std::string_view name;
  std::size_t order;
  Instant started_at;
  Instant finished_at;
  std::string_view status;   ///< Its last one.
  std::string_view failure;  ///< Why it failed.
};

}  // namespace

/// The words for one run.
class Pipelines::Telling {
 public:
  Telling(const Pipelines& pipelines, const RunRequest& request, std::string id, Instant queued_at)
      : pipelines_(pipelines), request_(request), id_(std::move(id)), queued_at_(queued_at) {}

  /// What tasks and deployments call this attempt.
  std::string attempt_id() const { return request_.attempt == 1 ? id_ : fmt::format("{}/{}", id_, request_.attempt); }

  Object run(Instant at, std::string_view status) const {
    Object run = event("run", at);
    run.text("id", id_).number("attempt", request_.attempt).text("pipeline", request_.pipeline);
    run.text("service", pipelines_.service_).text("repository", pipelines_.repository_);
    run.text("branch", request_.branch).text("trigger", request_.trigger);
    if (!request_.sha.empty()) run.text("sha", request_.sha);
    run.text("actor", request_.actor).text("status", status).time("queued_at", queued_at_);
    return run;
  }

  Object task(Instant at, const Task& task, std::string_view status) const {
    Object out = event("task", at);
    out.text("run_id", attempt_id()).text("id", fmt::format("{}", task.order)).text("name", task.name);
    out.number("order", static_cast<std::int64_t>(task.order)).text("status", status).time("queued_at", queued_at_);
    if (status == "skipped") return out;
    out.time("started_at", task.started_at);
    if (status == "running") return out;
    out.time("finished_at", task.finished_at);
    if (!task.failure.empty()) out.text("failure", task.failure);
    return out;
  }

  /// How it goes, for those who look while it runs.
  void say_meanwhile(Voice& voice, const std::string& beat, Instant started_at, Instant finished_at,
                     std::span<const Task> tasks) const {
    voice.say_meanwhile(queued_at_, beat + "/queued", run(queued_at_, "queued").str(), finished_at);
    Object running = run(started_at, "running");
    running.time("started_at", started_at);
    voice.say_meanwhile(started_at, beat + "/running", running.str(), finished_at);
    for (const Task& one : tasks) {
      if (one.status == "skipped") continue;
      const std::string part = fmt::format("{}/{}", beat, one.order);
      voice.say_meanwhile(one.started_at, part + "/running", task(one.started_at, one, "running").str(), finished_at);
      voice.say_meanwhile(one.finished_at, part + "/done", task(one.finished_at, one, one.status).str(), finished_at);
    }
  }

 private:
  const Pipelines& pipelines_;
  const RunRequest& request_;
  std::string id_;
  Instant queued_at_;
};

RunResult Pipelines::run(const RunRequest& request, std::span<const Job> jobs) {
  const std::string id = request.id.empty() ? fmt::format("{}-{}-{}", service_, request.pipeline, ++runs_) : request.id;
  const Instant started_at = request.at + dice_.skewed(Duration::seconds(2), Duration::seconds(25));
  const bool red = dice_.chance(request.red_percent);
  const std::size_t red_job = red ? static_cast<std::size_t>(dice_.between(0, std::ssize(jobs) - 1)) : jobs.size();

  std::vector<Task> tasks;
  Instant at = started_at;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Duration about = Duration::millis(request.length.ms * jobs[i].percent / 100);
    const Instant end = at + dice_.even(Duration::millis(about.ms * 8 / 10), Duration::millis(about.ms * 13 / 10));
    if (i > red_job) {
      tasks.push_back({jobs[i].name, i + 1, at, at, "skipped", {}});
      continue;
    }
    const bool failed = i == red_job;
    const std::string_view failure = failed ? dice_.pick(kCode) : std::string_view();
    tasks.push_back({jobs[i].name, i + 1, at, end, failed ? "failed" : "success", failure});
    at = end;
  }
  const Instant finished_at = at + Duration::seconds(1);

  const Telling telling(*this, request, id, request.at);
  const std::string beat = fmt::format("run/{}/attempt-{}", id, request.attempt);
  Object done = telling.run(finished_at, red ? "failed" : "success");
  done.time("started_at", started_at).time("finished_at", finished_at);
  std::string all = done.str();
  for (const Task& task : tasks) all += '\n' + telling.task(finished_at, task, task.status).str();
  voice_.say(finished_at, beat + "/done", std::move(all));
  if (voice_.worth_saying(finished_at)) telling.say_meanwhile(voice_, beat, started_at, finished_at, tasks);
  return {telling.attempt_id(), finished_at, !red};
}

}  // namespace fairlead::simulate
