#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "base/limits.h"
#include "metrics/linking.h"
#include "store/store.h"

namespace fairlead::engine {

/// A line of deployments of which each ships what none before it reached. Its repository is the graph's.
struct StreamKey {
  ServiceName service;
  EnvironmentName environment;
  bool simulated = false;
  friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};

/// One repository's graph, and how far the streams that were linked last reach in it.
struct CachedGraph {
  metrics::CommitGraph graph;
  std::uint64_t last_row = 0;  ///< Edges up to this row of the store are in the graph.
  std::uint64_t last_use = 0;
  std::uint64_t extended_in = 0;  ///< The transaction in which that was found out.

  struct Reach {
    metrics::StreamReach reach;
    Instant last_at;  ///< The finish of the last deployment that is taken in.
  };
  std::map<StreamKey, Reach> reaches;

  std::size_t bytes() const;
};

/// Commit graphs in memory, bounded in bytes. Dropping any of it at any time changes no result, only the time that the
/// next link takes.
class GraphCache {
 public:
  explicit GraphCache(std::size_t bytes_max = limits::kGraphCacheBytesMax) : bytes_max_(bytes_max) {}

  /// A transaction begins in which nobody adds edges: each graph is extended once in it, not at each `open`.
  void transaction_begins() { ++transaction_; }

  /// The repository's graph with every edge that `reader` sees. The pointer is valid until the next `open`.
  Result<CachedGraph*> open(store::DerivedReader& reader, const RepositoryName& repository);

  /// Forgets how far streams of `service` reach that go up to `since` or beyond: their deployments may have changed.
  void forget_since(const ServiceName& service, Instant since);
  void clear() { graphs_.clear(); }
  std::size_t bytes() const;

 private:
  void evict_except(const CachedGraph* kept);

  const std::size_t bytes_max_;
  std::uint64_t uses_ = 0;
  std::uint64_t transaction_ = 0;
  std::map<RepositoryName, std::unique_ptr<CachedGraph>> graphs_;
};

}  // namespace fairlead::engine
