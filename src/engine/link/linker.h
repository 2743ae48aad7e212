#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/limits.h"
#include "base/result.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// Recomputes what is marked, layer by layer (linking.md): links of dirty services, then facts, then summaries of dirty
/// days. Holds the caches (commit graphs, visited sets); dropping it changes no result.
class Linker {
 public:
  Linker(store::Derived& derived, const Policy& policy,
         std::size_t graph_cache_bytes_max = limits::kGraphCacheBytesMax);
  ~Linker();

  /// Works through the marks until none is left or about `budget_ms` are spent; returns whether work is left. With
  /// `mine` through those of the services alone that it says yes to; the rest is others' work.
  Result<bool> run(int budget_ms, const store::ServiceFilter& mine = {});

  /// Marks worked off so far.
  std::uint64_t worked_off() const;

  /// Drops the caches: after others may have linked what they tell of.
  void forget();

  /// Called between the commit of links and the look for edges that came meanwhile: tests put another writer there.
  void set_between_commit_and_look(std::function<void()> hook);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::engine
