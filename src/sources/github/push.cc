#include "sources/github/github_event.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {

constexpr std::string_view kBranchPrefix = "refs/heads/";
constexpr std::size_t kListedCommitsMax = 2048;  // GitHub lists no more of one push

/// A push restates a commit with its committer's time; who wrote it when is not in it.
void add_commit(GithubEvent& event, JsonView commit, std::string_view branch, std::optional<Instant> pushed_at) {
  const std::string_view sha = commit["id"].sha();
  if (sha.empty()) return;
  const auto committed_at = commit["timestamp"].time();
  const Stamp stamp{0, committed_at.value_or(event.delivery.received_at)};
  Commit out;
  out.identity = {Origin{event.repository.text}, std::string(sha)};
  put(out.committed_at, stamp, committed_at);
  const std::string login = commit["author"]["username"].name();
  put(out.author, stamp, login.empty() ? commit["author"]["name"].name() : login);
  put(out.message, stamp, commit["message"].long_text());
  // The same commit reaches one branch after the other: the later push says where it is now.
  put(out.branch, Stamp{0, pushed_at.value_or(stamp.at)}, branch);
  event.add(std::move(out));
}

/// Pushes name no parents. What is certain: `after` reaches the commits that the push lists, and the branch's former
/// head unless the branch is new or was forced. A push that continues its branch also covers the listed commits: what
/// they descend from is either listed, too, or reached by the former head. A list at its limit may lack some.
void add_edges(GithubEvent& event, std::string_view after) {
  const JsonView push = event.payload;
  const bool continues = !push["created"].flag() && !push["forced"].flag();
  const auto add = [&](std::string_view ancestor, EdgeKind kind) {
    if (ancestor.empty() || ancestor == after) return;
    event.add(Edge{event.repository, CommitSha{after}, CommitSha{ancestor}, kind});
  };
  if (continues) add(push["before"].sha(), EdgeKind::kPush);
  const bool covers = continues && push["commits"].size() < kListedCommitsMax;
  const EdgeKind listed = covers ? EdgeKind::kPushCovers : EdgeKind::kPush;
  push["commits"].for_each([&](JsonView commit) { add(commit["id"].sha(), listed); });
}

bool lists(JsonView push, std::string_view sha) {
  bool found = false;
  push["commits"].for_each([&](JsonView commit) { found = found || commit["id"].sha() == sha; });
  return found;
}

}  // namespace

void read_push(GithubEvent& event) {
  const JsonView push = event.payload;
  const std::string_view ref = push["ref"].text();
  const std::string_view after = push["after"].sha();
  if (ref.empty()) return event.quarantine("\"ref\" is missing");
  if (push["deleted"].flag() || after.empty()) return event.ignore("a branch or tag was deleted");

  const bool to_branch = ref.starts_with(kBranchPrefix);
  const std::string branch = to_branch ? clean_utf8(ref.substr(kBranchPrefix.size()), limits::kNameBytesMax) : "";
  const JsonView head = push["head_commit"];
  const auto pushed_at = push["repository"]["pushed_at"].time();
  push["commits"].for_each([&](JsonView commit) { add_commit(event, commit, branch, pushed_at); });
  // A head that is not listed was pushed before: it is on this branch, too, but did not arrive with it.
  if (!lists(push, head["id"].sha())) add_commit(event, head, "", pushed_at);
  // `after` of a tag is the tag object where the tag is annotated: no commit, so no edge begins there.
  if (to_branch) add_edges(event, after);
  if (event.out.observations.empty()) event.ignore("the push brought nothing");
}

}  // namespace fairlead::sources
