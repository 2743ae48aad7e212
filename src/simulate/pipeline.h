#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "simulate/dice.h"
#include "simulate/voice.h"

namespace fairlead::simulate {

/// One job of a pipeline, and its part of the pipeline's time.
struct Job {
  std::string_view name;
  int percent;
};

/// What starts a run.
struct RunRequest {
  Instant at;
  std::string_view pipeline;
  std::string_view branch;
  std::string_view sha;  ///< Empty: of no commit.
  std::string_view trigger;
  std::string_view actor;
  Duration length;      ///< About how long all jobs take together.
  int red_percent = 0;  ///< How often a job fails.
  int attempt = 1;
  std::string id;  ///< Of the run; empty: the next one. An attempt has the id of the first.
};

struct RunResult {
  std::string id;  ///< As deployments name it.
  Instant finished_at;
  bool green;
};

/// Runs of one service's pipelines: queued, running, job after job, done.
class Pipelines {
 public:
  /// `service` outlives this.
  Pipelines(std::string_view service, std::string repository, Dice dice, Voice& voice)
      : service_(service), repository_(std::move(repository)), dice_(dice), voice_(voice) {}

  /// Says all of the run at once, each part for its own time.
  RunResult run(const RunRequest& request, std::span<const Job> jobs);

 private:
  class Telling;

  std::string_view service_;
  std::string repository_;
  Dice dice_;
  Voice& voice_;
  std::size_t runs_ = 0;
};

}  // namespace fairlead::simulate
