#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "api/imports.h"
#include "app/config.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/engine.h"
#include "git/remote_url.h"
#include "http/outgoing_guard.h"

namespace fairlead::app {

/// What `import git URL` does, in the server: fetched into a mirror, read, and handed to the engine, one import after
/// the other on a thread of its own. They are remembered while the server runs; the history that they brought in stays,
/// and an import that was ended half-way goes on with the next one of the same address.
class GitImports final : public api::Imports {
 public:
  static constexpr std::size_t kWaitingMax = 4;
  static constexpr std::size_t kKeptMax = 50;  ///< Of those that have ended.

  /// The collaborators outlive it.
  GitImports(engine::Engine& engine, const Config& config, const Clock& clock, Random& random);
  ~GitImports() override;  ///< Stops.

  Result<Started> start(const std::string& url) override;
  std::vector<api::Import> list() const override;
  Result<api::Import> find(const std::string& id) const override;
  Result<api::Import> cancel(const std::string& id) override;

  /// Ends the one that runs with its git, and drops those that wait. Idempotent.
  void stop();

 private:
  struct Job {
    git::RemoteUrl url;
    api::Import import;  ///< Guarded by mutex_.
    std::stop_source stop;
  };

  void run(const std::stop_token& stopping);
  void carry_out(Job& job);
  Status import_into_engine(Job& job);
  Status await_linking(JournalPosition position, const std::stop_token& stop);
  Result<std::shared_ptr<Job>> job_called(const std::string& id) const;
  void forget_old_ones();
  /// Changes what is seen of the job.
  template <class Change>
  void update(Job& job, const Change& change) {
    const std::lock_guard lock(mutex_);
    change(job.import);
  }

  engine::Engine& engine_;
  const Config& config_;
  const Clock& clock_;
  Random& random_;
  const http::SystemResolver resolver_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  std::deque<std::shared_ptr<Job>> jobs_;  ///< Newest first.
  bool stopped_ = false;

  std::jthread thread_;
};

}  // namespace fairlead::app
