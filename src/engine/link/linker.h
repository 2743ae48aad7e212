#pragma once

#include <memory>

#include "base/result.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// Recomputes what is marked, layer by layer (linking.md): links of dirty services, then facts, then summaries of dirty
/// days. Holds the caches (commit graphs, visited sets); dropping it changes no result.
class Linker {
 public:
  Linker(store::Derived& derived, const Policy& policy);
  ~Linker();

  /// Works through the marks until none is left or about `budget_ms` are spent; returns whether work is left.
  Result<bool> run(int budget_ms);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::engine
