#include "sources/events/event_types.h"
#include "sources/observe.h"

namespace fairlead::sources {
namespace {
constexpr std::size_t kParentsMax = 1'000;  // the widest merge known in the wild has 66
}  // namespace

void read_commit(EventFields& in, EventSink* sink) {
  const RepositoryName repository = in.repository("repository");
  const std::string_view sha = in.sha("sha");
  const bool parents_known = in.has("parents");
  std::vector<std::string> parents;
  in.each_name("parents", kParentsMax, [&](std::string_view parent) {
    if (parent.empty() || parent.size() > limits::kShaBytesMax) in.reject("\"parents\" holds a sha of a wrong length");
    if (sink != nullptr) parents.emplace_back(parent);
  });
  const auto authored_at = in.time("authored_at");
  const auto committed_at = in.time("committed_at");
  const std::string_view author = in.name("author");
  const std::string_view message = in.text("message");
  const std::string_view branch = in.name("branch");
  const bool simulated = in.flag("simulated");
  if (sha.empty()) in.reject("\"sha\" is missing: the commit's id");
  if (!in.failed() && repository.empty()) {
    in.reject("\"repository\" is missing: where the commit is, for example \"github.com/acme/api\"");
  }
  if (in.failed() || sink == nullptr) return;

  const Stamp stamp = in.stamp(0, sink->delivery);
  Commit out;
  out.identity = {Origin{repository.text}, std::string(sha)};
  put(out.authored_at, stamp, authored_at);
  put(out.committed_at, stamp, committed_at);
  put(out.author, stamp, author);
  put(out.message, stamp, cut_text(message));
  put(out.branch, stamp, branch);
  if (parents_known) out.parent_count = {stamp, static_cast<std::int64_t>(parents.size())};
  put_simulated(out.simulated, stamp, simulated);
  sink->add(std::move(out));
  for (std::string& parent : parents) {
    sink->add(Edge{repository, CommitSha{sha}, CommitSha{std::move(parent)}, EdgeKind::kParent});
  }
}

}  // namespace fairlead::sources
