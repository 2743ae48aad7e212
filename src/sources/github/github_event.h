#pragma once

// What the readers of GitHub's events share. Field names and their quirks come from GitHub's webhook documentation and
// from recorded payloads; docs/sources/github.md says what becomes of each event.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "model/delivery.h"
#include "model/observation.h"
#include "model/policy.h"
#include "sources/github/json_view.h"

namespace fairlead::sources {

/// One event on its way to observations.
struct GithubEvent {
  std::string_view name;  ///< As in the header X-GitHub-Event.
  JsonView payload;
  const Delivery& delivery;
  const Policy& policy;
  RepositoryName repository;
  Origin origin;  ///< The host of the repository.
  Interpretation& out;

  std::string_view action() const { return payload["action"].text(); }
  void add(Observation observation) { out.observations.push_back(std::move(observation)); }
  void ignore(std::string reason);
  /// For a payload without what makes its entity's key.
  void quarantine(std::string reason);
  /// The status in our words; an unknown one is counted as `github NAME.FIELD=VALUE`.
  void count_unknown(std::string_view field, std::string_view value);
};

void read_push(GithubEvent& event);
void read_pull_request(GithubEvent& event);
void read_pull_request_review(GithubEvent& event);
void read_workflow_run(GithubEvent& event);
void read_workflow_job(GithubEvent& event);
void read_check_run(GithubEvent& event);
void read_deployment_created(GithubEvent& event);
void read_deployment_status(GithubEvent& event);
void read_release(GithubEvent& event);
void read_issues(GithubEvent& event);

/// Status and conclusion of a run, job, step or check: the conclusion counts once the status is `completed`.
RunStatus run_status(GithubEvent& event, JsonView object);

/// `ID/ATTEMPT` of a workflow run. Payloads from before attempts existed mean the first.
std::string workflow_run_id(JsonView id, JsonView attempt);

std::optional<Instant> latest_of(std::initializer_list<std::optional<Instant>> times);

}  // namespace fairlead::sources
