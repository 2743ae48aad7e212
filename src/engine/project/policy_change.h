#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/project/touched.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine {

/// kConflict, with what to do, where sources would read the journal differently under `policy` than they did when
/// `reader`'s state was made. Then the entities themselves are out of date, and only a replay puts that right. An empty
/// state is fine.
Status check_interpretation(store::DerivedReader& reader, const Policy& policy);

/// How a process brings derived state that was made under another policy under its own: places of entities first, then
/// links and all above are dropped and every service is marked (design.md, Storage).
///
/// From the first transaction of that on, its policy rules, and who works under another one may write no more: replicas
/// with different configurations would undo each other's work for ever. It begins once, so the one that came last
/// rules. Not thread-safe.
class PolicyAdoption {
 public:
  /// `policy` must outlive this.
  explicit PolicyAdoption(const Policy& policy) : policy_(policy), fingerprint_(policy.fingerprint()) {}

  /// Says whose policy rules from now on, once, in one small transaction; `adopt` does so itself where it was not done.
  /// Needs no lease: a replica says it when it starts, before it has anything to derive.
  Status begin(store::Derived& derived);

  /// Does nothing where the state is made under the policy already, or this was called before and ended well. Takes
  /// time with the number of entities when something changed; `interrupted` is asked now and then, and ends it with
  /// kUnavailable. Then, and after a failure, it can be called again; after a crash the next process begins again,
  /// whatever its policy is. kConflict when another policy rules meanwhile.
  Status adopt(store::Derived& derived, const std::function<bool()>& interrupted = {});

  /// kConflict, with what to do, when another policy began to rule after this one.
  Status check(store::DerivedReader& reader) const;

  bool begun() const { return begun_; }
  bool done() const { return done_; }

 private:
  Result<bool> rules(store::DerivedReader& reader) const;
  Status replace_places(store::Derived& derived, const std::function<bool()>& interrupted);
  Result<std::string> replace_page(store::Derived& derived, const store::EntityQuery& query);
  Status rebuild_links(store::Derived& derived);
  Status finish(store::DerivedWriter& writer);
  Result<std::unique_ptr<store::DerivedWriter>> write(store::Derived& derived) const;

  const Policy& policy_;
  const std::string fingerprint_;
  Touched homeless_;  ///< Incidents without a service: no service's mark reaches them.
  bool begun_ = false;
  bool done_ = false;
};

}  // namespace fairlead::engine
