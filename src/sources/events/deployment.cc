#include <algorithm>

#include "sources/events/event_types.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

/// `commits`, and their shorthand `sha` with `repository`. Sorted and unique, so that the order in which a sender lists
/// them says nothing. Empty unless `keep`.
std::vector<CommitRef> read_commit_refs(EventFields& in, bool keep) {
  std::vector<CommitRef> commits;
  const RepositoryName repository = in.repository("repository");
  const std::string_view sha = in.sha("sha");
  if (keep && !sha.empty()) commits.push_back({repository, CommitSha{sha}});
  in.each_object("commits", limits::kCommitsPerEventMax, [&](EventFields& item) {
    item.require("sha", "the commit that was deployed");
    RepositoryName own = item.repository("repository");
    const std::string_view own_sha = item.sha("sha");
    if (keep && !own_sha.empty()) commits.push_back({own.empty() ? repository : std::move(own), CommitSha{own_sha}});
  });
  std::ranges::sort(commits);
  commits.erase(std::ranges::unique(commits).begin(), commits.end());
  return commits;
}

std::string joined(const std::vector<CommitRef>& commits) {
  std::string out;
  for (const CommitRef& commit : commits) out += commit.repository.text + "@" + commit.sha.text + "\n";
  return out;
}

}  // namespace

void read_deployment(EventFields& in, EventSink* sink) {
  const IdText id = in.id("id");
  const std::string_view service = in.name("service");
  const std::string_view environment = in.name("environment");
  const std::string_view version = in.name("version");
  const std::vector<CommitRef> commits = read_commit_refs(in, sink != nullptr);
  const std::string_view status_word = in.name("status");
  const StatusTimes times{in.time("queued_at"), in.time("started_at"), in.time("finished_at")};
  const std::string_view deployer = in.name("deployer");
  const std::string_view kind = in.name("kind");
  const std::string_view ref = in.name("ref");
  const IdText run_id = in.id("run_id");
  const std::string_view url = in.url("url");
  const std::string_view tier = in.name("tier");
  const bool simulated = in.flag("simulated");
  if (id.empty()) {
    in.require("environment", "where it was deployed to, for example \"production\" (or give the deployment's \"id\")");
    if (service.empty() && !in.has("repository") && !in.has("commits")) {
      in.require("service",
                 "what was deployed, for example \"api\" (or give \"repository\" and \"sha\", or an \"id\")");
    }
  }
  if (in.failed() || sink == nullptr) return;

  const ReadStatus status = read_status(in, status_word, times, "deployment.status", *sink);
  const Stamp stamp = in.stamp(status.rank, sink->delivery);
  Deployment out;
  out.identity.origin = sink->delivery.origin;
  out.identity.id =
      id.empty() ? derived_id({"deployment", service, environment, version, joined(commits), time_part(times.first())})
                 : std::string(id.view());
  put(out.service, stamp, service);
  put(out.environment, stamp, environment);
  if (!tier.empty()) out.production = {stamp, tier == "production"};
  put(out.version, stamp, version);
  if (!commits.empty()) out.commits = {stamp, commits};
  put(out.status, stamp, status.status);
  put(out.queued_at, stamp, times.queued_at);
  put(out.started_at, stamp, times.started_at);
  put(out.deployer, stamp, deployer);
  if (!kind.empty()) {
    const auto known = parse_deployment_kind(kind);
    if (!known) sink->count_unknown("deployment.kind", kind);
    put(out.kind, stamp, known);
  }
  put(out.ref, stamp, ref);
  put(out.run_id, stamp, run_id.view());
  out.via = {stamp, DeploymentVia::kDeployment};
  put(out.url, stamp, url);
  put_simulated(out.simulated, stamp, simulated);
  sink->add(std::move(out));
}

}  // namespace fairlead::sources
