#pragma once

#include <memory>
#include <vector>

#include "engine/link/linker.h"
#include "engine/project/projector.h"
#include "engine/testing/dice.h"
#include "engine/testing/settled.h"
#include "model/delivery.h"
#include "model/policy.h"
#include "store/store.h"

namespace fairlead::engine::testing {

/// Takes deliveries in as an unlucky engine would: batches of any size, links made at random points and to random
/// depths, also between the commit of a batch and the look for its marks, crashes just there, caches dropped now and
/// then, deliveries repeated under their own id.
class RestlessRun {
 public:
  RestlessRun(store::Journal& journal, store::Derived& derived, const Policy& policy, Dice& dice)
      : journal_(journal), derived_(derived), policy_(policy), dice_(dice) {
    start();
  }

  void take(const std::vector<Delivery>& deliveries) {
    std::size_t next = 0;
    while (next < deliveries.size()) {
      const std::size_t count = std::min(deliveries.size() - next, static_cast<std::size_t>(dice_.between(1, 10)));
      append_all(journal_, std::span(deliveries).subspan(next, count));
      next += count;
      if (dice_.chance(20)) append_all(journal_, std::span(deliveries).subspan(dice_.below(next), 1));
      while (dice_.chance(60)) project_and_link();
    }
    settle();
  }

 private:
  struct Crash {};

  void start() {
    ProjectorLimits limits;
    limits.rows_max = static_cast<std::size_t>(dice_.between(1, 12));
    limits.observations_max = static_cast<std::size_t>(dice_.between(1, 40));
    projector_ = std::make_unique<Projector>(journal_, derived_, policy_, limits);
    if (!dice_.chance(70)) return;
    projector_->set_between_commit_and_look([this] {
      link_somewhat(30);
      if (dice_.chance(4)) throw Crash();
    });
  }

  bool project() {
    try {
      return !must(projector_->step(0)).outcomes.empty();
    } catch (const Crash&) {
      linker_ = nullptr;
      start();
      return true;
    }
  }

  void project_and_link() {
    project();
    link_somewhat(25);
  }

  void link_somewhat(int percent) {
    if (dice_.chance(10)) linker_ = nullptr;
    if (!dice_.chance(percent)) return;
    if (!linker_) linker_ = std::make_unique<Linker>(derived_, policy_);
    if (dice_.chance(50)) {
      must(linker_->run(0));
    } else {
      link_all();
    }
  }

  void link_all() {
    if (!linker_) linker_ = std::make_unique<Linker>(derived_, policy_);
    while (must(linker_->run(1'000))) {
    }
  }

  void settle() {
    while (project()) {
    }
    link_all();
  }

  store::Journal& journal_;
  store::Derived& derived_;
  const Policy& policy_;
  Dice& dice_;
  std::unique_ptr<Projector> projector_;
  std::unique_ptr<Linker> linker_;
};

}  // namespace fairlead::engine::testing
