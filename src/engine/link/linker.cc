#include "engine/link/linker.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "engine/link/day_sums.h"
#include "engine/link/link_pass.h"
#include "engine/link/service_link.h"

namespace fairlead::engine {
namespace {

/// A transaction ends after this many deployments even if there is time left, so that it stays bounded in memory.
constexpr int kDeploymentsPerTransaction = 5'000;

/// The last row of edges that a link knew, by repository.
using EdgesRead = std::map<RepositoryName, std::uint64_t>;

/// What the givers of a mark come to before anything is linked.
class Givers {
 public:
  Givers(LinkPass& pass, const store::DirtyService& mark) : pass_(pass), mark_(mark) {}

  /// Touches what must be decided again and returns since when to link: the mark's time, or an earlier one if a new
  /// ancestor lies below a baseline.
  Result<std::optional<Instant>> apply() {
    std::optional<Instant> since = mark_.since;
    for (const EntityKey& giver : mark_.givers) {
      ASSIGN_OR_RETURN(const auto row, pass_.writer.entity(giver));
      if (!row) {
        // An ancestor of a commit that is known by its edges alone: nobody can say which, so all baselines count.
        RETURN_IF_ERROR(take_baselines_reaching(nullptr, since));
      } else if (const auto* commit = std::get_if<Commit>(&row->entity)) {
        RETURN_IF_ERROR(take_baselines_reaching(commit, since));
      } else if (std::holds_alternative<Incident>(row->entity)) {
        pass_.touched_incidents.insert(giver);
        pass_.services_with_incident_changes.insert(mark_.service);
      } else if (std::holds_alternative<Deployment>(row->entity)) {
        RETURN_IF_ERROR(touch_deployment(*row, since));
      }
    }
    return since;
  }

 private:
  Status touch_deployment(const store::EntityRow& row, std::optional<Instant>& since) {
    const auto finished = finished_deployment(row, pass_.policy);
    if (row.place.service == mark_.service) {
      // What never succeeded changes no stream: linking it means to write its own facts. But it may open (or, when a
      // mark came late, end) what is known of its service, so that it is linked in its order.
      if (row.place.at) since = std::min(since.value_or(*row.place.at), *row.place.at);
      return {};
    }
    if (finished && !row.place.service.empty()) return drop_rows_of_old_service(row.key);
    return pass_.clear_deployment(row.key);
  }

  /// The deployment went to another service. If that one is linked already, what is stored is right.
  Status drop_rows_of_old_service(const EntityKey& key) {
    ASSIGN_OR_RETURN(const auto streams, pass_.writer.streams_of(key));
    const bool stale =
        std::ranges::any_of(streams, [&](const StreamDeployment& stream) { return stream.service == mark_.service; });
    return stale ? pass_.clear_deployment(key) : Status{};
  }

  Status take_baselines_reaching(const Commit* commit, std::optional<Instant>& since) {
    std::vector<StreamDeployment> baselines;
    if (commit != nullptr) {
      ASSIGN_OR_RETURN(baselines, pass_.writer.baselines(commit->repository()));
    } else {
      ASSIGN_OR_RETURN(baselines, pass_.writer.stream(mark_.service));
    }
    for (const StreamDeployment& baseline : baselines) {
      if (!baseline.baseline || baseline.service != mark_.service) continue;
      if (since && *since <= baseline.finished_at) continue;
      bool reached = true;
      if (commit != nullptr) {
        ASSIGN_OR_RETURN(reached, reaches(baseline, commit->sha()));
      }
      if (reached) since = baseline.finished_at;
    }
    return {};
  }

  Result<bool> reaches(const StreamDeployment& baseline, const CommitSha& sha) {
    ASSIGN_OR_RETURN(CachedGraph* const cached, pass_.graphs.open(pass_.writer, baseline.repository));
    const auto place = std::pair(baseline.deployment, baseline.repository);
    auto known = reached_.find(place);
    if (known == reached_.end()) {
      known = reached_.emplace(place, metrics::VertexSet{}).first;
      ASSIGN_OR_RETURN(const FinishedDeployment* const deployment, pass_.deployments.find(baseline.deployment));
      if (deployment != nullptr) {
        ASSIGN_OR_RETURN(const Heads heads, heads_of(pass_.writer, deployment->deployment));
        std::vector<metrics::CommitGraph::Vertex> vertices;
        if (const auto shas = heads.by_repository.find(baseline.repository); shas != heads.by_repository.end()) {
          for (const CommitSha& head : shas->second) vertices.push_back(cached->graph.intern(head.text));
        }
        metrics::walk(cached->graph, vertices, known->second);
      }
    }
    const auto vertex = cached->graph.find(sha.text);
    return vertex && known->second.contains(*vertex);
  }

