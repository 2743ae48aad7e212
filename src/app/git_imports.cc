#include "app/git_imports.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>

#include "app/git_commands.h"
#include "app/git_delivery.h"
#include "base/hash.h"
#include "git/mirror.h"
#include "import/git_import.h"
#include "model/policy.h"

namespace fairlead::app {
namespace {

using api::Import;
using api::ImportPhase;
using api::ImportState;

constexpr std::size_t kIdBytes = 8;
/// How long one wait for the projector takes at most before it looks whether it should still wait.
constexpr int kLinkingWaitMs = 1'000;

void count(Import& import, const imports::GitImportCounts& counts) {
  import.commits = counts.commits;
  import.events = counts.events;
  import.releases = counts.releases;
  if (counts.releases == 0) return;
  import.first_release_at = Instant{counts.first_release * 1000};
  import.last_release_at = Instant{counts.last_release * 1000};
}

}  // namespace

GitImports::GitImports(engine::Engine& engine, const Config& config, const Clock& clock, Random& random)
    : engine_(engine),
      config_(config),
      clock_(clock),
      random_(random),
      thread_([this](const std::stop_token& stopping) { run(stopping); }) {}

GitImports::~GitImports() {
  stop();
}

Result<api::Imports::Started> GitImports::start(const std::string& url) {
  if (!git::looks_like_url(url)) {
    return fail(ErrorCode::kInvalid,
                "only addresses are fetched from here, such as https://host/path: for a repository on the server's own "
                "disk run `fairlead import git PATH` there");
  }
  ASSIGN_OR_RETURN(const git::RemoteUrl address, git::parse_remote_url(url, config_.git));
  const std::string text = address.text();
  const std::string id = random_.bytes(kIdBytes);
  const std::lock_guard lock(mutex_);
  if (stopped_) return fail(ErrorCode::kUnavailable, "the server is stopping: start the import again when it is back");
  std::size_t waiting = 0;
  for (const auto& job : jobs_) {
    if (!job->import.ended() && job->import.url == text) return Started{job->import, false};
    if (job->import.state == ImportState::kQueued) ++waiting;
  }
  if (waiting >= kWaitingMax) {
    return fail(ErrorCode::kUnavailable, "{} imports wait already: start this one when some of them have ended",
                kWaitingMax);
  }
  const auto job = std::make_shared<Job>();
  job->url = address;
  job->import.id = to_hex(id);
  job->import.url = text;
  job->import.created_at = clock_.now();
  jobs_.push_front(job);
  forget_old_ones();
  changed_.notify_all();
  return Started{job->import, true};
}

std::vector<Import> GitImports::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Import> imports;
  for (const auto& job : jobs_) imports.push_back(job->import);
  return imports;
}

Result<Import> GitImports::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const auto job, job_called(id));
  return job->import;
}

Result<Import> GitImports::cancel(const std::string& id) {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const auto job, job_called(id));
  if (job->import.state == ImportState::kQueued) {
    job->import.state = ImportState::kCancelled;
    job->import.finished_at = clock_.now();
  }
  job->stop.request_stop();
  return job->import;
}

void GitImports::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& job : jobs_) job->stop.request_stop();
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void GitImports::run(const std::stop_token& stopping) {
  const auto oldest_queued = [this]() -> std::shared_ptr<Job> {
    const auto found = std::find_if(jobs_.rbegin(), jobs_.rend(),
                                    [](const auto& job) { return job->import.state == ImportState::kQueued; });
    return found == jobs_.rend() ? nullptr : *found;
  };
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stopping, [&] { return oldest_queued() != nullptr; }) && !stopping.stop_requested()) {
    const auto job = oldest_queued();
    job->import.state = ImportState::kRunning;
    job->import.started_at = clock_.now();
    lock.unlock();
    carry_out(*job);
    lock.lock();
  }
}

void GitImports::carry_out(Job& job) {
  const Status done = import_into_engine(job);
  update(job, [&](Import& import) {
    import.finished_at = clock_.now();
    if (done) {
      import.state = ImportState::kSucceeded;
    } else if (job.stop.stop_requested()) {
      import.state = ImportState::kCancelled;
    } else {
      import.state = ImportState::kFailed;
      import.error = done.error().message;
    }
  });
  if (!done) spdlog::warn("the import of {} ended: {}", job.url.text(), done.error().message);
}

Status GitImports::import_into_engine(Job& job) {
  const std::stop_token stop = job.stop.get_token();
  ASSIGN_OR_RETURN(const git::Repository repository,
                   git::fetch_mirror(job.url, config_.git, config_.data / "mirrors", resolver_, {}, stop));
  imports::GitImport what;
  ASSIGN_OR_RETURN(what.names, imports::history_names(repository, {}));
  ASSIGN_OR_RETURN(const auto releases, imports::release_tags(repository, what.release_tags));
  ASSIGN_OR_RETURN(const auto tips, imports::history_tips(repository, releases));
  ASSIGN_OR_RETURN(const std::uint64_t total, repository.count_commits(tips));
  update(job, [&](Import& import) {
    import.phase = ImportPhase::kReading;
    import.commits_total = total;
    import.repository = what.names.repository.text;
    import.service = resolve_service(config_.policy, {}, what.names.repository).text;
  });
  JournalPosition last;
  ASSIGN_OR_RETURN(const imports::GitImportCounts counts,
                   imports::import_git(repository, what, into_engine(engine_, clock_, stop, last),
                                       [&](const imports::GitImportCounts& so_far) {
                                         update(job, [&](Import& import) { count(import, so_far); });
                                       }));
  // From here on everything is on stable storage: to stop means only not to wait.
  update(job, [&](Import& import) {
    count(import, counts);
    import.phase = ImportPhase::kLinking;
    import.nothing_new = counts.new_deliveries == 0;
    import.remarks = remarks_of(counts, what.release_tags);
  });
  return await_linking(last, stop);
}

Status GitImports::await_linking(JournalPosition position, const std::stop_token& stop) {
  while (position.sequence != 0 && !engine_.projected(position) && !stop.stop_requested()) {
    const auto asked = std::make_shared<std::promise<void>>();
    engine_.when_projected(position, kLinkingWaitMs, [asked](bool) { asked->set_value(); });
    asked->get_future().wait();
  }
  return {};
}

Result<std::shared_ptr<GitImports::Job>> GitImports::job_called(const std::string& id) const {
  const auto found = std::ranges::find_if(jobs_, [&](const auto& job) { return job->import.id == id; });
  if (found != jobs_.end()) return *found;
  return fail(ErrorCode::kNotFound, "there is no import with the id '{}' since the server started", id);
}

void GitImports::forget_old_ones() {
  std::size_t ended = 0;
  std::erase_if(jobs_, [&](const auto& job) { return job->import.ended() && ++ended > kKeptMax; });
}

}  // namespace fairlead::app
