#include "engine/link/linker.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <span>

#include "engine/link/day_sums.h"
#include "engine/link/link_pass.h"
#include "engine/link/service_link.h"

namespace fairlead::engine {
namespace {

/// A transaction ends after this many deployments even if there is time left, so that it stays bounded in memory.
constexpr std::size_t kDeploymentsPerTransaction = 5'000;
constexpr std::size_t kMarksRead = 64;

/// What became of a mark.
struct Linked {
  ServiceName service;
  std::optional<Instant> since;                        ///< Nothing where no deployment had to be linked.
  std::map<RepositoryName, std::uint64_t> edges_read;  ///< The last row of edges that was known, by repository.
};

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
  Result<bool> link_marked(std::span<const store::DirtyService> marks, const std::function<bool()>& out_of_time);
  Result<Linked> link_in(LinkPass& pass, const store::DirtyService& mark, const std::function<bool(std::size_t)>& stop);
  Status look_again(std::span<const Linked> linked);
};

/// The first marks; where others work, too, all of ours, so that theirs are passed over once.
Result<std::vector<store::DirtyService>> Linker::Impl::next_marks(const store::ServiceFilter& mine) const {
  ASSIGN_OR_RETURN(const auto reader, derived.read());
  return reader->dirty_services(mine ? SIZE_MAX : kMarksRead, mine);
}

/// Marks one after the other in one transaction, until it is long enough: what each asked for and its removal are
/// committed together. Returns whether the time is over.
Result<bool> Linker::Impl::link_marked(std::span<const store::DirtyService> marks,
                                       const std::function<bool()>& out_of_time) {
  std::vector<Linked> linked;
  std::size_t deployments = 0;
  const auto stop = [&](std::size_t more) {
    return (deployments += more) >= kDeploymentsPerTransaction || out_of_time();
  };
  bool over = false;
  {
    ASSIGN_OR_RETURN(auto writer, derived.write());
    LinkPass pass(*writer, policy, graphs);
    Status done;
    for (const store::DirtyService& mark : marks) {
      auto one = link_in(pass, mark, stop);
      if (!one) {
        done = std::unexpected(std::move(one).error());
        break;
      }
      linked.push_back(std::move(*one));
      over = out_of_time();
      if (over || deployments >= kDeploymentsPerTransaction) break;
    }
    if (done) done = writer->commit();
    if (!done) {
      graphs.clear();  // it may be ahead of what is stored
      return std::unexpected(done.error());
    }
  }
  worked_off += linked.size();
  if (between_commit_and_look) between_commit_and_look();
  // After the commit: whoever adds an edge from here on finds our `missing` rows and marks the service himself.
  RETURN_IF_ERROR(look_again(linked));
  return over;
}

Result<Linked> Linker::Impl::link_in(LinkPass& pass, const store::DirtyService& mark,
                                     const std::function<bool(std::size_t)>& stop) {
  Linked linked{.service = mark.service, .since = {}, .edges_read = {}};
  ASSIGN_OR_RETURN(linked.since, Givers(pass, mark).apply());
  pass.writer.clear_service_mark(mark.service, mark.version);
  if (linked.since && !mark.service.empty()) {
    ServiceLink service(pass, mark.service);
    ASSIGN_OR_RETURN(const auto rest, service.link_since(*linked.since, stop));
    if (rest) pass.writer.mark_service(mark.service, *rest, {});
    linked.edges_read = service.edges_read();
  }
  RETURN_IF_ERROR(pass.finish());
  return linked;
}

/// Edges that came between our reading and our commit, when somebody else writes them: he looked for `missing` rows
/// before ours were there, so it is on us to see his edges.
Status Linker::Impl::look_again(std::span<const Linked> linked) {
  std::vector<store::DerivedWriter::ServiceMark> marks;
  {
    ASSIGN_OR_RETURN(auto reader, derived.read());
    std::map<std::pair<RepositoryName, std::uint64_t>, bool> came_after;
    for (const auto& [service, since, edges_read] : linked) {
      bool came = false;
      for (const auto& read : edges_read) {
        const auto [known, is_new] = came_after.try_emplace(read);
        if (is_new) {
          ASSIGN_OR_RETURN(const auto rows, reader->edges(read.first, read.second, 1));
          known->second = !rows.empty();
        }
        came |= known->second;
      }
      if (came) marks.push_back({service, since, {}});
    }
  }
  if (marks.empty()) return {};
  ASSIGN_OR_RETURN(auto writer, derived.write());
  writer->mark_services(marks);
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
    for (std::span<const store::DirtyService> left = marks; !left.empty();) {
      const std::uint64_t before = impl_->worked_off;
      ASSIGN_OR_RETURN(const bool over, impl_->link_marked(left, out_of_time));
      if (over) return true;
      left = left.subspan(impl_->worked_off - before);
    }
  }
  return sum_marked_days(impl_->derived, impl_->policy, mine, [&](std::size_t days) {
    impl_->worked_off += days;
    return out_of_time();
  });
}

}  // namespace fairlead::engine