  LinkPass& pass_;
  const store::DirtyService& mark_;
  std::map<std::pair<EntityKey, RepositoryName>, metrics::VertexSet> reached_;
};

}  // namespace

struct Linker::Impl {
  store::Derived& derived;
  const Policy& policy;
  GraphCache graphs;
  std::function<void()> between_commit_and_look;
  std::uint64_t worked_off = 0;

  Result<std::vector<store::DirtyService>> next_marks(const store::ServiceFilter& mine) const;
  Status link_marked(const store::DirtyService& mark, const std::function<bool()>& out_of_time);
  Status link_in(store::DerivedWriter& writer, const store::DirtyService& mark,
                 const std::function<bool()>& out_of_time, std::optional<Instant>& linked_since, EdgesRead& edges_read);
  Status look_again(const ServiceName& service, Instant since, const EdgesRead& edges_read);
};

/// The first mark; where others work, too, all of ours, so that theirs are passed over once.
Result<std::vector<store::DirtyService>> Linker::Impl::next_marks(const store::ServiceFilter& mine) const {
  ASSIGN_OR_RETURN(const auto reader, derived.read());
  return reader->dirty_services(mine ? SIZE_MAX : 1, mine);
}

/// One mark, one transaction: what the mark asked for and its removal are committed together.
Status Linker::Impl::link_marked(const store::DirtyService& mark, const std::function<bool()>& out_of_time) {
  std::optional<Instant> linked_since;
  EdgesRead edges_read;
  {
    ASSIGN_OR_RETURN(auto writer, derived.write());
    Status done = link_in(*writer, mark, out_of_time, linked_since, edges_read);
    if (done) done = writer->commit();
    if (!done) {
      graphs.clear();  // it may be ahead of what is stored
      return done;
    }
  }
  if (between_commit_and_look) between_commit_and_look();
  // After the commit: whoever adds an edge from here on finds our `missing` rows and marks the service himself.
  if (!linked_since) return {};
  return look_again(mark.service, *linked_since, edges_read);
}

Status Linker::Impl::link_in(store::DerivedWriter& writer, const store::DirtyService& mark,
                             const std::function<bool()>& out_of_time, std::optional<Instant>& linked_since,
                             EdgesRead& edges_read) {
  LinkPass pass(writer, policy, graphs);
  ASSIGN_OR_RETURN(linked_since, Givers(pass, mark).apply());
  writer.clear_service_mark(mark.service, mark.version);
  if (linked_since && !mark.service.empty()) {
    ServiceLink service(pass, mark.service);
    int deployments = 0;
    ASSIGN_OR_RETURN(const auto rest, service.link_since(*linked_since, [&] {
      return ++deployments >= kDeploymentsPerTransaction || out_of_time();
    }));
    if (rest) writer.mark_service(mark.service, *rest, {});
    edges_read = service.edges_read();
  }
  return pass.finish();
}

/// Edges that came between our reading and our commit, when somebody else writes them: he looked for `missing` rows
/// before ours were there, so it is on us to see his edges.
Status Linker::Impl::look_again(const ServiceName& service, Instant since, const EdgesRead& edges_read) {
  bool came = false;
  {
    ASSIGN_OR_RETURN(auto reader, derived.read());
    for (const auto& [repository, last_row] : edges_read) {
      ASSIGN_OR_RETURN(const auto rows, reader->edges(repository, last_row, 1));
      came |= !rows.empty();
    }
  }
  if (!came) return {};
  ASSIGN_OR_RETURN(auto writer, derived.write());
  writer->mark_service(service, since, {});
  return writer->commit();
}

Linker::Linker(store::Derived& derived, const Policy& policy, std::size_t graph_cache_bytes_max)
    : impl_(new Impl{.derived = derived,
                     .policy = policy,
                     .graphs = GraphCache(graph_cache_bytes_max),
                     .between_commit_and_look = {}}) {}

Linker::~Linker() = default;

void Linker::set_between_commit_and_look(std::function<void()> hook) {
  impl_->between_commit_and_look = std::move(hook);
}

std::uint64_t Linker::worked_off() const {
  return impl_->worked_off;
}

void Linker::forget() {
  impl_->graphs.clear();
}

Result<bool> Linker::run(int budget_ms, const store::ServiceFilter& mine) {
  using Clock = std::chrono::steady_clock;  // only says when to pause; no result depends on it
  const auto end = Clock::now() + std::chrono::milliseconds(budget_ms);
  const auto out_of_time = [&] { return Clock::now() >= end; };
  for (;;) {
    ASSIGN_OR_RETURN(const auto marks, impl_->next_marks(mine));
    if (marks.empty()) break;
    for (const store::DirtyService& mark : marks) {
      RETURN_IF_ERROR(impl_->link_marked(mark, out_of_time));
      ++impl_->worked_off;
      if (out_of_time()) return true;
    }
  }
  return sum_marked_days(impl_->derived, impl_->policy, mine, [&] {
    ++impl_->worked_off;
    return out_of_time();
  });
}

}  // namespace fairlead::engine
