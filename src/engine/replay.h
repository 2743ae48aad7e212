#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// `progress(done, total)` in journal rows, called now and then on the caller's thread; may be empty.
using ReplayProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Projects and links everything that `journal` holds into `derived` (which may be empty or behind), on the calling
/// thread. What `replay` and the tests of invariant I4 use.
Status project_all(store::Journal& journal, store::Derived& derived, const Policy& policy,
                   const ReplayProgress& progress);

/// SHA-256 over the canonical dump, in hex: each line with its newline. `sink` also gets every line; may be empty.
Result<std::string> dump_hash(store::DerivedReader& reader, const std::function<void(std::string_view)>& sink);

/// The first place where two derived states differ; an absent line means that the state ends before it.
struct Difference {
  std::uint64_t line = 0;  ///< Counted from 1.
  std::optional<std::string> left;
  std::optional<std::string> right;
};
Result<std::optional<Difference>> first_difference(store::DerivedReader& left, store::DerivedReader& right);

/// What comparing a derived state with a rebuild from nothing found.
struct Verification {
  std::uint64_t deliveries = 0;
  std::string stored_hash;
  std::string rebuilt_hash;
  std::optional<Difference> difference;  ///< left: stored, right: rebuilt.
};

/// Brings `stored` up to the journal's end, rebuilds everything in `scratch` (which must be empty), and compares all
/// layers and what became of each delivery (invariant I4).
Result<Verification> verify_derived(store::Journal& journal, store::Derived& stored, store::Derived& scratch,
                                    const Policy& policy, const ReplayProgress& progress);

}  // namespace fairlead::engine
