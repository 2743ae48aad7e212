#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/entities.h"
#include "model/observation.h"
#include "model/policy.h"

namespace fairlead {

/// A term under which an entity can be found from another one's side: `sha:github.com/acme/api@1f3…`,
/// `run:github.com/4711`, `deployment:events/d-17`, `number:github.com/acme/api#12`, `version:api/1.4.2`.
using Mention = std::string;

Mention mention_sha(const RepositoryName& repository, const CommitSha& sha);
Mention mention_any_repository_sha(const CommitSha& sha);  ///< Incidents may name a sha without a repository.
Mention mention_run(const Origin& origin, std::string_view run_id);
Mention mention_deployment(std::string_view deployment_id);
Mention mention_version(const ServiceName& service, std::string_view version);
Mention mention_number(const RepositoryName& repository, std::string_view number);  ///< A change's number.

/// The number of the change that a merge or squash commit says it is: `Merge pull request #12 from …`, `Title (#12)`,
/// `Merged in branch (pull request #12)`, `Merged PR 12: …`, and `See merge request group/project!12` on a later line.
std::optional<std::string> merged_change_number(std::string_view commit_message);
/// The sha in git's `This reverts commit SHA.`, in lower case.
std::optional<CommitSha> reverted_sha(std::string_view commit_message);

/// All terms that `entity` mentions: a deployment its own id, shas, version and run; a change its number, merge, head,
/// listed and reverted shas; a commit its own sha (without its repository), the change it merges and the sha it
/// reverts; an incident the deployment, sha and version it names; a task its run; a canary its version. Shas are
/// mentioned with and without their repository. Sorted, unique.
std::vector<Mention> mentions_of(const Entity& entity, const ServiceName& service);

/// Where the entity stands, for lists and for marks: resolved by the policy, so a change of it re-resolves.
struct Place {
  ServiceName service;
  EnvironmentName environment;
  RepositoryName repository;
  /// The time lists and ranges use: a deployment's or run's finish (else start, else queue time), an incident's
  /// opening, a change's merge (else opening), a commit's commit time, an alert's start.
  std::optional<Instant> at;
  std::string status;  ///< `success`, `open`, `merged`, `firing`, …: what `?status=` filters.
  bool production = false;
  bool simulated = false;
  friend auto operator<=>(const Place&, const Place&) = default;
};
Place place_of(const Entity& entity, const Policy& policy);

}  // namespace fairlead
